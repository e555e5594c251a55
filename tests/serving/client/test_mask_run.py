"""Many photographs, several in flight, each outcome told."""

import threading

import pytest

from serving.atomic_file import write_atomically
from serving.client.errors import InvalidPhotograph, ServerUnavailable
from serving.client.mask_run import OutputNotWritable, mask_photographs
from serving.client.photograph_plan import MaskTask


@pytest.fixture
def tasks(tmp_path):
    made = []
    for number in range(20):
        photograph = tmp_path / f"{number}.jpg"
        photograph.write_bytes(b"photograph %d" % number)
        destination = tmp_path / "out" / f"{number}.png"
        made.append(MaskTask(photograph, photograph.name, destination))
    return made


def _upper(task, photograph):
    return photograph.upper()


def _save(task, result):
    write_atomically(task.destination, result)


def test_every_photograph_gets_its_own_result(tasks):
    outcomes = list(mask_photographs(tasks, _upper, _save, in_flight=3))
    assert {outcome.task for outcome in outcomes} == set(tasks)
    assert not any(outcome.failure for outcome in outcomes)
    for number, task in enumerate(tasks):
        assert task.destination.read_bytes() == b"PHOTOGRAPH %d" % number


def test_so_many_are_in_flight_and_no_more(tasks):
    together = threading.Barrier(4)
    running = []

    def make_result(task, photograph):
        running.append(photograph)
        # Passes only if four are here at once, and breaks if they never are.
        together.wait(timeout=10)
        assert len(running) <= 4
        together.wait(timeout=10)
        running.remove(photograph)
        together.wait(timeout=10)
        return photograph

    outcomes = list(mask_photographs(tasks, make_result, _save, in_flight=4))
    assert len(outcomes) == 20


def test_photographs_are_not_read_ahead(tasks):
    finished = mask_photographs(tasks, _upper, _save, in_flight=2)
    next(finished)
    assert sum(task.destination.exists() for task in tasks) <= 4
    finished.close()


def test_one_that_fails_does_not_stop_the_others(tasks):
    tasks[5].photograph.unlink()

    def make_result(task, photograph):
        if photograph.endswith(b" 7"):
            raise InvalidPhotograph("no photograph")
        return photograph

    outcomes = mask_photographs(tasks, make_result, _save, in_flight=3)
    failures = {each.task: each.failure for each in outcomes if each.failure}
    assert failures == {
        tasks[5]: "Cannot read it: No such file or directory.",
        tasks[7]: "no photograph",
    }


def test_without_a_server_it_stops_at_once(tasks):
    asked = []

    def make_result(task, photograph):
        asked.append(photograph)
        raise ServerUnavailable("nobody there")

    with pytest.raises(ServerUnavailable, match="nobody there"):
        list(mask_photographs(tasks, make_result, _save, in_flight=2))
    assert len(asked) <= 4


def test_an_output_that_cannot_be_written_stops_it_too(tasks, tmp_path):
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(OutputNotWritable, match=r"Cannot write .*out/0\.png"):
        list(mask_photographs(tasks, _upper, _save, in_flight=1))


def test_a_request_to_stop_lets_what_is_in_flight_finish(tasks):
    begun = []

    def make_result(task, photograph):
        begun.append(task)
        return photograph

    outcomes = mask_photographs(
        tasks, make_result, _save, in_flight=2, is_stopped=lambda: len(begun) >= 5
    )
    finished = [outcome.task for outcome in outcomes]
    assert len(finished) < 20
    assert set(finished) == set(begun)
    assert all(task.destination.exists() for task in finished)


def test_an_interrupt_does_not_wait(tasks):
    blocked, released = threading.Event(), threading.Event()

    def make_result(task, photograph):
        blocked.set()
        released.wait(timeout=30)
        return photograph

    def interrupt():
        if blocked.is_set():
            raise KeyboardInterrupt
        return False

    try:
        with pytest.raises(KeyboardInterrupt):
            list(mask_photographs(tasks, make_result, _save, in_flight=2, is_stopped=interrupt))
        assert not released.is_set()
    finally:
        released.set()
