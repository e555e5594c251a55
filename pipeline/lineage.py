"""What made a model, read from ML Metadata: data, code, configuration, parent, verdicts, pushes.

Everything is found by following events between artifacts and executions, so that it holds for a
model of any run in the store, also one that later runs took from the cache.
"""

import json
import os
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.lineage_record import DataLineage, Judgement, Lineage, Push
from pipeline.metadata_graph import Execution, MetadataGraph
from serving.rollback.files import files_of

# What PhotographExampleGen writes beside its examples (components/quarantine.py, which is not
# imported here: that takes TFX's seconds).
_QUARANTINE = "components.Quarantine"
_COUNTS_FILE = "counts.json"
# Of a model's URI: step, key, number.
_NAMES = 3
_COUNTED = ("photographs", "groups", "quarantined")


def lineage_of_model(connection: metadata_store_pb2.ConnectionConfig, uri: str) -> Lineage:
    """Tells what made a model.

    Args:
        connection: To the store that the run wrote to; open it for reading only.
        uri: Of the Trainer's Model artifact. Where the store knows it under another path, because
            the folder was moved, its last three names decide: ``Trainer.unet/model/13``.

    Raises:
        LookupError: If the store knows no such model, or not what made it.
    """
    graph = MetadataGraph(metadata_store.MetadataStore(connection))
    models = graph.artifacts_at(uri, "Model") or _moved(graph, uri)
    if not models:
        raise LookupError(f"ML Metadata knows no model at {uri}")
    return _lineage(graph, models[-1])


def lineage_of_push(connection: metadata_store_pb2.ConnectionConfig, version: str) -> Lineage:
    """Tells what made a pushed model.

    Args:
        connection: See ``lineage_of_model``.
        version: The version directory. Where the store knows it under another path, because the
            folder was moved, its name decides.

    Raises:
        LookupError: If the store knows no such push, or not what was pushed.
    """
    graph = MetadataGraph(metadata_store.MetadataStore(connection))
    version = version.rstrip("/")
    pushes = [push for push in graph.artifacts_of_type("PushedModel") if _destination(graph, push)]
    found = [push for push in pushes if _destination(graph, push) == version]
    name = os.path.basename(version)
    found = found or [p for p in pushes if os.path.basename(_destination(graph, p)) == name]
    if not found:
        raise LookupError(f"ML Metadata knows no push to {version}")
    model = _pushed_model(graph, found[-1])
    if model is None:
        raise LookupError(f"ML Metadata does not tell which model was pushed to {version}")
    return _lineage(graph, model)


def _lineage(graph: MetadataGraph, model: metadata_store_pb2.Artifact) -> Lineage:
    """Follows the parents, the youngest first; a loop, since a model may have any number."""
    chain = []
    known: set[int] = set()
    current: metadata_store_pb2.Artifact | None = model
    while current is not None and current.id not in known:
        known.add(current.id)
        trainer = graph.maker_of(current)
        if trainer is None:
            raise LookupError(f"ML Metadata does not tell what made the model at {current.uri}")
        chain.append(_without_parent(graph, current, trainer))
        parents = graph.inputs_of(trainer).get("base_model", [])
        current = parents[0] if parents else None
    lineage = chain.pop()
    while chain:
        lineage = replace(chain.pop(), parent=lineage)
    return lineage


def _moved(graph: MetadataGraph, uri: str) -> list[metadata_store_pb2.Artifact]:
    ending = uri.split("/")[-_NAMES:]
    models = graph.artifacts_of_type("Model")
    return [each for each in models if each.uri.split("/")[-_NAMES:] == ending]


def _without_parent(
    graph: MetadataGraph, model: metadata_store_pb2.Artifact, trainer: Execution
) -> Lineage:
    inputs = graph.inputs_of(trainer)
    custom = _json(trainer.properties.get("custom_config"))
    data, code = _data(graph, inputs.get("examples", []))
    if "code" in custom:
        code[trainer.node] = str(custom["code"])
    searches = inputs.get("hyperparameters", [])
    return Lineage(
        uri=model.uri,
        step=trainer.node,
        run=trainer.run,
        started=_time(trainer.started),
        finished=_time(trainer.finished),
        data=data,
        trainer=_json(custom.get("trainer")),
        code=code,
        weights={name: str(digest) for name, digest in (custom.get("weights") or {}).items()},
        hyperparameters=searches[0].uri if searches else None,
        tfx_version=str(graph.properties_of(model).get("tfx_version", "")),
        judgements=_judgements(graph, model),
        pushes=_pushes(graph, model),
        parent=None,
    )


