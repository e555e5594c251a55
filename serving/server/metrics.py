"""What one server counts and measures, under the names that TensorFlow Serving gives it.

Dashboards and alerts written for ``tensorflow_model_server`` read this page as it is.
"""

from serving.errors import StatusCode
from serving.server.metric_family import Counter, Histogram, MetricFamily

_SERVING = ":tensorflow:serving:"
_BATCHING = ":tensorflow:serving:batching_session:"
_LOADING = ":tensorflow:cc:saved_model:"


def _latency(name: str, *labels: str) -> Histogram:
    """Returns a histogram of microseconds: 10 us to 20 minutes."""
    return Histogram(name, labels, scale=10, growth=1.8, buckets=33)


def _size(name: str, *labels: str) -> Histogram:
    """Returns a histogram of how many examples: 1 to 16,384."""
    return Histogram(name, labels, scale=1, growth=2, buckets=15)


def _unused() -> list[MetricFamily]:
    """Returns what the real server announces too, and fills with what this one does not do."""
    return [
        # Classify, Regress and MultiInference.
        _size(f"{_SERVING}request_example_counts", "model"),
        Counter(f"{_SERVING}request_example_count_total", ("model",)),
        # The logging of requests.
        Counter(f"{_SERVING}request_log_count", ("model_name", "status_code")),
    ]


class ServerMetrics:
    """The metrics of one server. Every method may be called from any thread.

    Example:
        metrics = ServerMetrics()
        metrics.count_request("mask", StatusCode.OK)
        print(metrics.render())
    """

    def __init__(self) -> None:
        """Starts all counts at nothing."""
        self._requests = Counter(f"{_SERVING}request_count", ("model_name", "status"))
        self._request_latency = _latency(
            f"{_SERVING}request_latency", "model_name", "API", "entrypoint"
        )
        self._runtime_latency = _latency(
            f"{_SERVING}runtime_latency", "model_name", "API", "runtime"
        )
        self._warmup_latency = _latency(f"{_SERVING}model_warmup_latency", "model_path", "status")
        self._warmup_records = Counter(f"{_SERVING}model_warmup_records_read", ("model_path",))
        self._loads = Counter(f"{_LOADING}load_attempt_count", ("model_path", "status"))
        self._load_latency = Counter(f"{_LOADING}load_latency", ("model_path",))
        self._queuing_latency = Histogram(
            f"{_BATCHING}queuing_latency", ("thread_pool_name",), scale=100, growth=1.2, buckets=52
        )
        self._input_batch_size = _size(f"{_BATCHING}input_batch_size")
        self._processed_batch_size = _size(f"{_BATCHING}processed_batch_size")
        self._padding_size = _size(f"{_BATCHING}padding_size")
        self._wrapped_runs = Counter(f"{_BATCHING}wrapped_run_count")
        families: list[MetricFamily] = [
            self._requests,
            self._request_latency,
            self._runtime_latency,
            *_unused(),
            self._warmup_latency,
            self._warmup_records,
            self._loads,
            self._load_latency,
            self._queuing_latency,
            self._input_batch_size,
            self._processed_batch_size,
            self._padding_size,
            self._wrapped_runs,
        ]
        self._families = sorted(families, key=lambda family: family.name)

    def count_request(self, model_name: str, status: StatusCode) -> None:
        """Counts one prediction request that was answered, unknown models' too."""
        self._requests.add(model_name, status.name)

    def observe_request(
        self, model_name: str, api: str, entrypoint: str, microseconds: float
    ) -> None:
        """Notes how long an answered request took in the server.

        Args:
            model_name: The model it asked.
            api: What it asked for: ``Predict`` from gRPC, ``predict`` from REST.
            entrypoint: ``GRPC`` or ``REST``.
            microseconds: From the whole request to the whole answer.
        """
        self._request_latency.observe(model_name, api, entrypoint, value=microseconds)

    def observe_runtime(self, model_name: str, api: str, runtime: str, microseconds: float) -> None:
        """Notes how long TensorFlow ran for a request.

        Args:
            model_name: The model that ran.
            api: ``Predict``, whichever way the request came.
            runtime: What ran it; ``TF1`` for a session.
            microseconds: The time in the session, queueing for a batch included.
        """
        self._runtime_latency.observe(model_name, api, runtime, value=microseconds)

    def count_load(self, model_path: str, status: StatusCode) -> None:
        """Counts one attempt to load the SavedModel in a directory."""
        self._loads.add(model_path, "success" if status is StatusCode.OK else "fail")

    def observe_load(self, model_path: str, microseconds: float) -> None:
        """Adds the time that a successful load took."""
        self._load_latency.add(model_path, count=round(microseconds))

    def observe_warmup(
        self, model_path: str, status: StatusCode, records: int, microseconds: float
    ) -> None:
        """Notes one replay of a model's warm-up requests.

        Args:
            model_path: The version's directory.
            status: How the replay ended.
            records: How many requests it read.
            microseconds: How long it took.
        """
        self._warmup_latency.observe(model_path, status.name, value=microseconds)
        self._warmup_records.add(model_path, count=records)

    def observe_queuing(self, thread_pool_name: str, microseconds: float) -> None:
        """Notes how long a request waited for its batch to start."""
        self._queuing_latency.observe(thread_pool_name, value=microseconds)

    def observe_input_batch(self, size: int) -> None:
        """Notes how many examples a request brought to the batching queue."""
        self._input_batch_size.observe(value=size)

    def observe_batch(self, size: int, padding: int) -> None:
        """Notes one batch that was run.

        Args:
            size: Examples that went through the model, padding included.
            padding: How many of them were padding.
        """
        self._wrapped_runs.add()
        self._processed_batch_size.observe(value=size)
        self._padding_size.observe(value=padding)

    def render(self) -> str:
        """Returns the page that Prometheus scrapes, its metrics in alphabetical order."""
        return "".join(f"{line}\n" for family in self._families for line in family.lines())
