"""Lets a run end in order when its user, or the system, asks it to stop."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from types import FrameType

_LOOK_EVERY_S = 0.1
_STDERR = 2


class StopRequest:
    """Whether somebody asked the run to stop.

    Attributes:
        signal_number: The signal that asked; None as long as nobody did.
    """

    def __init__(self) -> None:
        """Nobody asked yet."""
        self.signal_number: int | None = None

    def __bool__(self) -> bool:
        """Whether somebody asked."""
        return self.signal_number is not None

    @property
    def exit_code(self) -> int:
        """What a shell shows for a process that this signal ended: 130 after Ctrl-C."""
        return 128 + (self.signal_number or 0)

    def sleep(self, seconds: float) -> None:
        """Waits, but not on after a request."""
        # Not an Event: its lock may be held by the very code that the signal interrupts.
        until = time.monotonic() + seconds
        while not self and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_EVERY_S))


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Takes the first SIGINT (Ctrl-C) or SIGTERM as a request; a second one interrupts at once.

    Only for the main thread, as Python's signal handlers are.

    Yields:
        The request, true once somebody made it.
    """
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        if request:
            raise KeyboardInterrupt
        request.signal_number = number
        # Not through Python's stderr, which the interrupted code may be writing to.
        with contextlib.suppress(OSError):
            os.write(_STDERR, b"\rStopping after what is in flight; Ctrl-C again stops at once.\n")

    for number in before:
        signal.signal(number, note)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
