"""How a method that raises ends its call."""

import grpc
import pytest

from serving.errors import ServingError, StatusCode
from serving.server.services.grpc_status import remaining_s, with_status


class _Ended(Exception):
    """What the context of a call raises when the call is ended."""


class _Context:
    """Stands in for a ServicerContext."""

    def __init__(self, remaining=None):
        self._remaining = remaining

    def time_remaining(self):
        return self._remaining

    def abort(self, code, details):
        self.ended = code, details
        raise _Ended


class _Service:
    """Raises what it is asked to."""

    @with_status
    def method(self, request, context):
        """Its docstring stays."""
        if isinstance(request, Exception):
            raise request
        return request


def test_an_answer_goes_through():
    assert _Service().method("answer", _Context()) == "answer"
    assert _Service.method.__doc__ == "Its docstring stays."


@pytest.mark.parametrize("code", [code for code in StatusCode if code is not StatusCode.OK])
def test_the_call_ends_with_the_status_of_the_error(code):
    context = _Context()
    with pytest.raises(_Ended):
        _Service().method(ServingError(code, "why"), context)
    assert context.ended == (grpc.StatusCode[code.name], "why")


@pytest.mark.parametrize(
    ("length", "end"), [(1024, "x"), (1025, "...TRUNCATED"), (9000, "...TRUNCATED")]
)
def test_a_long_text_is_cut(length, end):
    context = _Context()
    with pytest.raises(_Ended):
        _Service().method(ServingError(StatusCode.INTERNAL, "x" * length), context)
    text = context.ended[1]
    assert text == "x" * 1024 + (end if length > 1024 else "")


def test_what_is_no_serving_error_goes_through():
    with pytest.raises(KeyError):
        _Service().method(KeyError("bug"), _Context())


@pytest.mark.parametrize(
    ("told", "expected"),
    [(2.5, 2.5), (0, 0), (None, None), (float("inf"), None), (2**63, None), (2**63 / 1e9, None)],
)
def test_how_long_a_caller_waits(told, expected):
    assert remaining_s(_Context(told)) == expected
