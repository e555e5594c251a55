import io
import re
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from components.photograph_example import check_image, photograph_example, read_mask
from components.photograph_folder import Photograph
from components.quarantine import Reason, UnusablePhotograph
from pipeline.config import PhotographLimits
from trainer.preprocessing import decode_image

LIMITS = PhotographLimits()
PHOTOGRAPH = Photograph(
    "train/0cdf5b5d0ce1_07.jpg",
    "train_masks/0cdf5b5d0ce1_07_mask.gif",
    "0cdf5b5d0ce1_07",
    "0cdf5b5d0ce1",
    pose=7,
    make="Citroën",
    model="2CV",
    year=1950,
)


def refused(reason, detail=""):
    return pytest.raises(UnusablePhotograph, match=f"^{re.escape(reason.value)}: .*{detail}")


def checked(content, limits=LIMITS):
    return check_image(content, limits)


def outcome(function, content):
    try:
        return function(content)
    except UnusablePhotograph as fault:
        return fault.reason


def test_golden_example(image_file, mask_file, pixels_of_mask):
    image = image_file(40, 30)
    example = photograph_example(PHOTOGRAPH, image, mask_file(40, 30), LIMITS)
    feature = dict(example.features.feature)
    mask = feature.pop("mask").bytes_list.value[0]
    assert {
        name: (value.bytes_list.value or value.int64_list.value)[0]
        for name, value in feature.items()
    } == {
        "image": image,
        "image_id": b"0cdf5b5d0ce1_07",
        "group_id": b"0cdf5b5d0ce1",
        "pose": 7,
        "make": "Citroën".encode(),
        "model": b"2CV",
        "year": 1950,
        "height": 30,
        "width": 40,
    }
    with Image.open(io.BytesIO(mask)) as png:
        assert (png.format, png.mode) == ("PNG", "L")
        np.testing.assert_array_equal(np.asarray(png), pixels_of_mask(40, 30))


def test_metadata_that_is_not_known_is_written_as_such(image_file, mask_file):
    unknown = Photograph("a_01.jpg", "a_01_mask.gif", "a_01", "a", 1)
    feature = photograph_example(unknown, image_file(), mask_file(), LIMITS).features.feature
    assert feature["make"].bytes_list.value[0] == b""
    assert feature["model"].bytes_list.value[0] == b""
    assert feature["year"].int64_list.value[0] == -1


def test_mask_of_another_size(image_file, mask_file):
    with refused(Reason.MASK_SIZE, "mask is 30x40, photograph is 40x30"):
        photograph_example(PHOTOGRAPH, image_file(40, 30), mask_file(30, 40), LIMITS)


