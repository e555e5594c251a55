"""Writes down on what a run of the whole suite passed; `make test` asks for it.

A plugin of pytest: ``-p tests.compatibility_record --compatibility-record FOLDER``. Only a run of
everything that its marker selects is recorded: not one of single files or names.
"""

import importlib.metadata
import json
import platform
from datetime import date
from pathlib import Path
from typing import Any

import pytest

_LIBRARIES = ("tfx", "tensorflow", "keras", "apache-beam", "numpy", "protobuf")
# Options that leave tests out, or run none. A plugin that is switched off has not added its own.
_PARTS = (
    "collectonly",
    "deselect",
    "ignore",
    "ignore_glob",
    "keyword",
    "lf",
    "setuponly",
    "setupplan",
    "stepwise",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the folder to write to."""
    parser.addoption(
        "--compatibility-record", type=Path, metavar="FOLDER", help="write the run's record there"
    )


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Writes the record, unless the run was stopped or a part was asked for."""
    if hasattr(config, "workerinput"):
        return  # One of pytest-xdist's processes: it saw a part of the tests.
    folder: Path | None = config.getoption("compatibility_record")
    finished = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    option = config.option
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not any(
        getattr(option, name, None) for name in _PARTS
    )
    if folder is None or not finished or not whole:
        return
    counts = {kind: len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "skipped")}
    failed = sum(len(terminalreporter.stats.get(kind, [])) for kind in ("failed", "error"))
    if option.maxfail and failed:
        return  # It ended at a failure.
    record = record_of(option.markexpr, {**counts, "failed": failed})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record['system']}-{record['python']}-{record['tests']}.json".replace(
        " ", "-"
    )
    path.write_text(json.dumps(record, indent=2) + "\n")


def record_of(selection: str, counts: dict[str, int]) -> dict[str, Any]:
    """Describes a run on this system.

    Args:
        selection: The marker expression that chose the tests; empty for all.
        counts: Tests by outcome: passed, skipped, failed.

    Returns:
        The system, its C library, Python, the libraries' versions, tests by outcome, and the date.
    """
    libc, libc_version = platform.libc_ver()
    return {
        "system": _system(),
        "machine": platform.machine(),
        "libc": f"{libc} {libc_version}".strip(),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "tests": selection or "all",
        **counts,
        "date": date.today().isoformat(),
    }


def _system() -> str:
    """Returns the distribution and its version: "Debian 13"."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return f"{platform.system()} {platform.release()}"
    return f"{release['NAME'].removesuffix(' GNU/Linux')} {release.get('VERSION_ID', '')}".strip()