def _data(
    graph: MetadataGraph, examples: list[metadata_store_pb2.Artifact]
) -> tuple[tuple[DataLineage, ...], dict[str, str]]:
    """Goes up through the steps that made examples out of examples, to those that read files."""
    found: dict[int, DataLineage] = {}
    code: dict[str, str] = {}
    waiting = list(examples)
    seen: set[int] = set()
    while waiting:
        artifact = waiting.pop(0)
        if artifact.id in seen:
            continue
        seen.add(artifact.id)
        maker = graph.maker_of(artifact)
        if maker is None:
            continue
        digest = maker.properties.get("code") or _json(maker.properties.get("custom_config")).get(
            "code", ""
        )
        if digest:
            code[maker.node] = str(digest)
        above = graph.inputs_of(maker).get("examples", [])
        if above:
            waiting += above
            continue
        found[artifact.id] = DataLineage(
            path=str(maker.properties.get("data", "")),
            fingerprint=str(maker.properties.get("fingerprint", "")),
            config=_json(maker.properties.get("config")),
            code=str(digest),
            properties=graph.properties_of(artifact),
            uri=artifact.uri,
            ingested=_time(artifact.create_time_since_epoch),
            counts=_counts(graph, maker),
        )
    return tuple(found.values()), code


def _counts(graph: MetadataGraph, maker: Execution) -> dict[str, dict[str, int]]:
    """Reads how many photographs a step took, where what it wrote is still there."""
    for artifact in graph.artifacts_of_type(_QUARANTINE):
        written_by = graph.maker_of(artifact)
        if written_by is None or written_by.identity != maker.identity:
            continue
        path = os.path.join(artifact.uri, _COUNTS_FILE)
        files = files_of(path)
        if files.exists(path):
            with files.open(path, "rb") as file:
                counts = json.loads(file.read())
            return {name: dict(counts[name]) for name in _COUNTED}
    return {}


def _judgements(graph: MetadataGraph, model: metadata_store_pb2.Artifact) -> tuple[Judgement, ...]:
    given = []
    for kind in ("ModelBlessing", "InfraBlessing"):
        for artifact in graph.artifacts_of_type(kind):
            properties = graph.properties_of(artifact)
            maker = graph.maker_of(artifact)
            if properties.get("current_model_id") != model.id or maker is None:
                continue
            if properties.get("checked", 1) == 0:
                continue  # The check in the server of a model that the gate had rejected.
            given.append(
                Judgement(
                    maker.node,
                    properties.get("blessed") == 1,
                    maker.run,
                    _time(artifact.create_time_since_epoch),
                )
            )
    return tuple(sorted(given, key=lambda each: each.given))


def _pushes(graph: MetadataGraph, model: metadata_store_pb2.Artifact) -> tuple[Push, ...]:
    done = []
    for artifact in graph.artifacts_of_type("PushedModel"):
        pushed = _pushed_model(graph, artifact) if _destination(graph, artifact) else None
        maker = graph.maker_of(artifact)
        if pushed is not None and pushed.id == model.id and maker is not None:
            time = _time(artifact.create_time_since_epoch)
            done.append(Push(_destination(graph, artifact), maker.run, time))
    return tuple(sorted(done, key=lambda each: each.pushed))


def _destination(graph: MetadataGraph, push: metadata_store_pb2.Artifact) -> str:
    """Returns the version directory; empty where nothing was pushed."""
    properties = graph.properties_of(push)
    return str(properties.get("pushed_destination", "")).rstrip("/")


def _pushed_model(
    graph: MetadataGraph, push: metadata_store_pb2.Artifact
) -> metadata_store_pb2.Artifact | None:
    maker = graph.maker_of(push)
    for blessing in graph.inputs_of(maker).get("model_blessing", []) if maker else []:
        identity = graph.properties_of(blessing).get("current_model_id")
        if isinstance(identity, int):
            return graph.artifact(identity)
    return None


def _json(text: Any) -> dict[str, Any]:
    """Parses what a step was told as JSON of an object; of anything else makes an empty one."""
    parsed = json.loads(text) if isinstance(text, str) and text else text
    return parsed if isinstance(parsed, dict) else {}


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000.0, tz=timezone.utc)
