"""Photographs of all kinds, decoded the way they are shown."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from serving.client.errors import InvalidPhotograph
from serving.client.pictures.shown_photograph import decode_mask, decode_pair, decode_shown


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def _file(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _oriented(kind: str, orientation: int) -> bytes:
    """A stored picture of 16x8: red, green above; blue, white below."""
    image = Image.new("RGB", (16, 8), "red")
    image.paste("green", (8, 0, 16, 4))
    image.paste("blue", (0, 4, 8, 8))
    image.paste("white", (8, 4, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    return _file(image, kind, exif=exif, **options)


def _corners(pixels: np.ndarray) -> str:
    height, width = pixels.shape[:2]
    names = ""
    for y, x in ((1, 1), (1, width - 2), (height - 2, 1), (height - 2, width - 2)):
        blue, green, red = pixels[y, x] > 100
        names += {(1, 1, 1): "w", (1, 0, 0): "b", (0, 1, 0): "g", (0, 0, 1): "r"}[
            (int(blue), int(green), int(red))
        ]
    return names


# The corners, row by row, as EXIF's table of orientations (CIPA DC-008, 4.6.4) has them.
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "shape", "corners"),
    [
        (1, (8, 16), "rgbw"),
        (2, (8, 16), "grwb"),
        (3, (8, 16), "wbgr"),
        (4, (8, 16), "bwrg"),
        (5, (16, 8), "rbgw"),
        (6, (16, 8), "brwg"),
        (7, (16, 8), "wgbr"),
        (8, (16, 8), "gwrb"),
    ],
)
def test_the_orientation_is_applied(kind, orientation, shape, corners):
    pixels = decode_shown(_oriented(kind, orientation))
    assert pixels.shape == (*shape, 3)
    assert _corners(pixels) == corners


def test_of_sixteen_bits_the_upper_eight_are_kept():
    stored = np.array([[[0, 256, 65535]], [[511, 512, 32768]]], np.uint16)
    assert decode_shown(_png(stored)).tolist() == [[[0, 1, 255]], [[1, 2, 128]]]
    assert decode_shown(_png(stored[..., 0])).tolist() == [[[0] * 3], [[1] * 3]]


def test_gray_becomes_three_equal_colours():
    gray = np.array([[0, 77, 255]], np.uint8)
    assert decode_shown(_png(gray)).tolist() == [[[0] * 3, [77] * 3, [255] * 3]]
    assert decode_shown(_file(Image.new("1", (1, 1), 1), "PNG")).tolist() == [[[255] * 3]]
    jpeg = decode_shown(_file(Image.new("L", (8, 8), 77), "JPEG", quality=100))
    assert (jpeg == 77).all()


def test_alpha_is_dropped_and_the_colours_below_it_stay():
    stored = np.array([[[10, 20, 30, 0], [40, 50, 60, 255]]], np.uint8)
    assert decode_shown(_png(stored)).tolist() == [[[10, 20, 30], [40, 50, 60]]]


def test_a_palette_becomes_its_colours():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    assert decode_shown(_file(image, "PNG")).tolist() == [[[30, 20, 10], [50, 100, 200]]]


@pytest.mark.parametrize("rgb", [(255, 0, 0), (0, 200, 50), (128, 128, 128), (255, 255, 255)])
def test_cmyk_becomes_the_colours_it_stands_for(rgb):
    jpeg = _file(Image.new("RGB", (16, 16), rgb).convert("CMYK"), "JPEG", quality=100)
    np.testing.assert_allclose(decode_shown(jpeg)[8, 8], rgb[::-1], atol=2)


def test_cmyk_that_does_not_say_how_it_is_stored_is_refused():
    jpeg = _file(Image.new("CMYK", (16, 16)), "JPEG")
    at = jpeg.index(b"\xff\xee")
    unmarked = jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]
    with pytest.raises(InvalidPhotograph, match="convert it to RGB"):
        decode_shown(unmarked)


def test_a_profile_that_does_not_fit_is_no_reason_to_fill_the_screen(capfd):
    profile = b"\0" * 16 + b"RGB " + b"\0" * 200
    gray = _file(Image.new("L", (3, 2), 77), "PNG", icc_profile=profile)
    assert decode_shown(gray).tolist() == [[[77] * 3] * 3] * 2
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("file", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"text"])
def test_bytes_that_are_no_picture_are_refused(file):
    with pytest.raises(InvalidPhotograph, match="Cannot decode its colours"):
        decode_shown(file)
    with pytest.raises(InvalidPhotograph, match="What came back is no PNG file"):
        decode_mask(file)


def test_a_pair_of_one_size():
    photograph, mask = decode_pair(_oriented("PNG", 6), _png(np.eye(16, 8, dtype=np.uint8) * 255))
    assert photograph.shape == (16, 8, 3)
    np.testing.assert_array_equal(mask, np.eye(16, 8, dtype=np.uint8) * 255)


def test_a_mask_of_another_size_is_refused():
    as_stored = _png(np.zeros((8, 16), np.uint8))
    with pytest.raises(InvalidPhotograph, match="is 8x16 and its mask 16x8"):
        decode_pair(_oriented("JPEG", 6), as_stored)
