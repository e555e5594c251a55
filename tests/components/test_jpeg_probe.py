import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from components import jpeg_probe
from components.jpeg_probe import probe_jpeg


def probe(jpeg):
    probe_jpeg(jpeg, tf.constant(jpeg))


@pytest.fixture
def decoded(monkeypatch):
    """Notes how the file is decoded."""
    calls = []
    for name in ("decode_jpeg", "decode_and_crop_jpeg"):
        real = getattr(tf.io, name)

        def record(*arguments, real=real, name=name, **options):
            calls.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(jpeg_probe.tf.io, name, record)
    return calls


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"restart_marker_blocks": 2}])
def test_of_a_baseline_file_the_first_rows_are_decoded(
    pixels_of_image, file_of, decoded, mode, options
):
    probe(file_of(Image.fromarray(pixels_of_image()).convert(mode), "JPEG", **options))
    assert decoded == ["decode_and_crop_jpeg"]


def test_a_progressive_file_is_decoded_as_a_whole(pixels_of_image, file_of, decoded):
    probe(file_of(pixels_of_image(), "JPEG", progressive=True))
    assert decoded == ["decode_jpeg"]


def test_a_file_with_a_marker_amid_its_pixels_is_decoded_as_a_whole(image_file, decoded):
    jpeg = bytearray(image_file(64, 64))
    jpeg[-40:-38] = b"\xff\xc0"  # Another frame: libjpeg meets it behind the last pixel.
    with pytest.raises(tf.errors.OpError):
        probe(bytes(jpeg))
    assert decoded == ["decode_jpeg"]


def test_missing_tables_are_found(image_file):
    jpeg = image_file()
    table = jpeg.index(b"\xff\xdb")
    length = int.from_bytes(jpeg[table + 2 : table + 4], "big")
    with pytest.raises(tf.errors.OpError):
        probe(jpeg[:table] + jpeg[table + 2 + length :])


@given(st.data())
def test_what_passes_can_be_decoded(pixels_of_image, file_of, data):
    options = data.draw(st.sampled_from([{}, {"progressive": True}, {"restart_marker_blocks": 1}]))
    jpeg = bytearray(file_of(pixels_of_image(48, 40), "JPEG", **options))
    # Behind the header, which is checked before.
    start = jpeg.index(b"\xff\xda") + 12
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(start, len(jpeg) - 3))
        jpeg[place : place + 2] = data.draw(st.binary(min_size=2, max_size=2))
    try:
        probe(bytes(jpeg))
    except tf.errors.OpError:
        return
    assert np.shape(tf.io.decode_jpeg(bytes(jpeg), channels=3)) == (40, 48, 3)
