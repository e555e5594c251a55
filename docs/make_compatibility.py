"""Puts the table of systems on which the tests passed into the README.

    python -m docs.make_compatibility

takes the records that `make test` left in ``.tests/`` into ``docs/compatibility.json``, the newest
of each system, machine, Python and selection of tests, and writes the README's table anew.
"""

import json
import re
from pathlib import Path
from typing import Any

import click

_PROJECT = Path(__file__).parents[1]
RECORDS = _PROJECT / "docs" / "compatibility.json"
README = _PROJECT / "README.md"
_BEGIN = "<!-- Written by make compatibility. -->\n"
_END = "<!-- Until here. -->\n"
_HEADER = """\
| system | Python | TFX | TensorFlow | Keras | Beam | tests | date |
|---|---|---|---|---|---|---|---|
"""
_SELECTIONS = {"not cluster": "make test", "cluster": "make test-cluster"}


@click.command()
@click.option("--records", type=click.Path(path_type=Path), default=_PROJECT / ".tests")
def main(records: Path) -> None:
    """Writes docs/compatibility.json and the README's table."""
    known = json.loads(RECORDS.read_text()) if RECORDS.exists() else []
    new = [json.loads(path.read_text()) for path in sorted(records.glob("*.json"))]
    merged = merge(known, new)
    RECORDS.write_text(json.dumps(merged, indent=2) + "\n")
    README.write_text(with_table(README.read_text(), merged))
    click.echo(f"{len(new)} records read; {len(merged)} rows in README.md")


def merge(known: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the newest record of each system, machine, Python and selection of tests.

    Of one day it is that of the later Python, and of the same Python the new one. Records are as
    ``tests/compatibility_record.py`` writes them; they come sorted.
    """
    by_key: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in (*known, *new):
        before = by_key.setdefault(_key(record), record)
        if _age(record) >= _age(before):
            by_key[_key(record)] = record
    return [by_key[key] for key in sorted(by_key)]


def table(records: list[dict[str, Any]]) -> str:
    """Returns the Markdown table, a row per record."""
    return _HEADER + "".join(_row(record) for record in records)


def with_table(readme: str, records: list[dict[str, Any]]) -> str:
    """Returns the README with its table replaced.

    Raises:
        ValueError: If the README has no place for it.
    """
    before, begin, rest = readme.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"README.md lacks the lines {_BEGIN.strip()} and {_END.strip()}")
    return before + begin + table(records) + end + after


def _key(record: dict[str, Any]) -> tuple[Any, ...]:
    python = ".".join(record["python"].split(".")[:2])
    return _natural(record["system"]), record["machine"], _natural(python), record["tests"]


def _age(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["date"], _natural(record["python"])


def _natural(text: str) -> tuple[str | int, ...]:
    """Splits a text so that its numbers sort as numbers: 3.13.10 after 3.13.5."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", text))


def _row(record: dict[str, Any]) -> str:
    versions = record["versions"]
    counts = [f"{record['passed']} passed"]
    counts += [f"{record[kind]} {kind}" for kind in ("failed", "skipped") if record[kind]]
    tests = f"`{_SELECTIONS.get(record['tests'], record['tests'])}`: {', '.join(counts)}"
    cells = [
        f"{record['system']}, {record['libc']}, {record['machine']}",
        record["python"],
        versions["tfx"],
        versions["tensorflow"],
        versions["keras"],
        versions["apache-beam"],
        tests,
        record["date"],
    ]
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main()
