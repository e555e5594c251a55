"""A model's lineage in lines for the screen; ``--json`` has all of it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.card_lineage import CardLineage
from pipeline.lineage_record import DataLineage, Lineage


def lineage_lines(lineage: Lineage, withdrawn: Mapping[str, str]) -> Iterator[str]:
    """Yields what made a model, then the same of its parents, youngest first, without settings.

    Args:
        lineage: Of the model.
        withdrawn: By version directory: that it was taken back, in words.
    """
    yield from _generation(lineage, withdrawn)
    yield "Settings that are not the defaults"
    yield from (f"  {name}={value}" for name, value in changed_settings(lineage.trainer))
    yield "Code, by step"
    yield from (f"  {step:<20} {digest}" for step, digest in lineage.code.items())
    if lineage.weights:
        yield "Weights files it may have started from"
        yield from (f"  {name}: {digest}" for name, digest in lineage.weights.items())
    if lineage.hyperparameters:
        yield f"Hyperparameters found by a search: {lineage.hyperparameters}"
    parent = lineage.parent
    if parent is None:
        yield "Parent: none; its weights began at random, or with a weights file"
    while parent is not None:
        yield ""
        yield "Parent, whose weights the fit above began with"
        yield from (f"  {line}" for line in _generation(parent, withdrawn))
        parent = parent.parent


def card_lines(card: CardLineage) -> Iterator[str]:
    """Yields what a card tells, and what it does not."""
    fitted = f", fitted {card.fitted}" if card.fitted else ""
    yield f"Model {card.name}, digest {card.digest}{fitted}"
    yield from card.documentation
    yield "Data"
    yield from (f"  {split}: {description}" for split, description in card.data.items())
    yield "From the model card alone; --metadata names the store that knows the rest:"
    yield from (f"  not known: {each}" for each in card.not_known)


def changed_settings(trainer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns the leaves of a TrainerConfig that differ from its defaults, by dotted names.

    Args:
        trainer: As parsed JSON; of an older version it may have other fields, which are shown.
    """
    from pipeline.config import TRAINER_CONFIG

    bare = {"model": "unet", "input": {}, "unet": {}, "fit": {}}
    plain = TRAINER_CONFIG.dump_python(TRAINER_CONFIG.validate_python(bare), mode="json")
    defaults = dict(_leaves(plain))
    return [
        (name, value)
        for name, value in _leaves(trainer)
        if name == "model" or defaults.get(name) != value
    ]


def _generation(lineage: Lineage, withdrawn: Mapping[str, str]) -> Iterator[str]:
    minutes = (lineage.finished - lineage.started).total_seconds() / 60
    yield f"Model {lineage.uri}"
    yield (
        f"  made by {lineage.step} in the run {lineage.run}, {_time(lineage.started)}, "
        f"{minutes:.1f} minutes"
        + (f", with TFX {lineage.tfx_version}" if lineage.tfx_version else "")
    )
    for data in lineage.data:
        yield from _data(data)
    for each in lineage.judgements:
        verdict = "blessed" if each.blessed else "rejected"
        yield f"  {verdict} by {each.step} in the run {each.run}, {_time(each.given)}"
    for push in lineage.pushes:
        yield f"  pushed to {push.destination} in the run {push.run}, {_time(push.pushed)}"
        if push.destination in withdrawn:
            yield f"    {withdrawn[push.destination]}"
    if not lineage.pushes:
        yield "  never pushed"


def _data(data: DataLineage) -> Iterator[str]:
    yield f"  photographs of {data.path}, fingerprint {data.fingerprint}, {_time(data.ingested)}"
    spans = data.properties.get("spans")
    for span in json.loads(spans) if isinstance(spans, str) and spans else ():
        version = "" if span.get("version") is None else f" version {span['version']}"
        yield f"    span {span.get('number')}{version}: {span.get('path')}"
    for split, photographs in data.counts.get("photographs", {}).items():
        yield f"    {split}: {photographs} photographs of {data.counts['groups'][split]} cars"
    for reason, files in data.counts.get("quarantined", {}).items():
        yield f"    set aside: {files}, {reason}"


def _leaves(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
