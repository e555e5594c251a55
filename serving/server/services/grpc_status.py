"""How a ServingError ends a gRPC call, and when the caller gives up."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import grpc

from serving.errors import ServingError

# TensorFlow Serving cuts here, in grpc_status_util.cc: the text travels in a header.
_LONGEST_TEXT = 1024
# Thirty years.
_FOR_EVER_S = 1e9
_Method = TypeVar("_Method", bound=Callable[..., Any])


def with_status(method: _Method) -> _Method:
    """Makes a service's method end the call with the status of the ServingError it raises."""

    @functools.wraps(method)
    def answer(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except ServingError as error:
            text = error.message
            if len(text) > _LONGEST_TEXT:
                text = text[:_LONGEST_TEXT] + "...TRUNCATED"
            context.abort(grpc.StatusCode[error.code.name], text)

    return answer  # type: ignore[return-value]


def remaining_s(context: grpc.ServicerContext) -> float | None:
    """Returns how long the caller of a method still waits.

    Args:
        context: The call's.

    Returns:
        Seconds, 0 if it has given up; None if it waits for ever, for which gRPC has a number that
        is too large for anything: 2^63 nanoseconds, or seconds, from now.
    """
    remaining = context.time_remaining()
    return None if remaining is None or remaining > _FOR_EVER_S else float(remaining)
