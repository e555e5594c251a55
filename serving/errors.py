"""What goes wrong while a model is loaded or asked, with TensorFlow Serving's status for it.

The loader is used by the server, by the pipeline's gate and by the check before a push. Only the
first of them speaks gRPC, so the status codes are spelled out here instead of being borrowed from
``grpc`` or ``tf.errors``.
"""

import enum


class StatusCode(enum.IntEnum):
    """The canonical codes: gRPC, TensorFlow and ``google.rpc.Code`` agree on them."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class ServingError(Exception):
    """A model or a request that cannot be served.

    Attributes:
        code: The status TensorFlow Serving answers in this case.
        message: Its text, in TensorFlow Serving's own words where they are known.
    """

    def __init__(self, code: StatusCode, message: str) -> None:
        """Keeps the status and its text; ``str()`` shows both."""
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        """Returns ``CODE: message``, the way TensorFlow Serving logs a status."""
        return f"{self.code.name}: {self.message}"