def test_a_mask_whose_header_asks_for_too_much_is_not_decoded(image_file, mask_file):
    bomb = bytearray(mask_file(40, 30, kind="PNG"))
    bomb[16:24] = struct.pack(">II", 8000, 8000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    with refused(Reason.MASK_SIZE, "mask is 8000x8000, photograph is 40x30"):
        photograph_example(PHOTOGRAPH, image_file(40, 30), bytes(bomb), LIMITS)


class TestCheckImage:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_returns_height_and_width(self, image_file, kind):
        assert checked(image_file(40, 30, kind=kind)) == (30, 40)

    @pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
    def test_every_jpeg_that_transform_decodes_passes(self, pixels_of_image, file_of, mode):
        jpeg = file_of(Image.fromarray(pixels_of_image(40, 30)).convert(mode), "JPEG")
        assert checked(jpeg) == decode_image(jpeg).shape[:2] == (30, 40)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
    def test_every_png_that_transform_decodes_passes(self, pixels_of_image, file_of, mode):
        image = Image.fromarray(pixels_of_image(40, 30)).convert("L" if mode == "I;16" else mode)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
        png = file_of(image, "PNG")
        assert checked(png) == decode_image(png).shape[:2] == (30, 40)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_the_shown_photograph_counts(self, pixels_of_image, file_of, kind, orientation):
        exif = Image.Exif()
        exif[0x0112] = orientation
        image = file_of(pixels_of_image(40, 30), kind, exif=exif)
        assert checked(image) == ((30, 40) if orientation < 5 else (40, 30))

    def test_over_the_limits(self, image_file):
        image = image_file(40, 30)
        assert checked(image, PhotographLimits(1200, len(image))) == (30, 40)
        with refused(Reason.TOO_LARGE, "it has 1200 pixels, and 1199 are the most"):
            checked(image, PhotographLimits(1199, len(image)))
        with refused(Reason.TOO_LARGE, f"it has {len(image)} bytes"):
            checked(image, PhotographLimits(1200, len(image) - 1))

    def test_a_header_that_asks_for_too_much_is_not_decoded(self, image_file):
        bomb = bytearray(image_file(40, 30, kind="PNG"))
        bomb[16:24] = struct.pack(">II", 60_000, 60_000)
        with refused(Reason.TOO_LARGE, "it has 3600000000 pixels"):
            checked(bytes(bomb))

    def test_padding_behind_the_end_is_no_fault(self, image_file):
        assert checked(image_file(40, 30) + b"\0" * 30) == (30, 40)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    @pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
    def test_truncated(self, image_file, kind, share):
        whole = image_file(64, 64, kind=kind)
        cut = whole[: int(share * len(whole))]
        with refused(
            Reason.TRUNCATED_IMAGE, f"it is cut short: the {kind} file ends after {len(cut)} bytes"
        ):
            checked(cut)

    def test_damaged_but_not_truncated(self, image_file):
        damaged = bytearray(image_file(64, 64, kind="PNG"))
        damaged[len(damaged) // 2] ^= 255
        with refused(Reason.UNDECODABLE_IMAGE):
            checked(bytes(damaged))

    def test_empty_file(self):
        with refused(Reason.UNDECODABLE_IMAGE, "it is empty"):
            checked(b"")

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WebP"])
    def test_another_format_under_the_name_of_a_jpeg(self, image_file, kind):
        with refused(Reason.UNDECODABLE_IMAGE, f"no JPEG or PNG file: it is a {kind} file"):
            checked(image_file(kind=kind))

    def test_text_under_the_name_of_a_jpeg(self):
        with refused(Reason.UNDECODABLE_IMAGE, "no JPEG or PNG file: it begins with 3c 68"):
            checked(b"<html>404 Not Found</html>")

    @given(st.data())
    def test_whatever_passes_can_be_decoded_by_transform(self, image_file, data):
        kind = data.draw(st.sampled_from(["JPEG", "PNG"]))
        content = bytearray(image_file(24, 16, kind=kind))
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, len(content) - 1))
            content[place] = data.draw(st.integers(0, 255))
        content = bytes(content[: data.draw(st.integers(1, len(content)))])
        size = outcome(checked, content)
        if isinstance(size, Reason):
            assert size in (Reason.TRUNCATED_IMAGE, Reason.UNDECODABLE_IMAGE, Reason.TOO_LARGE)
        else:
            assert tuple(tf.shape(decode_image(content))[:2].numpy()) == size


