import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from trainer.rle import decode, decode_in_graph, encode, encode_in_graph

MASKS = arrays.arrays(
    np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 1])
)


@pytest.mark.parametrize(
    ("mask", "rle"),
    [
        ([[0, 0, 0], [0, 0, 0]], ""),
        ([[1, 1, 1], [1, 1, 1]], "1 6"),
        ([[1, 0, 0], [0, 0, 1]], "1 1 6 1"),
        # A run goes on in the next row.
        ([[0, 0, 1], [1, 1, 0]], "3 3"),
        ([[0, 1, 1], [0, 1, 0]], "2 2 5 1"),
        ([[1]], "1 1"),
    ],
)
def test_examples(mask, rle):
    mask = np.array(mask, np.uint8)
    assert encode(mask) == rle
    assert encode_in_graph(mask > 0).numpy().decode() == rle
    np.testing.assert_array_equal(decode(rle, *mask.shape), mask)
    np.testing.assert_array_equal(decode_in_graph(rle, *mask.shape), mask > 0)


DECODE = tf.function(
    decode_in_graph,
    input_signature=[tf.TensorSpec([], tf.string), *[tf.TensorSpec([], tf.int32)] * 2],
    autograph=False,
)


def test_any_value_but_zero_is_car():
    assert encode(np.array([[0, 7, 255, 0, 1]], np.uint8)) == "2 2 5 1"


@given(MASKS)
def test_round_trip(mask):
    decoded = decode(encode(mask), *mask.shape)
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, mask)


@given(MASKS)
def test_graph_encodes_the_same(mask):
    assert encode_in_graph(mask > 0).numpy().decode() == encode(mask)


@given(MASKS)
def test_graph_decodes_the_same(mask):
    decoded = DECODE(encode(mask), *mask.shape)
    assert decoded.dtype == tf.bool
    np.testing.assert_array_equal(decoded, mask > 0)
    assert encode_in_graph(decoded).numpy().decode() == encode(mask)


NO_MASKS = pytest.mark.parametrize(
    ("rle", "message"),
    [
        ("1 2 3", "has 3 numbers; they must come in start-length pairs"),
        ("0 1", "run outside the 3x2 mask"),
        ("6 2", "run outside the 3x2 mask"),
        ("7 1", "run outside the 3x2 mask"),
        ("2 0", "or an empty one"),
        ("2 -1", "or an empty one"),
        ("1 9223372036854775807", "run outside the 3x2 mask"),
        ("5 9223372036854775807", "run outside the 3x2 mask"),
        ("1 99999999999999999999", "run outside the 3x2 mask"),
        ("-99999999999999999999 1", "run outside the 3x2 mask"),
        ("2 3 3 1", "overlap"),
        ("4 1 1 1", "not sorted"),
        ("one 1", "invalid literal"),
    ],
)


@NO_MASKS
def test_text_that_is_no_mask_is_refused(rle, message):
    with pytest.raises(ValueError, match=message):
        decode(rle, 2, 3)


@NO_MASKS
def test_graph_refuses_the_same(rle, message):
    if "one" in rle or "99999999999999999999" in rle:
        message = "StringToNumber"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        DECODE(rle, 2, 3)
