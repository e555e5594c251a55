"""Threads that run what is due: all of it, each once, and nothing after the end."""

import threading
import time

import numpy as np
import pytest

from serving.errors import ServingError, StatusCode
from serving.server.batching.batch_scheduler import BatchScheduler
from serving.server.batching.batch_task import BatchTask
from serving.server.batching.batching_parameters import BatchingParameters


@pytest.fixture
def schedulers():
    """Makes schedulers, and closes them after the test."""
    made = []

    def make(num_threads, name="batches"):
        made.append(BatchScheduler(num_threads, name))
        return made[-1]

    yield make
    for scheduler in made:
        scheduler.close()


def _task(value=0, size=1):
    return BatchTask({"x": np.full(size, value)}, size)


def _double(tasks):
    for task in tasks:
        task.outcome.set_result({"y": 2 * task.inputs["x"]})


class _Gate:
    """A batch that is running until it is let go, with those that come after it behind it."""

    def __init__(self):
        self.sizes = []
        self._entered, self._open = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, tasks):
        self.sizes.append(len(tasks))
        self._entered.release()
        assert self._open.acquire(timeout=10)
        _double(tasks)

    def wait(self):
        assert self._entered.acquire(timeout=10)

    def let_go(self, batches=1):
        self._open.release(batches)


def test_a_task_gets_its_outcome(schedulers):
    scheduler = schedulers(1)
    queue = scheduler.add_queue(BatchingParameters(), _double)
    task = _task(4)
    assert scheduler.schedule(queue, task) == [task]
    assert task.outcome.result(timeout=10)["y"].tolist() == [8]


def test_what_comes_while_the_threads_are_busy_shares_a_batch(schedulers):
    scheduler, gate = schedulers(1), _Gate()
    queue = scheduler.add_queue(BatchingParameters(max_batch_size=3), gate)
    tasks = [_task(value) for value in range(6)]
    scheduler.schedule(queue, tasks[0])
    gate.wait()
    for task in tasks[1:]:
        scheduler.schedule(queue, task)
    gate.let_go(3)
    assert [task.outcome.result(timeout=10)["y"][0] for task in tasks] == [0, 2, 4, 6, 8, 10]
    assert gate.sizes == [1, 3, 2]


def test_as_many_batches_run_side_by_side_as_there_are_threads(schedulers):
    scheduler, gate = schedulers(3), _Gate()
    queue = scheduler.add_queue(BatchingParameters(max_batch_size=1), gate)
    tasks = [_task() for _ in range(4)]
    for task in tasks:
        scheduler.schedule(queue, task)
    for _ in range(3):
        gate.wait()
    time.sleep(0.05)
    assert len(gate.sizes) == 3
    gate.let_go(4)
    for task in tasks:
        task.outcome.result(timeout=10)


def test_the_parts_of_a_task_run_side_by_side(schedulers):
    scheduler, gate = schedulers(3), _Gate()
    queue = scheduler.add_queue(
        BatchingParameters(
            max_batch_size=6, enable_large_batch_splitting=True, max_execution_batch_size=2
        ),
        gate,
    )
    parts = scheduler.schedule(queue, _task(7, size=6))
    for _ in range(3):
        gate.wait()
    gate.let_go(3)
    outcomes = [part.outcome.result(timeout=10)["y"].tolist() for part in parts]
    assert outcomes == [[14, 14]] * 3


def test_threads_have_the_pools_name(schedulers):
    names = []
    scheduler = schedulers(1, "pool")
    queue = scheduler.add_queue(
        BatchingParameters(),
        lambda tasks: (names.append(threading.current_thread().name), _double(tasks)),
    )
    task = _task()
    scheduler.schedule(queue, task)
    task.outcome.result(timeout=10)
    assert names == ["pool_0"]


@pytest.mark.parametrize("num_threads", [1, 3])
def test_a_lone_task_waits_for_company_and_no_longer(schedulers, num_threads):
    scheduler = schedulers(num_threads)
    parameters = BatchingParameters(max_batch_size=4, batch_timeout_micros=200_000)
    queue = scheduler.add_queue(parameters, _double)
    started = time.monotonic()
    task = _task()
    scheduler.schedule(queue, task)
    task.outcome.result(timeout=10)
    assert 0.2 <= time.monotonic() - started < 1.5


def test_a_batch_that_waits_is_not_forgotten_while_others_run(schedulers):
    """The thread that knows when it is due may be the one that takes another batch."""
    scheduler, gate = schedulers(2), _Gate()
    blocked = scheduler.add_queue(BatchingParameters(max_batch_size=1), gate)
    waiting = scheduler.add_queue(
        BatchingParameters(max_batch_size=4, batch_timeout_micros=100_000), _double
    )
    for _ in range(5):
        late, busy = _task(), _task()
        scheduler.schedule(waiting, late)
        scheduler.schedule(blocked, busy)
        gate.wait()
        late.outcome.result(timeout=2)
        gate.let_go()
        busy.outcome.result(timeout=10)


