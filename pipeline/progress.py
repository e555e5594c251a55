"""How a step says that it moves on, without knowing whether a screen, a log or nobody listens.

A step logs records that carry an ``Advance``; the local runner's screen adds them up and draws
them, and on a cluster they are plain log lines.
"""

import logging
from dataclasses import dataclass

LOGGER = logging.getLogger("studio_mask.progress")


@dataclass(frozen=True)
class Advance:
    """One more unit of the running step is done.

    Attributes:
        total: Units of the whole step.
        note: What to show beside the bar, e.g. the loss.
    """

    total: int
    note: str


def advance(total: int, note: str = "") -> None:
    """Logs that one more of the ``total`` units of the running step is done."""
    LOGGER.info("one more of %d: %s", total, note, extra={"advance": Advance(total, note)})
