import pytest

from batch.answer import refusal
from components.quarantine import Reason
from serving.errors import ServingError, StatusCode

TOO_LARGE = "has 41000000 pixels, and 40000000 are the most"


@pytest.mark.parametrize(
    ("said", "reason", "detail"),
    [
        (f"image_bytes[0] {TOO_LARGE}", Reason.TOO_LARGE, TOO_LARGE),
        (f"image_bytes[2] {TOO_LARGE}", Reason.TOO_LARGE, TOO_LARGE),
        (f"image_bytes[12] {TOO_LARGE}; image_bytes[13] is broken", Reason.TOO_LARGE, TOO_LARGE),
        ("image_bytes[3] is cut short", Reason.TRUNCATED_IMAGE, "is cut short"),
        ("image_bytes[1] is broken", Reason.UNDECODABLE_IMAGE, "is broken"),
    ],
)
def test_a_refusal_is_told_without_its_place_in_the_request(said, reason, detail):
    error = ServingError(StatusCode.INVALID_ARGUMENT, f"assertion failed: [{said}]\n\t [[node]]")
    fault = refusal(error)
    assert (fault.reason, fault.detail) == (reason, f"it {detail}")
