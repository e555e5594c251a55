"""Asks pip-audit for the known vulnerabilities of every lock; called by `make audit`.

    python requirements/audit.py PIP_AUDIT FOLDER

writes pip-audit's answer for each lock into FOLDER and prints a table. The exit code is 1 where a
lock holds a package with a known vulnerability, and 2 where packages could not be looked up: no
answer is not a good answer.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

# Of "google-apitools==0.5.31 ; python_full_version < '3.13' \" what stands before the marker.
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==[^\s;\\]+")
_FLAGS = ("--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json")


@dataclass(frozen=True)
class LockAudit:
    """What pip-audit knows of a lock.

    Attributes:
        packages: How many packages it holds.
        vulnerable: A line per known vulnerability: package, version, its identifier, the versions
            that mend it.
        unknown: Packages that could not be looked up, as ``name==version``.
        fault: Why pip-audit gave up; empty if it did not.
    """

    packages: int
    vulnerable: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fault: str = ""


def read_pins(lock: Path) -> list[list[str]]:
    """Reads what a lock holds, for every system and Python.

    Returns:
        Its packages as ``name==version``, without markers, in lists that hold a name once: a lock
        for several Pythons may have a package twice, and pip-audit takes no list that has.
    """
    lists: list[dict[str, str]] = []
    for line in lock.read_text().splitlines():
        if found := _PIN.match(line):
            first = next((pins for pins in lists if found["name"] not in pins), None)
            if first is None:
                lists.append(first := {})
            first[found["name"]] = found[0]
    return [list(pins.values()) for pins in lists]


def read_answer(pins: Sequence[str], answer: str, fault: str) -> LockAudit:
    """Reads what ``pip-audit --format json`` has written.

    Args:
        pins: What it was asked about, as ``name==version``.
        answer: Its standard output, JSON; empty where it gave up.
        fault: Its last words on standard error.
    """
    if not answer:
        return LockAudit(len(pins), unknown=tuple(pins), fault=fault or "pip-audit said nothing")
    dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    vulnerable = tuple(
        f"{each['name']} {each['version']}: {found['id']}, mended in "
        f"{', '.join(found['fix_versions']) or 'no version yet'}"
        for each in dependencies
        for found in each.get("vulns", ())
    )
    looked_up = {f"{each['name']}=={each['version']}" for each in dependencies if "vulns" in each}
    return LockAudit(len(pins), vulnerable, tuple(pin for pin in pins if pin not in looked_up))


def audit_lock(pip_audit: str, lock: Path, folder: Path) -> LockAudit:
    """Asks about all packages of a lock.

    pip-audit drops the packages whose markers do not fit the Python that it runs on, so it is given
    the versions alone. They are all of the lock's: nothing has to be resolved.

    Args:
        pip_audit: The program.
        lock: A requirements file with a version for every package.
        folder: Gets its answers, as JSON.
    """
    audits = []
    for number, pins in enumerate(read_pins(lock)):
        name = f"{lock.stem}-{number + 1}" if number else lock.stem
        asked = folder / f"{name}.txt"
        asked.write_text("".join(f"{pin}\n" for pin in pins))
        command = [pip_audit, *_FLAGS, "--requirement", asked]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        (folder / f"{name}.json").write_text(said.stdout)
        audits.append(read_answer(pins, said.stdout, (said.stderr.splitlines() or [""])[-1]))
    return LockAudit(
        packages=sum(audit.packages for audit in audits),
        vulnerable=tuple(line for audit in audits for line in audit.vulnerable),
        unknown=tuple(pin for audit in audits for pin in audit.unknown),
        fault=next((audit.fault for audit in audits if audit.fault), ""),
    )


def main(pip_audit: str, folder: Path) -> int:
    """Audits the locks beside this file; returns the exit code."""
    console = Console()
    table = Table(
        Column("lock", no_wrap=True), "packages", "known vulnerabilities", "not looked up"
    )
    folder.mkdir(parents=True, exist_ok=True)
    audits = []
    for lock in sorted(Path(__file__).parent.glob("*.txt")):
        with console.status(f"{lock.name} ..."):
            audit = audit_lock(pip_audit, lock, folder)
        audits.append(audit)
        counts = (audit.packages, len(audit.vulnerable), len(audit.unknown))
        table.add_row(lock.name, *map(str, counts))
    console.print(table)
    for line in sorted({line for audit in audits for line in audit.vulnerable}):
        console.print(line, highlight=False)
    for fault in sorted({audit.fault for audit in audits if audit.fault}):
        console.print(f"pip-audit: {fault}", highlight=False)
    if any(audit.vulnerable for audit in audits):
        return 1
    if any(audit.unknown or audit.fault for audit in audits):
        console.print("Packages that could not be looked up may have known vulnerabilities.")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
