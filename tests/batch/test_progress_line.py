import io
import time

import pytest
from rich.console import Console

from batch import progress_line
from batch.progress_line import ProgressLine
from pipeline import progress


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr(time, "monotonic", lambda: Clock.now)
    return Clock


def test_done_rate_and_time_left(clock):
    line = ProgressLine(Console(file=io.StringIO()), total=10_000, done=1_000)
    with line:
        assert line.text() == "1,000/10,000 photographs"
        clock.now += 10
        for _ in range(20):
            progress.advance(9_000, "photographs")
        assert line.text() == "1,020/10,000 photographs, 2.0 a second, 1:14:50 left"
        assert (line.rate, line.seconds) == (2.0, 10.0)
    progress.advance(9_000)
    assert line.rate == 2.0


def test_a_log_gets_a_line_a_minute(clock):
    screen = io.StringIO()
    with ProgressLine(Console(file=screen, width=200), total=500, done=0):
        for _ in range(130):
            clock.now += 1
            progress.advance(500)
    assert screen.getvalue() == (
        "  60/500 photographs, 1.0 a second, 7:20 left\n"
        "  120/500 photographs, 1.0 a second, 6:20 left\n"
    )


def test_short_times(clock):
    assert progress_line._duration(59.6) == "1:00"
    assert progress_line._duration(7) == "0:07"
