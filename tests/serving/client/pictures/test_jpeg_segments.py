"""The headers of JPEG files."""

import io

import numpy as np
import pytest
from PIL import Image

from serving.client.pictures.jpeg_segments import adobe_marker_is_missing, jpeg_segments


def _jpeg(mode: str, **options) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (8, 8)).save(file, "JPEG", **options)
    return file.getvalue()


def _without_adobe_marker(jpeg: bytes) -> bytes:
    at = jpeg.index(b"\xff\xee")
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]


def test_markers_and_contents_in_their_order():
    segments = list(jpeg_segments(_jpeg("RGB", comment=b"hello")))
    assert segments[0][0] == 0xE0
    assert segments[0][1].startswith(b"JFIF\0")
    assert (0xFE, b"hello") in segments
    [frame] = [content for marker, content in segments if marker == 0xC0]
    assert frame[:6] == bytes((8, 0, 8, 0, 8, 3))


def test_fillers_are_passed_over():
    jpeg = _jpeg("L")
    assert list(jpeg_segments(jpeg[:2] + b"\xff\xff" + jpeg[2:])) == list(jpeg_segments(jpeg))


@pytest.mark.parametrize(
    "file",
    [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xe0", b"\xff\xd8abcdef", b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_no_jpeg_file_has_no_segments(file):
    assert list(jpeg_segments(file)) == []


def test_a_walk_through_nonsense_ends():
    rng = np.random.default_rng(5)
    for _ in range(300):
        nonsense = rng.choice([0, 1, 0xD8, 0xE0, 0xFF], 200).astype(np.uint8).tobytes()
        list(jpeg_segments(b"\xff\xd8" + nonsense))
    assert list(jpeg_segments(b"\xff\xd8" + b"\xff\xe0\0\0" * 3))


def test_cmyk_tells_how_it_is_stored_or_not():
    cmyk = _jpeg("CMYK")
    assert not adobe_marker_is_missing(cmyk)
    assert adobe_marker_is_missing(_without_adobe_marker(cmyk))
    assert not adobe_marker_is_missing(_jpeg("RGB"))
    assert not adobe_marker_is_missing(_jpeg("L"))
