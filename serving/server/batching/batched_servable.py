"""A loaded model that answers requests of several clients in one run."""

import functools
import math
import threading
import time
from collections.abc import Mapping, Sequence

import numpy as np
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server import signature_check
from serving.server.batching import batch_arrays
from serving.server.batching.batch_queue import BatchQueue
from serving.server.batching.batch_scheduler import BatchScheduler
from serving.server.batching.batch_task import BatchTask
from serving.server.batching.batching_parameters import BatchingParameters
from serving.server.metrics import ServerMetrics
from serving.server.predictor import Predictor


class BatchedServable:
    """Puts requests together that ask one signature for the same outputs. A Predictor itself.

    Where TensorFlow Serving would fail every request of a batch because of one of them, here each
    is run again alone: only the one that cannot be answered fails. And what cannot be put into a
    batch, such as inputs without a common first dimension, is answered alone instead of refused.
    """

    def __init__(
        self,
        servable: Predictor,
        parameters: BatchingParameters,
        metrics: ServerMetrics,
        scheduler: BatchScheduler | None = None,
    ) -> None:
        """Wraps a loaded model, and owns it from now on.

        Args:
            servable: The model.
            parameters: How large batches get, how long they wait, and how many may.
            metrics: Gets sizes, padding and waiting times.
            scheduler: Runs the batches. Share one between all models of a server, as TensorFlow
                Serving does, or ``num_batch_threads`` counts for each; one of its own if None.
        """
        self.version = servable.version
        self._servable = servable
        self._parameters = parameters
        self._metrics = metrics
        self._owns_scheduler = scheduler is None
        self._scheduler = scheduler or BatchScheduler(
            parameters.num_batch_threads, parameters.thread_pool_name
        )
        self._queues: dict[tuple[str, tuple[str, ...]], BatchQueue] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def signatures(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        """The signatures a request can name."""
        return self._servable.signatures

    @property
    def signature_defs(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        """Every signature that GetModelMetadata shows: the SavedModel's initialiser too."""
        return self._servable.signature_defs

    def predict(
        self,
        inputs: Mapping[str, np.ndarray],
        signature_name: str = "serving_default",
        output_filter: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> dict[str, np.ndarray]:
        """Runs one signature, together with other requests if there are some.

        Args:
            inputs: An array for each input of the signature; strings as bytes, in an array of
                dtype object.
            signature_name: The signature to run.
            output_filter: The outputs wanted; all of them if empty.
            timeout_s: Give up after so many seconds. A batch runs until nobody in it waits.

        Returns:
            An array for each output wanted; strings as bytes, in an array of dtype object.

        Raises:
            ServingError: What the model itself raises; INVALID_ARGUMENT too for more rows than
                ``max_batch_size``, UNAVAILABLE when the queue is full, and RESOURCE_EXHAUSTED when
                ``timeout_s`` ends in the queue.
        """
        signature = self.signatures.get(signature_name)
        if signature is None:
            return self._servable.predict(inputs, signature_name, output_filter, timeout_s)
        fed = signature_check.feeds(signature, inputs)
        wanted = tuple(signature_check.fetches(signature, output_filter))
        arrays = {alias: fed[signature.inputs[alias].name] for alias in sorted(inputs)}
        size = batch_arrays.common_size(arrays)
        queue = self._queue(signature_name, wanted)
        if not size or queue is None:
            return self._servable.predict(inputs, signature_name, output_filter, timeout_s)
        self._metrics.observe_input_batch(size)
        task = BatchTask(arrays, size, self._kind(arrays))
        if timeout_s is not None:
            task.deadline = task.queued_at + timeout_s
        parts = self._scheduler.schedule(queue, task)
        outputs = [part.outcome.result() for part in parts]
        if len(outputs) == 1:
            return outputs[0]
        return {alias: np.concatenate([rows[alias] for rows in outputs]) for alias in wanted}

    def close(self) -> None:
        """Answers what still waits, then frees the model; a later ``predict`` raises."""
        with self._lock:
            self._is_closed = True
        for queue in self._queues.values():
            self._scheduler.close_queue(queue)
        if self._owns_scheduler:
            self._scheduler.close()
        self._servable.close()

    def _queue(self, signature_name: str, wanted: tuple[str, ...]) -> BatchQueue | None:
        with self._lock:
            key = signature_name, wanted
            if key not in self._queues and not self._is_closed:
                self._queues[key] = self._scheduler.add_queue(
                    self._parameters, functools.partial(self._process, signature_name, wanted)
                )
            return None if self._is_closed else self._queues[key]

    def _kind(self, arrays: Mapping[str, np.ndarray]) -> tuple[tuple[object, ...], ...]:
        """Describes what all arrays of a batch have in common."""
        if self._parameters.pad_variable_length_inputs:
            return tuple((alias, array.dtype, array.ndim) for alias, array in arrays.items())
        return tuple((alias, array.dtype, array.shape[1:]) for alias, array in arrays.items())

    def _process(self, signature_name: str, wanted: Sequence[str], tasks: list[BatchTask]) -> None:
        """Runs one batch, in a thread of the scheduler."""
        started = time.monotonic()
        for task in tasks:
            self._metrics.observe_queuing(
                self._parameters.thread_pool_name, (started - task.queued_at) * 1e6
            )
        size = sum(task.size for task in tasks)
        padding = self._parameters.padded_size(size) - size
        try:
            timeout_s = _timeout_s(tasks)
            inputs = batch_arrays.merge([task.inputs for task in tasks], size + padding)
            self._metrics.observe_batch(size + padding, padding)
            outputs = self._servable.predict(inputs, signature_name, wanted, timeout_s)
            if len(tasks) == 1 and not padding:
                answers = [outputs]
            else:
                answers = batch_arrays.split(outputs, [task.size for task in tasks], padding)
        except Exception as error:
            if len(tasks) == 1 and not padding:
                tasks[0].outcome.set_exception(error)
                return
            for task in tasks:
                self._process_alone(signature_name, wanted, task)
            return
        for task, answer in zip(tasks, answers, strict=True):
            task.outcome.set_result(answer)

    def _process_alone(self, signature_name: str, wanted: Sequence[str], task: BatchTask) -> None:
        try:
            timeout_s = _timeout_s([task])
            self._metrics.observe_batch(task.size, padding=0)
            outputs = self._servable.predict(task.inputs, signature_name, wanted, timeout_s)
            task.outcome.set_result(outputs)
        except Exception as error:
            task.outcome.set_exception(error)


def _timeout_s(tasks: Sequence[BatchTask]) -> float | None:
    """Returns how long a batch may run: as long as the most patient caller waits.

    Raises:
        ServingError: RESOURCE_EXHAUSTED, if all have given up, in TensorFlow Serving's words.
    """
    deadline = max(task.deadline for task in tasks)
    if deadline == math.inf:
        return None
    timeout_s = deadline - time.monotonic()
    if timeout_s <= 0:
        raise ServingError(
            StatusCode.RESOURCE_EXHAUSTED, "Run() timeout exceeded while waiting in batching queue"
        )
    return timeout_s