def test_queues_take_turns(schedulers):
    order = []
    scheduler, gate = schedulers(1), _Gate()
    first, second, third = (
        scheduler.add_queue(
            BatchingParameters(max_batch_size=1),
            lambda tasks, name=name: (order.append(name), _double(tasks)),
        )
        for name in "abc"
    )
    blocked = scheduler.add_queue(BatchingParameters(), gate)
    scheduler.schedule(blocked, _task())
    gate.wait()
    tasks = []
    for queue in (first, first, first, second, second, third):
        tasks.append(_task())
        scheduler.schedule(queue, tasks[-1])
    gate.let_go()
    for task in tasks:
        task.outcome.result(timeout=10)
    assert "".join(order) == "abcaba"


def test_a_process_that_raises_harms_nobody_else(schedulers):
    def fail(tasks):
        tasks[0].outcome.set_result({})
        raise KeyboardInterrupt("in a batch")

    scheduler, gate = schedulers(1), _Gate()
    blocked = scheduler.add_queue(BatchingParameters(), gate)
    failing = scheduler.add_queue(BatchingParameters(), fail)
    scheduler.schedule(blocked, _task())
    gate.wait()
    tasks = [_task(), _task()]
    for task in tasks:
        scheduler.schedule(failing, task)
    gate.let_go()
    assert tasks[0].outcome.result(timeout=10) == {}
    with pytest.raises(KeyboardInterrupt, match="in a batch"):
        tasks[1].outcome.result(timeout=10)
    after = _task(3)
    scheduler.schedule(blocked, after)
    gate.let_go()
    assert after.outcome.result(timeout=10)["y"].tolist() == [6]


def test_closing_a_queue_answers_what_waits_in_it(schedulers):
    scheduler, gate = schedulers(1), _Gate()
    patient = BatchingParameters(max_batch_size=2, batch_timeout_micros=10**12)
    queue = scheduler.add_queue(patient, gate)
    other = scheduler.add_queue(BatchingParameters(), _double)
    tasks = [_task(value) for value in range(5)]
    for task in tasks:
        scheduler.schedule(queue, task)
    gate.wait()
    closing = threading.Thread(target=scheduler.close_queue, args=(queue,))
    closing.start()
    gate.let_go(2)
    gate.wait()
    assert closing.is_alive()
    gate.let_go()
    closing.join(timeout=10)
    assert not closing.is_alive()
    assert [task.outcome.result(timeout=0)["y"][0] for task in tasks] == [0, 2, 4, 6, 8]
    assert gate.sizes == [2, 2, 1]
    with pytest.raises(ServingError, match="closed") as caught:
        scheduler.schedule(queue, _task())
    assert caught.value.code is StatusCode.CANCELLED
    after = _task(1)
    scheduler.schedule(other, after)
    assert after.outcome.result(timeout=10)["y"].tolist() == [2]


def test_closing_ends_the_threads(schedulers):
    scheduler = schedulers(3, "ending")
    queue = scheduler.add_queue(
        BatchingParameters(max_batch_size=9, batch_timeout_micros=10**12), _double
    )
    task = _task(2)
    scheduler.schedule(queue, task)
    time.sleep(0.05)
    scheduler.close()
    assert task.outcome.result(timeout=0)["y"].tolist() == [4]
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("ending")]
    scheduler.close()


def test_idle_threads_do_not_spin(schedulers):
    scheduler = schedulers(4)
    queue = scheduler.add_queue(BatchingParameters(), _double)
    task = _task()
    scheduler.schedule(queue, task)
    task.outcome.result(timeout=10)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.15


def test_many_threads_and_queues_lose_nothing(schedulers):
    """Each of 8 threads keeps asking its share of 3 queues; every answer is its own."""
    scheduler = schedulers(3)
    parameters = BatchingParameters(
        max_batch_size=5, batch_timeout_micros=300, max_enqueued_batches=100
    )
    queues = [scheduler.add_queue(parameters, _double) for _ in range(3)]
    wrong = []

    def ask(seed):
        random = np.random.default_rng(seed)
        for _ in range(150):
            size, value = int(random.integers(1, 6)), int(random.integers(1_000_000))
            task = _task(value, size)
            scheduler.schedule(queues[int(random.integers(3))], task)
            if task.outcome.result(timeout=10)["y"].tolist() != [2 * value] * size:
                wrong.append(value)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
