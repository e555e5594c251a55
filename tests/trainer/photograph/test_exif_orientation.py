import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.photograph_files import orientation_entry, tiff
from trainer.photograph.exif_orientation import is_on_its_side, read_orientation, turn_upright


@pytest.mark.parametrize("kind", [3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_reads_both_byte_orders_and_types(value, order, kind):
    assert read_orientation(tiff(orientation_entry(value, order, kind), order=order)) == value


def test_finds_the_entry_among_others():
    others = [(tag, 3, 1, b"\7\0\0\0") for tag in (0x0100, 0x0111, 0x0113)]
    content = tiff(*others[:2], orientation_entry(8), others[2])
    assert read_orientation(content) == 8
    assert read_orientation(tiff(*others)) == 1


def test_follows_the_offset_of_the_table():
    content = tiff(orientation_entry(3))
    assert read_orientation(content[:4] + b"\x0d\0\0\0" + b"12345" + content[8:]) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"II",
        b"II*\0",
        tiff(),
        tiff(orientation_entry(0)),
        tiff(orientation_entry(9)),
        tiff(orientation_entry(6, kind=2)),
        tiff(orientation_entry(6))[:-5],
    ],
)
def test_nonsense_is_upright(content):
    assert read_orientation(content) == 1


@given(st.binary(max_size=80), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_any_bytes_give_an_orientation(content, start):
    assert 1 <= read_orientation(start + content).numpy() <= 8


# Where the first row and the first column of the stored pixels are shown (CIPA DC-008, 4.6.4).
@pytest.mark.parametrize(
    ("orientation", "shown"),
    [
        (1, [[1, 2, 3], [4, 5, 6]]),
        (2, [[3, 2, 1], [6, 5, 4]]),
        (3, [[6, 5, 4], [3, 2, 1]]),
        (4, [[4, 5, 6], [1, 2, 3]]),
        (5, [[1, 4], [2, 5], [3, 6]]),
        (6, [[4, 1], [5, 2], [6, 3]]),
        (7, [[6, 3], [5, 2], [4, 1]]),
        (8, [[3, 6], [2, 5], [1, 4]]),
    ],
)
def test_turns_stored_pixels_into_shown_ones(orientation, shown):
    stored = tf.constant([[[1], [2], [3]], [[4], [5], [6]]], tf.uint8)
    upright = turn_upright(stored, tf.constant(orientation))
    np.testing.assert_array_equal(upright[..., 0], shown)
    assert is_on_its_side(tf.constant(orientation)) == (len(shown) == 3)
