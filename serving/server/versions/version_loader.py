"""From a version's directory to something that answers: verify, load, batch, warm up."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from serving.errors import ServingError, StatusCode
from serving.server.batching.batch_scheduler import BatchScheduler
from serving.server.batching.batched_servable import BatchedServable
from serving.server.metrics import ServerMetrics
from serving.server.predictor import Predictor
from serving.server.servable import Servable
from serving.server.server_options import ServerOptions
from serving.server.warmup import warm_up

_log = logging.getLogger(__name__)


class VersionLoader:
    """Loads versions the way one server is told to. Threads may load at the same time."""

    def __init__(self, options: ServerOptions, metrics: ServerMetrics) -> None:
        """Keeps what it needs.

        Args:
            options: How to load.
            metrics: Counts loads and warm-ups, and what the batches hold.
        """
        self._options = options
        self._metrics = metrics
        self._scheduler: BatchScheduler | None = None
        if options.batching is not None:
            # One for all models: num_batch_threads counts for the whole server.
            self._scheduler = BatchScheduler(
                options.batching.num_batch_threads, options.batching.thread_pool_name
            )

    def load(
        self, directory: Path, version: int, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Predictor:
        """Loads one version, once.

        Args:
            directory: The SavedModel.
            version: The number to serve it under.
            is_cancelled: Asked during the warm-up; if so, the load fails.

        Returns:
            What answers requests, warm.

        Raises:
            ServingError: It cannot be served, whatever the reason: INTERNAL if nobody foresaw it.
        """
        try:
            return self._load(directory, version, is_cancelled)
        except ServingError:
            raise
        except Exception as error:
            # A thread of the server waits for this load: it has to end with a status.
            _log.exception("Loading version %d from %s failed", version, directory)
            raise ServingError(
                StatusCode.INTERNAL,
                f"Cannot load version {version} from {directory}: {type(error).__name__}: {error}",
            ) from error

    def close(self) -> None:
        """Ends the threads that run batches; call it when nothing is loaded any more."""
        if self._scheduler is not None:
            self._scheduler.close()

    def _load(self, directory: Path, version: int, is_cancelled: Callable[[], bool]) -> Predictor:
        options = self._options
        if options.verify is not None:
            options.verify(directory)
        predictor: Predictor = self._servable(directory, version)
        try:
            if options.batching is not None:
                predictor = BatchedServable(
                    predictor, options.batching, self._metrics, self._scheduler
                )
            if options.enable_model_warmup:
                warm_up(
                    predictor,
                    directory,
                    self._metrics,
                    iterations=max(1, options.num_request_iterations_for_warmup),
                    is_cancelled=is_cancelled,
                )
        except BaseException:
            predictor.close()
            raise
        return predictor

    def _servable(self, directory: Path, version: int) -> Servable:
        started = time.monotonic()
        try:
            servable = Servable.load(directory, version=version, options=self._options.session)
        except ServingError as error:
            self._metrics.count_load(str(directory), error.code)
            raise
        self._metrics.count_load(str(directory), StatusCode.OK)
        self._metrics.observe_load(str(directory), 1e6 * (time.monotonic() - started))
        return servable
