"""The first signal asks, the second insists."""

import os
import signal
import threading
import time

import pytest

from serving.client.stop_request import stop_on_signals


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_to_stop(number, exit_code, capfd):
    with stop_on_signals() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop
        assert stop.signal_number == number
        assert stop.exit_code == exit_code
    assert "Stopping after what is in flight" in capfd.readouterr().err


def test_a_second_one_interrupts(capfd):
    with stop_on_signals() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert stop


def test_the_handlers_before_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_on_signals():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_sleep_lasts_as_long_as_it_should():
    with stop_on_signals() as stop:
        started = time.monotonic()
        stop.sleep(0.25)
        assert 0.25 <= time.monotonic() - started < 2


def test_a_sleep_ends_with_the_request(capfd):
    with stop_on_signals() as stop:
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        started = time.monotonic()
        stop.sleep(20)
        assert time.monotonic() - started < 5
        timer.join()
