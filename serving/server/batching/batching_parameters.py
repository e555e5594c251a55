"""How requests are put together into batches: TensorFlow Serving's BatchingParameters."""

import os
from dataclasses import dataclass, field

from serving.errors import ServingError, StatusCode
from serving.server.text_proto import message_type, read_text_proto

_INT64_VALUE = {"value": "int64"}
_MESSAGE = message_type(
    "BatchingParameters",
    {
        "max_batch_size": _INT64_VALUE,
        "batch_timeout_micros": _INT64_VALUE,
        "max_enqueued_batches": _INT64_VALUE,
        "num_batch_threads": _INT64_VALUE,
        "thread_pool_name": {"value": "string"},
        "allowed_batch_sizes": "repeated int64",
        "pad_variable_length_inputs": "bool",
        "enable_large_batch_splitting": {"value": "bool"},
        "max_execution_batch_size": _INT64_VALUE,
    },
)


def _cpus() -> int:
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class BatchingParameters:
    """The parameters, with the defaults and the checks of TensorFlow Serving.

    A size is a number of rows: the first dimension of every input. Requests can only meet in a
    batch while they wait, each in a thread of its own: give ``--grpc_max_threads`` (and
    ``--rest_api_num_threads``) twice ``max_batch_size``.

    Attributes:
        max_batch_size: Rows of a batch at most, and of a request.
        batch_timeout_micros: Microseconds that a batch which is not full waits for company.
        max_enqueued_batches: Batches that may wait for a thread, for each set of outputs of a
            signature; a request that needs a further one is turned away.
        num_batch_threads: Batches that run side by side; one per CPU unless given.
        thread_pool_name: Names the threads, and their latency in the metrics.
        allowed_batch_sizes: A batch is filled up to the next of these sizes; empty: not at all.
        pad_variable_length_inputs: Let requests of different shapes share a batch: each is padded
            up to the largest with its own first value. Outputs keep the padding.
        enable_large_batch_splitting: Spread a request over several batches where it does not fit.
        max_execution_batch_size: Rows of a batch at most where requests are split;
            ``max_batch_size`` if None.

    Raises:
        ServingError: INVALID_ARGUMENT, for parameters that TensorFlow Serving would refuse.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = field(default_factory=_cpus)
    thread_pool_name: str = "model_server_batch_threads"
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int | None = None

    def __post_init__(self) -> None:
        """Holds the parameters against each other."""
        for name in ("max_batch_size", "max_enqueued_batches", "num_batch_threads"):
            if getattr(self, name) < 1:
                raise _invalid(f"{name} must be positive; was {getattr(self, name)}")
        if self.batch_timeout_micros < 0:
            raise _invalid(
                f"batch_timeout_micros must be non-negative; was {self.batch_timeout_micros}"
            )
        sizes = self.allowed_batch_sizes
        if sizes and sizes[-1] != self.max_batch_size:
            raise _invalid(
                "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
                f"{sizes[-1]}; expected {self.max_batch_size}"
            )
        if sizes and (sizes[0] < 1 or list(sizes) != sorted(set(sizes))):
            raise _invalid("allowed_batch_sizes entries must be positive and increasing")
        if self.enable_large_batch_splitting and not (
            1 <= self.largest_batch <= self.max_batch_size
        ):
            raise _invalid(
                "When enable_large_batch_splitting is true, max_batch_size must be greater than or "
                f"equal to max_execution_batch_size, and that positive; they were "
                f"{self.max_batch_size} and {self.largest_batch}"
            )

    @property
    def largest_batch(self) -> int:
        """Rows of a batch at most."""
        if self.enable_large_batch_splitting and self.max_execution_batch_size is not None:
            return self.max_execution_batch_size
        return self.max_batch_size

    def padded_size(self, size: int) -> int:
        """Returns the rows that a batch of so many is filled up to."""
        return next((allowed for allowed in self.allowed_batch_sizes if allowed >= size), size)


def read_batching_parameters(path: str | os.PathLike[str]) -> BatchingParameters:
    """Reads the file of ``--batching_parameters_file``.

    Args:
        path: BatchingParameters in text format, such as ``max_batch_size { value: 32 }``.

    Returns:
        The parameters; the defaults where the file is silent.

    Raises:
        ServingError: The file cannot be read, or holds parameters that cannot be.
    """
    message = read_text_proto(path, _MESSAGE)
    given = {
        descriptor.name: value.value if descriptor.message_type else value
        for descriptor, value in message.ListFields()
    }
    given["allowed_batch_sizes"] = tuple(message.allowed_batch_sizes)
    try:
        return BatchingParameters(**given)
    except ServingError as error:
        raise ServingError(error.code, f"{error.message} (in {path})") from error


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