class TestReadMask:
    @pytest.fixture
    def mask(self, pixels_of_mask):
        return pixels_of_mask(40, 30)

    def test_palette_gif_of_0_and_1(self, mask, palette_gif):
        pixels = read_mask(palette_gif(mask))
        assert pixels.dtype == np.uint8
        np.testing.assert_array_equal(pixels, mask)

    @pytest.mark.parametrize("car", [1, 7, 255])
    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_gray_file_of_0_and_another_value(self, mask, file_of, kind, car):
        np.testing.assert_array_equal(read_mask(file_of(mask // 255 * car, kind)), mask)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA"])
    def test_png_of_any_mode(self, mask, file_of, mode):
        png = file_of(Image.fromarray(mask).convert(mode), "PNG")
        np.testing.assert_array_equal(read_mask(png), mask)

    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_of_a_palette_the_colours_count_not_the_indices(self, mask, file_of, kind):
        image = Image.fromarray((mask == 0).astype(np.uint8)).convert("P")
        image.putpalette([200, 0, 0, 0, 0, 0])  # 0 is car, 1 is black.
        np.testing.assert_array_equal(read_mask(file_of(image, kind, optimize=False)), mask)

    @pytest.mark.parametrize("nearly_black", [(1, 0, 0), (0, 0, 3), (9, 9, 9)])
    def test_a_colour_that_is_nearly_black_is_what_it_is_as_gray(self, mask, file_of, nearly_black):
        image = Image.fromarray(mask // 255).convert("P")
        image.putpalette([0, 0, 0, *nearly_black])
        as_gray = np.asarray(image.convert("L"))
        outcome_of = outcome(read_mask, file_of(image, "PNG"))
        if as_gray.any():
            np.testing.assert_array_equal(outcome_of, mask)
        else:
            assert outcome_of is Reason.EMPTY_MASK

    def test_a_mask_of_two_pixels(self, file_of):
        pixels = read_mask(file_of(np.array([[0, 7]], np.uint8), "PNG"))
        np.testing.assert_array_equal(pixels, [[0, 255]])

    def test_a_mask_in_the_alpha_channel_is_refused(self, mask, file_of):
        white = np.full_like(mask, 255)
        with refused(Reason.MASK_VALUES, "transparent pixels"):
            read_mask(file_of(np.dstack([white, white, white, mask]), "PNG"))

    def test_car_that_fills_the_photograph_has_no_backdrop(self, file_of, palette_gif):
        full = np.full((3, 5), 255, np.uint8)
        for file in (file_of(full, "PNG"), palette_gif(full)):
            with refused(Reason.MASK_VALUES, "expected 0 and one other, found 255"):
                read_mask(file)

    def test_empty(self, mask, file_of, palette_gif):
        for file in (file_of(mask * 0, "PNG"), palette_gif(mask * 0)):
            with refused(Reason.EMPTY_MASK, "no pixel is car"):
                read_mask(file)

    def test_three_values(self, mask, file_of):
        mask[0, 0] = 128
        with refused(Reason.MASK_VALUES, "expected 0 and one other, found 0, 128, 255"):
            read_mask(file_of(mask, "PNG"))

    def test_two_values_without_0(self, mask, file_of):
        with refused(Reason.MASK_VALUES, "found 100, 200"):
            read_mask(file_of(np.where(mask > 0, 200, 100).astype(np.uint8), "PNG"))

    def test_a_photograph_in_place_of_the_mask(self, image_file):
        with refused(Reason.MASK_VALUES, r"\.\.\."):
            read_mask(image_file(kind="PNG"))

    @pytest.mark.parametrize("content", [b"", b"GIF89a", b"no picture"])
    def test_broken(self, content):
        with refused(Reason.UNDECODABLE_MASK):
            read_mask(content)

    def test_a_jpeg_would_have_blurred_its_edge(self, mask, file_of):
        with refused(Reason.UNDECODABLE_MASK, "not a readable GIF or PNG"):
            read_mask(file_of(mask, "JPEG"))

    def test_truncated(self, mask, file_of):
        with refused(Reason.UNDECODABLE_MASK):
            read_mask(file_of(mask, "PNG")[:-30])

    # Damage to a header can ask for a large picture.
    @pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
    @given(st.data())
    def test_a_damaged_file_is_a_mask_or_a_reason(self, mask_file, data):
        content = bytearray(mask_file(24, 16, kind=data.draw(st.sampled_from(["PNG", "GIF"]))))
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        pixels = outcome(read_mask, bytes(content))
        if isinstance(pixels, Reason):
            assert pixels in (Reason.UNDECODABLE_MASK, Reason.MASK_VALUES, Reason.EMPTY_MASK)
        else:
            assert set(np.unique(pixels)) <= {0, 255}
            assert pixels.any()

    def test_a_chunk_of_garbage_is_a_reason(self, mask, file_of):
        # Pillow raises a SyntaxError for a chunk without a name that it meets amid the pixels.
        png = file_of(mask, "PNG")
        start = png.index(b"IDAT")
        half = b"IDAT" + png[start + 4 : start + 14]
        header, check = struct.pack(">I", 10), struct.pack(">I", zlib.crc32(half))
        with refused(Reason.UNDECODABLE_MASK, "broken PNG file"):
            read_mask(png[: start - 4] + header + half + check + b"\0\0\0\4\x9a\x01\x02\x03garbage")
