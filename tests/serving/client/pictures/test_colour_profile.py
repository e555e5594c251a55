"""Colour profiles go from the photograph into what is made of it."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from serving.client.pictures.colour_profile import read_rgb_profile, with_profile


def _profile(length: int = 500, space: bytes = b"RGB ") -> bytes:
    """Not a real one, but for the field that says what it is for."""
    content = bytearray(np.random.default_rng(2).integers(0, 256, length, np.uint8).tobytes())
    content[16:20] = space
    return bytes(content)


def _file(kind: str, **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (200, 100, 50)).save(file, kind, **options)
    return file.getvalue()


# More than one JPEG segment holds.
@pytest.mark.parametrize("length", [132, 65519, 65520, 200_000])
@pytest.mark.parametrize("source", ["JPEG", "PNG"])
@pytest.mark.parametrize("destination", [".jpg", ".png"])
def test_a_profile_is_carried_over_byte_for_byte(length, source, destination):
    profile = _profile(length)
    found = read_rgb_profile(_file(source, icc_profile=profile))
    assert found == profile
    plain = cv2.imencode(destination, np.full((6, 8, 3), 90, np.uint8))[1].tobytes()
    made = with_profile(plain, found)
    assert Image.open(io.BytesIO(made)).info["icc_profile"] == profile
    np.testing.assert_array_equal(
        cv2.imdecode(np.frombuffer(made, np.uint8), 1),
        cv2.imdecode(np.frombuffer(plain, np.uint8), 1),
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("space", [b"GRAY", b"CMYK"])
def test_a_profile_that_is_not_for_rgb_no_longer_applies(kind, space):
    assert read_rgb_profile(_file(kind, icc_profile=_profile(space=space))) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_most_files_have_none(kind):
    file = _file(kind)
    assert read_rgb_profile(file) is None
    assert with_profile(file, None) == file


def test_a_profile_that_misses_a_part_is_none():
    jpeg = _file("JPEG", icc_profile=_profile(100_000))
    second = jpeg.index(b"ICC_PROFILE\0\x02")
    broken = jpeg[: second + 12] + b"\x03" + jpeg[second + 13 :]
    assert read_rgb_profile(broken) is None


def test_a_profile_that_unpacks_to_too_much_is_none():
    file = _file("PNG", icc_profile=_profile()[:20] + bytes(5 * 2**20))
    assert read_rgb_profile(file) is None


@pytest.mark.parametrize("file", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_files_that_are_broken_have_none(file):
    assert read_rgb_profile(file) is None
