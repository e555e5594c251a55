"""Where the model comes from: photographs, code, settings, parents; and where it was pushed."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.lineage_record import DataLineage, Lineage
from report.section import Section
from report.template import render

_PARENTS = 10
_DIGITS = 16  # of a fingerprint
# Of an Examples artifact, what tells how its files are written and not which photographs they hold,
# and what the other lines say better.
_KNOWN = (
    "file_format",
    "input_fingerprint",
    "payload_format",
    "span",
    "spans",
    "split_names",
    "tfx_version",
    "version",
)


def lineage_section(lineage: Lineage | None) -> Section:
    """Builds the section.

    Args:
        lineage: Of the U-Net; None where the orchestrator's ML Metadata cannot be opened from here.
    """
    return Section(
        "lineage",
        "Lineage",
        render(
            "lineage.html",
            lineage=lineage,
            started=_time(lineage.started) if lineage else "",
            finished=_time(lineage.finished) if lineage else "",
            minutes=(lineage.finished - lineage.started).total_seconds() / 60 if lineage else 0,
            data=[_data(each) for each in lineage.data] if lineage else [],
            judgements=[
                (each.step, each.blessed, each.run, _time(each.given))
                for each in (lineage.judgements if lineage else ())
            ],
            pushes=[
                (each.destination, each.run, _time(each.pushed))
                for each in (lineage.pushes if lineage else ())
            ],
            parents=[_parent(each) for each in _parents(lineage)][:_PARENTS],
            generations=sum(1 for _ in _parents(lineage)),
            settings=list(_settings(lineage.trainer)) if lineage else [],
        ),
    )


def _data(data: DataLineage) -> dict[str, Any]:
    return {
        "path": data.path,
        "fingerprint": data.fingerprint[:_DIGITS],
        "ingested": _time(data.ingested),
        "spans": _spans(data),
        "settings": list(_settings(data.config)),
        "uri": data.uri,
    }


def _spans(data: DataLineage) -> list[tuple[str, str]]:
    """Names the spans, and whatever else is noted on the examples."""
    listed = data.properties.get("spans")
    spans = json.loads(listed) if isinstance(listed, str) and listed else []
    if not spans and data.properties.get("span"):
        spans = [{"number": data.properties["span"]}]
    found = [
        (f"span {span.get('number')}", _span(span))
        for span in spans
        if len(spans) > 1
        or span.get("number")
        or span.get("version") is not None
        or span.get("path", data.path) != data.path
    ]
    return found + [
        (name.replace("_", " "), str(value))
        for name, value in sorted(data.properties.items())
        if name not in _KNOWN
    ]


def _span(span: Mapping[str, Any]) -> str:
    version = span.get("version")
    place = str(span.get("path", ""))
    return place if version is None else f"{place} version {version}".strip()


def _parents(lineage: Lineage | None) -> Iterator[Lineage]:
    parent = lineage.parent if lineage else None
    while parent is not None:
        yield parent
        parent = parent.parent


def _parent(parent: Lineage) -> dict[str, Any]:
    return {
        "uri": parent.uri,
        "run": parent.run,
        "finished": _time(parent.finished),
        "data": [(data.path, ", ".join(name for name, _ in _spans(data))) for data in parent.data],
        "code": parent.code.get(parent.step, ""),
        "pushes": [push.destination for push in parent.pushes],
    }


def _settings(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yields the leaves of a config by their dotted names, as ``--set`` takes them."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
