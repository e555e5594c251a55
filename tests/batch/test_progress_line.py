import io
import threading
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
    line = ProgressLine(Console(file=io.StringIO()), 10_000, 1_000, lambda: 0)
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
    with ProgressLine(Console(file=screen, width=200), 500, 0, lambda: 0):
        for _ in range(130):
            clock.now += 1
            progress.advance(500)
    assert screen.getvalue() == (
        "  60/500 photographs, 1.0 a second, 7:20 left\n"
        "  120/500 photographs, 1.0 a second, 6:20 left\n"
    )


def test_finished_work_counts_where_no_worker_reports(clock, monkeypatch):
    monkeypatch.setattr(progress_line, "_LOOK_EVERY_S", 0.001)
    looked = threading.Semaphore(0)
    threads = threading.active_count()
    answers = iter([64, OSError("no answer"), 128])

    def look():
        looked.release()
        answer = next(answers, 96)
        if isinstance(answer, OSError):
            raise answer
        clock.now = 200.0
        return answer

    screen = io.StringIO()
    with ProgressLine(Console(file=screen, width=200), 500, 28, look) as line:
        # One more than there are answers: the last of them is drawn by then.
        for _ in range(5):
            assert looked.acquire(timeout=20)
        assert line.text() == "128/500 photographs, 1.0 a second, 6:12 left"
    assert screen.getvalue() == "  64/500 photographs, 0.4 a second, 20:11 left\n"
    assert threading.active_count() == threads


def test_photographs_that_are_reported_twice(clock):
    with ProgressLine(Console(file=io.StringIO()), 2, 0, lambda: 0) as line:
        clock.now += 1
        for _ in range(3):
            progress.advance(2)
        assert line.text() == "2/2 photographs, 2.0 a second, 0:00 left"


def test_short_times(clock):
    assert progress_line._duration(59.6) == "1:00"
    assert progress_line._duration(7) == "0:07"
