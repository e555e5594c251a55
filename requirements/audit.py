"""Asks pip-audit for the known vulnerabilities of every lock; called by `make audit`.

    python requirements/audit.py PIP_AUDIT FOLDER

writes pip-audit's answer for each lock into FOLDER and prints a table. The exit code is 1 where a
lock holds a package with a known vulnerability, and 2 where packages could not be looked up: no
answer is not a good answer.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table


@dataclass(frozen=True)
class LockAudit:
    """What pip-audit knows of a lock.

    Attributes:
        packages: How many packages it holds.
        vulnerable: A line per known vulnerability: package, version, its identifier, the versions
            that mend it.
        unknown: Packages that could not be looked up.
        fault: Why nothing could be; empty if it was asked.
    """

    packages: int
    vulnerable: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fault: str = ""


def read_answer(lock: Path, answer: str, fault: str) -> LockAudit:
    """Reads what ``pip-audit --format json`` has written.

    Args:
        lock: The lock that was asked about.
        answer: Its standard output, JSON; empty where it gave up.
        fault: Its last words on standard error.
    """
    packages = sum("==" in line for line in lock.read_text().splitlines())
    if not answer:
        return LockAudit(packages, fault=fault or "pip-audit said nothing")
    dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    vulnerable = tuple(
        f"{each['name']} {each['version']}: {found['id']}, mended in "
        f"{', '.join(found['fix_versions']) or 'no version yet'}"
        for each in dependencies
        for found in each.get("vulns", ())
    )
    unknown = tuple(each["name"] for each in dependencies if "skip_reason" in each)
    return LockAudit(packages, vulnerable, unknown)


def main(pip_audit: str, folder: Path) -> int:
    """Audits the locks beside this file; returns the exit code."""
    console = Console()
    table = Table(
        Column("lock", no_wrap=True), "packages", "known vulnerabilities", "not looked up"
    )
    folder.mkdir(parents=True, exist_ok=True)
    audits = []
    for lock in sorted(Path(__file__).parent.glob("*.txt")):
        # The locks are whole and hashed: nothing has to be resolved.
        command = [pip_audit, "--disable-pip", "--progress-spinner", "off", "--format", "json"]
        with console.status(f"{lock.name} ..."):
            asked = subprocess.run(
                [*command, "--requirement", lock], capture_output=True, text=True, check=False
            )
        (folder / f"{lock.stem}.json").write_text(asked.stdout)
        audit = read_answer(lock, asked.stdout, (asked.stderr.splitlines() or [""])[-1])
        audits.append(audit)
        unknown = "all" if audit.fault else str(len(audit.unknown))
        table.add_row(lock.name, str(audit.packages), str(len(audit.vulnerable)), unknown)
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
