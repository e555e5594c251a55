"""The threads that run batches, shared by all models and versions of a server."""

import threading
import time

from serving.errors import ServingError, StatusCode
from serving.server.batching.batch_queue import Batch, BatchQueue, ProcessBatch
from serving.server.batching.batch_task import BatchTask
from serving.server.batching.batching_parameters import BatchingParameters


class BatchScheduler:
    """Runs the batches of its queues when they are due, on a fixed number of threads.

    Example:
        scheduler = BatchScheduler(num_threads=2)
        queue = scheduler.add_queue(BatchingParameters(max_batch_size=8), process)
        scheduler.schedule(queue, task)
        outputs = task.outcome.result()
    """

    def __init__(self, num_threads: int, thread_pool_name: str = "batch_threads") -> None:
        """Starts the threads.

        Args:
            num_threads: Batches that run side by side.
            thread_pool_name: Names the threads.
        """
        self._lock = threading.Lock()
        self._due = threading.Condition(self._lock)
        self._done = threading.Condition(self._lock)
        self._queues: list[BatchQueue] = []
        self._is_closed = False
        self._threads = [
            # A scheduler that nobody closed must not keep the process alive.
            threading.Thread(target=self._run, name=f"{thread_pool_name}_{index}", daemon=True)
            for index in range(num_threads)
        ]
        for thread in self._threads:
            thread.start()

    def add_queue(self, parameters: BatchingParameters, process: ProcessBatch) -> BatchQueue:
        """Makes a queue whose batches this scheduler runs.

        Args:
            parameters: How large batches get, how long they wait, and how many may.
            process: Called with the tasks of each batch, in one of the threads. It has to give each
                task its outcome; if it raises, those without one get the exception.

        Returns:
            The queue. It is only a name: use it through the scheduler.
        """
        queue = BatchQueue(parameters, process)
        with self._lock:
            self._queues.append(queue)
        return queue

    def schedule(self, queue: BatchQueue, task: BatchTask) -> list[BatchTask]:
        """Puts a task into a queue.

        Args:
            queue: A queue of this scheduler.
            task: The task.

        Returns:
            The task, or its parts if it is spread over several batches.

        Raises:
            ServingError: INVALID_ARGUMENT for a task that is too large for any batch, UNAVAILABLE
                if the queue is full, CANCELLED if it is closed.
        """
        with self._lock:
            if queue.is_closed:
                raise ServingError(StatusCode.CANCELLED, "The batch scheduling queue is closed.")
            parts = queue.add(task)
            self._due.notify()
        return parts

    def close_queue(self, queue: BatchQueue) -> None:
        """Lets no more tasks into a queue, and returns when all in it have their outcomes."""
        with self._lock:
            queue.is_closed = True
            self._due.notify_all()
            self._done.wait_for(lambda: not len(queue) and not queue.running)
            if queue in self._queues:
                self._queues.remove(queue)

    def close(self) -> None:
        """Closes all queues and ends the threads."""
        for queue in list(self._queues):
            self.close_queue(queue)
        with self._lock:
            self._is_closed = True
            self._due.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            queue, batch = taken
            try:
                queue.process(batch.tasks)
            except BaseException as error:
                # Whoever waits for these rows must not wait for ever.
                for task in batch.tasks:
                    if not task.outcome.done():
                        task.outcome.set_exception(error)
            with self._lock:
                queue.running -= 1
                self._done.notify_all()

    def _take(self) -> tuple[BatchQueue, Batch] | None:
        """Waits for a batch that is due; None once the scheduler is closed."""
        with self._lock:
            while True:
                now = time.monotonic()
                for queue in self._queues:
                    batch = queue.take(now)
                    if batch is not None:
                        # The other queues come first next time.
                        self._queues.remove(queue)
                        self._queues.append(queue)
                        queue.running += 1
                        if any(map(len, self._queues)):
                            # Another thread looks after what is left.
                            self._due.notify()
                        return queue, batch
                if self._is_closed:
                    return None
                times = [due for queue in self._queues if (due := queue.due_at()) is not None]
                self._due.wait(max(0.0, min(times) - now) if times else None)
