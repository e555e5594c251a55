"""Which task joins which batch, when it is due, and when the queue is full."""

import time

import numpy as np
import pytest

from serving.errors import ServingError, StatusCode
from serving.server.batching.batch_queue import BatchQueue
from serving.server.batching.batch_task import BatchTask
from serving.server.batching.batching_parameters import BatchingParameters

SOON = 1e12
"""A time at which everything is due."""


def _queue(**parameters):
    return BatchQueue(BatchingParameters(**parameters), process=print)


def _task(size, kind="a"):
    return BatchTask({"x": np.arange(size)}, size, kind)


def _sizes(queue):
    """Takes all batches; returns the sizes of their tasks."""
    batches = []
    while (batch := queue.take(SOON)) is not None:
        batches.append([task.size for task in batch.tasks])
        assert batch.size == sum(batches[-1])
    return batches


def test_tasks_share_a_batch_up_to_its_size():
    queue = _queue(max_batch_size=4)
    for size in (1, 2, 1, 3, 2):
        queue.add(_task(size))
    assert len(queue) == 3
    assert _sizes(queue) == [[1, 2, 1], [3], [2]]
    assert len(queue) == 0


def test_a_closed_batch_is_not_joined_although_there_was_room():
    queue = _queue(max_batch_size=4)
    for size in (3, 2, 1):
        queue.add(_task(size))
    assert _sizes(queue) == [[3], [2, 1]]


def test_kinds_do_not_mix_and_the_oldest_batch_goes_first():
    queue = _queue(max_batch_size=4)
    for kind in "abab":
        queue.add(_task(1, kind))
    batches = [queue.take(SOON), queue.take(SOON)]
    assert [[task.kind for task in batch.tasks] for batch in batches] == [["a"] * 2, ["b"] * 2]


def test_a_batch_that_was_taken_is_not_joined():
    queue = _queue(max_batch_size=4)
    queue.add(_task(1))
    queue.take(SOON)
    queue.add(_task(2))
    assert _sizes(queue) == [[2]]


def test_a_batch_waits_for_company():
    queue = _queue(max_batch_size=4, batch_timeout_micros=2_000_000)
    before = time.monotonic()
    queue.add(_task(1))
    after = time.monotonic()
    due = queue.due_at()
    assert before + 2 <= due <= after + 2
    assert queue.take(due - 0.001) is None
    queue.add(_task(1))
    assert queue.due_at() == due
    assert queue.take(due).size == 2
    assert queue.due_at() is None


@pytest.mark.parametrize("make_due", ["full", "overtaken", "closed"])
def test_a_batch_does_not_wait_if_nobody_can_join_it(make_due):
    queue = _queue(max_batch_size=4, batch_timeout_micros=10**12)
    queue.add(_task(3))
    assert queue.take(time.monotonic()) is None
    if make_due == "full":
        queue.add(_task(1))
    elif make_due == "overtaken":
        queue.add(_task(2))
    else:
        queue.is_closed = True
    assert queue.due_at() == 0
    assert queue.take(0).tasks[0].size == 3
    assert len(queue) == (make_due == "overtaken")


def test_a_batch_that_does_not_wait_is_due_as_soon_as_it_was_begun():
    queue = _queue(max_batch_size=4)
    queue.add(_task(1))
    assert queue.take(time.monotonic()).size == 1


def test_a_task_that_is_too_large():
    queue = _queue(max_batch_size=4)
    with pytest.raises(ServingError) as caught:
        queue.add(_task(5))
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == "Task size 5 is larger than maximum input batch size 4"
    assert len(queue) == 0


def test_a_full_queue():
    queue = _queue(max_batch_size=4, max_enqueued_batches=2)
    for size in (4, 3):
        queue.add(_task(size))
    for full in (_task(2), _task(1, "b")):
        with pytest.raises(ServingError) as caught:
            queue.add(full)
        assert caught.value.code is StatusCode.UNAVAILABLE
        assert caught.value.message == (
            "The batch scheduling queue to which this task was submitted is full; "
            "currently 2 batches enqueued and max_enqueued_batches is 2"
        )
    queue.add(_task(1))
    queue.take(SOON)
    queue.add(_task(2))
    assert _sizes(queue) == [[3, 1], [2]]


def _split_queue(**parameters):
    return _queue(enable_large_batch_splitting=True, **parameters)


def test_a_large_task_fills_the_open_batch_and_begins_others():
    queue = _split_queue(max_batch_size=12, max_execution_batch_size=4)
    queue.add(_task(3))
    large = _task(10)
    parts = queue.add(large)
    assert [part.inputs["x"].tolist() for part in parts] == [
        [0],
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9],
    ]
    assert len({id(part.outcome) for part in (*parts, large)}) == 5
    queue.add(_task(2))
    assert _sizes(queue) == [[3, 1], [4], [4], [1, 2]]


def test_a_large_task_behind_a_full_batch():
    queue = _split_queue(max_batch_size=12, max_execution_batch_size=4)
    queue.add(_task(4))
    queue.add(_task(5))
    assert _sizes(queue) == [[4], [4], [1]]


def test_a_task_that_fits_is_not_cut():
    queue = _split_queue(max_batch_size=12, max_execution_batch_size=4)
    task = _task(4)
    assert queue.add(task) == [task]


def test_a_task_that_is_too_large_to_be_split():
    with pytest.raises(ServingError, match="Task size 13 is larger than .* 12$"):
        _split_queue(max_batch_size=12, max_execution_batch_size=4).add(_task(13))


@pytest.mark.parametrize(
    ("before", "size", "state"),
    [
        (
            [3, 3],
            3,
            "task size is 3 but scheduling capacity is only 2 (num_enqueued_batches=2, "
            "max_enqueued_batches=2, open_batch_size=2, max_execution_batch_size=4)",
        ),
        (
            [],
            9,
            "task size is 9 but scheduling capacity is only 8 (num_enqueued_batches=1, "
            "max_enqueued_batches=2, open_batch_size=0, max_execution_batch_size=4)",
        ),
    ],
)
def test_a_full_queue_that_splits(before, size, state):
    queue = _split_queue(max_batch_size=12, max_execution_batch_size=4, max_enqueued_batches=2)
    for each in before:
        queue.add(_task(each))
    with pytest.raises(ServingError) as caught:
        queue.add(_task(size))
    assert caught.value.code is StatusCode.UNAVAILABLE
    assert caught.value.message == (
        f"The batch scheduling queue to which this task was submitted is full; {state}"
    )
    queue.add(_task(size - 1))


def test_another_kind_finds_a_queue_full_too():
    queue = _split_queue(max_batch_size=4, max_enqueued_batches=2)
    queue.add(_task(1, "a"))
    queue.add(_task(1, "b"))
    with pytest.raises(ServingError, match="capacity is only 0"):
        queue.add(_task(1, "c"))
    queue.add(_task(3, "b"))
