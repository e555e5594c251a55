"""Predictions as JSON: digits, bytes, rows and columns."""

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving.errors import ServingError, StatusCode
from serving.server.rest.rest_outputs import write_outputs


def _floats_written(values, dtype):
    body = write_outputs({"y": np.array(values, dtype)}, by_row=False).decode()
    return body.removeprefix('{\n    "outputs": [').removesuffix("]\n}").split(", ")


def test_floats_take_six_digits_if_these_are_enough():
    values = [3, 100000, 1e6, 6.17284e7, 0.1, 1e-5, -0.0, np.inf, 1 / 3, 123456789, 16777216]
    assert _floats_written(values, np.float32) == [
        "3.0",
        "100000.0",
        "1e+06",
        "6.17284e+07",
        "0.1",
        "1e-05",
        "-0.0",
        "Infinity",
        "0.333333343",
        "123456792.0",
        "16777216.0",
    ]


def test_doubles_take_seventeen_otherwise():
    values = [0.1, 1 / 3, np.nan, np.inf, -np.inf, 1e39]
    assert _floats_written(values, np.float64) == [
        "0.1",
        "0.33333333333333331",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e+39",
    ]


@given(
    st.sampled_from(
        [np.float32, np.float64, np.int8, np.uint8, np.int64, np.uint64, np.bool_]
    ).flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))),
    st.booleans(),
)
def test_numbers_come_back(array, by_row):
    by_row = by_row and array.ndim > 0
    body = json.loads(write_outputs({"y": array}, by_row=by_row))
    (key,) = body
    assert key == ("predictions" if by_row else "outputs")
    read = np.array(body[key], array.dtype).reshape(array.shape)
    np.testing.assert_array_equal(read, array)


def test_bytes_are_base64_and_text_is_not():
    strings = np.array([b"\xff\0", b""], object)
    body = write_outputs(
        {"png_bytes": strings, "text": strings, "n_bytes": np.array([1, 2])}, by_row=True
    )
    assert body == (
        b'{\n    "predictions": ['
        b'{"png_bytes": {"b64": "/wA="}, "text": "\xff\\u0000", "n_bytes": 1}, '
        b'{"png_bytes": {"b64": ""}, "text": "", "n_bytes": 2}]\n}'
    )


def test_a_single_output_is_bare_and_several_are_objects():
    y, z = np.array([[1], [2]]), np.array([True, False])
    assert json.loads(write_outputs({"y": y}, by_row=True)) == {"predictions": [[1], [2]]}
    assert json.loads(write_outputs({"y": y}, by_row=False)) == {"outputs": [[1], [2]]}
    assert json.loads(write_outputs({"y": y, "z": z}, by_row=True)) == {
        "predictions": [{"y": [1], "z": True}, {"y": [2], "z": False}]
    }
    assert json.loads(write_outputs({"y": y, "z": z}, by_row=False)) == {
        "outputs": {"y": [[1], [2]], "z": [True, False]}
    }


def test_columns_need_no_common_batch_size():
    body = write_outputs({"y": np.zeros(2, int), "total": np.array(5)}, by_row=False)
    assert json.loads(body) == {"outputs": {"y": [0, 0], "total": 5}}


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"total": np.float32(1)}, "Tensor name: total has no shape information "),
        (
            {"a": np.zeros((3, 1)), "b": np.zeros((2, 1))},
            "Tensor name: b has inconsistent batch size: 2 expecting: 3",
        ),
        (
            {"h": np.zeros(1, np.float16)},
            "Failed to write JSON value for tensor type: half",
        ),
        (
            {"h": np.zeros(1, tf.bfloat16.as_numpy_dtype)},
            "Failed to write JSON value for tensor type: bfloat16",
        ),
        (
            {"c": np.zeros(1, np.complex64)},
            "Failed to write JSON value for tensor type: complex64",
        ),
    ],
)
def test_what_rows_cannot_hold(outputs, message):
    with pytest.raises(ServingError) as caught:
        write_outputs({name: np.asarray(array) for name, array in outputs.items()}, by_row=True)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == message
