"""Every status code has an HTTP status."""

import pytest

from serving.errors import StatusCode
from serving.server.rest.rest_status import http_status


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        (200, "OK"),
        (400, "INVALID_ARGUMENT FAILED_PRECONDITION OUT_OF_RANGE"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (409, "ALREADY_EXISTS ABORTED"),
        (429, "RESOURCE_EXHAUSTED"),
        (499, "CANCELLED"),
        (501, "UNIMPLEMENTED"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
        (500, "UNKNOWN INTERNAL DATA_LOSS"),
    ],
)
def test_http_status(expected, names):
    assert {http_status(StatusCode[name]) for name in names.split()} == {expected}
