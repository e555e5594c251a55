"""Each kind of output, from a photograph and its mask."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from serving.client.errors import InvalidPhotograph
from serving.client.output_kind import OutputKind
from serving.client.pictures.rendering import Rendering
from serving.client.transports.background import PictureBackground, SolidBackground

_COLOURS = np.random.default_rng(1).integers(0, 256, (12, 40, 3), np.uint8)
_MASK = np.zeros((12, 40), np.uint8)
_MASK[:, 20:] = 255


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def _pixels(file: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)


def _render(rendering: Rendering, suffix: str = ".png") -> bytes:
    return rendering(_png(_COLOURS), _png(_MASK), suffix)


def test_a_mask_is_what_the_server_sent():
    assert Rendering()(b"not even looked at", b"nor this") == b"nor this"


def test_a_bilevel_mask_has_the_same_pixels_in_one_bit_each():
    png = _render(Rendering(OutputKind.BILEVEL))
    assert png[24] == 1
    np.testing.assert_array_equal(_pixels(png), _MASK)


def test_a_feathered_mask_has_a_soft_edge():
    mask = _pixels(_render(Rendering(OutputKind.MASK, feather_px=2.0)))
    assert mask.shape == (12, 40)
    assert mask.dtype == np.uint8
    assert 90 < mask[5, 19] < 128 < mask[5, 20] < 165
    assert mask[5, 10] == 0
    assert mask[5, 30] == 255


def test_a_cutout_has_the_colours_and_the_mask():
    cutout = _pixels(_render(Rendering(OutputKind.CUTOUT)))
    np.testing.assert_array_equal(cutout, np.dstack([_COLOURS, _MASK]))


def test_a_feathered_cutout_has_the_alpha_of_the_feathered_mask():
    soft = _pixels(_render(Rendering(OutputKind.MASK, feather_px=1.5)))
    cutout = _pixels(_render(Rendering(OutputKind.CUTOUT, feather_px=1.5)))
    np.testing.assert_array_equal(cutout[..., 3], soft)
    np.testing.assert_array_equal(cutout[..., :3], _COLOURS)


def test_a_composite_on_a_colour():
    made = _pixels(
        _render(Rendering(OutputKind.COMPOSITE, background=SolidBackground((10, 20, 30))))
    )
    assert made.shape == (12, 40, 3)
    np.testing.assert_array_equal(made[:, 20:], _COLOURS[:, 20:])
    assert (made[:, :20] == (30, 20, 10)).all()


def test_a_composite_on_a_picture_with_a_soft_edge():
    background = np.full((6, 20, 3), 50, np.uint8)
    rendering = Rendering(OutputKind.COMPOSITE, 2.0, PictureBackground(background))
    made = _pixels(_render(rendering)).astype(int)
    weight = _pixels(_render(Rendering(OutputKind.MASK, 2.0))).astype(int)[..., None]
    np.testing.assert_allclose(made, (weight * _COLOURS + (255 - weight) * 50) / 255, atol=0.51)


def test_a_composite_may_be_a_jpeg_file():
    sizes = []
    for quality in (95, 30):
        rendering = Rendering(OutputKind.COMPOSITE, jpeg_quality=quality)
        jpeg = _render(rendering, ".JPG")
        assert Image.open(io.BytesIO(jpeg)).format == "JPEG"
        assert _pixels(jpeg).shape == (12, 40, 3)
        sizes.append(len(jpeg))
    assert sizes[0] > sizes[1]


@pytest.mark.parametrize("kind", [OutputKind.CUTOUT, OutputKind.COMPOSITE])
def test_the_photographs_profile_stays(kind):
    profile = bytes(16) + b"RGB " + bytes(112)
    file = io.BytesIO()
    Image.fromarray(_COLOURS).save(file, "JPEG", icc_profile=profile)
    made = Rendering(kind)(file.getvalue(), _png(_MASK))
    assert Image.open(io.BytesIO(made)).info["icc_profile"] == profile


@pytest.mark.parametrize("kind", [OutputKind.CUTOUT, OutputKind.COMPOSITE])
def test_a_mask_of_another_size_is_refused(kind):
    with pytest.raises(InvalidPhotograph, match="is 40x12 and its mask 40x11"):
        Rendering(kind)(_png(_COLOURS), _png(_MASK[1:]))


def test_a_picture_that_its_format_cannot_hold_is_refused():
    wide = np.zeros((1, 70_000), np.uint8)
    rendering = Rendering(OutputKind.COMPOSITE)
    with pytest.raises(InvalidPhotograph, match=r"No JPEG file can hold 70000x1 pixels"):
        rendering(_png(wide), _png(wide), ".jpg")
