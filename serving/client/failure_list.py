"""The photographs that failed, with their reasons, in a file beside the results.

The screen forgets; a list of what to photograph again or to repair should not. It has one JSON
object per line, ``{"photograph": ..., "reason": ...}``, and is not there when nothing failed.
"""

import json
from collections.abc import Container
from pathlib import Path

from serving.atomic_file import write_atomically
from serving.client.photograph_plan import PlanError

_NAME = "mask_failures.jsonl"


class FailureList:
    """What failed in this run, and in earlier ones as long as it was not tried again."""

    def __init__(self, output: Path) -> None:
        """Starts with an empty list.

        Args:
            output: The folder of the results, or the csv file they go to; the list of ``masks.csv``
                is called ``masks.mask_failures.jsonl``.
        """
        is_table = output.suffix.lower() == ".csv"
        self.path = output.with_suffix(f".{_NAME}") if is_table else output / _NAME
        self._reasons: dict[str, str] = {}
        self._saved: dict[str, str] | None = None

    def load(self, names: Container[str]) -> None:
        """Takes over what an earlier run wrote.

        Args:
            names: The photographs to take over; those that are done or gone did not fail any more.

        Raises:
            PlanError: It cannot be read, or is no such list.
        """
        if not self.path.exists():
            return
        try:
            rows = [json.loads(line) for line in self.path.read_text("utf-8").splitlines()]
            reasons = {row["photograph"]: row["reason"] for row in rows}
        except OSError as error:
            raise PlanError(f"Cannot read {self.path}: {error.strerror}.") from error
        except (ValueError, TypeError, KeyError) as error:
            raise PlanError(f"{self.path} is no list of failures: move it away.") from error
        self._saved = reasons
        self._reasons = {name: reason for name, reason in reasons.items() if name in names}

    def note(self, name: str, reason: str | None) -> None:
        """Notes how a photograph went.

        Args:
            name: The photograph's.
            reason: Why it failed; None if it did not.
        """
        if reason is None:
            self._reasons.pop(name, None)
        else:
            self._reasons[name] = reason

    def __len__(self) -> int:
        """Returns how many failed."""
        return len(self._reasons)

    def save(self) -> None:
        """Writes the list if it has changed, all at once, or removes it if it is empty.

        Raises:
            OSError: It cannot be written.
        """
        if self._reasons == (self._saved or {}):
            return
        if self._reasons:
            rows = (
                json.dumps({"photograph": name, "reason": reason}) + "\n"
                for name, reason in sorted(self._reasons.items())
            )
            # Only ASCII, as JSON escapes the rest, and with it names that are no text.
            write_atomically(self.path, "".join(rows).encode("ascii"))
        else:
            self.path.unlink(missing_ok=True)
        self._saved = dict(self._reasons)
