"""JSON values as arrays: what each dtype takes."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tensorflow.core.framework import types_pb2

from serving.errors import ServingError
from serving.server.rest.rest_values import MAX_RANK, check_value, to_array

_NUMBERS = {
    types_pb2.DT_FLOAT: np.float32,
    types_pb2.DT_DOUBLE: np.float64,
    types_pb2.DT_INT8: np.int8,
    types_pb2.DT_INT16: np.int16,
    types_pb2.DT_INT32: np.int32,
    types_pb2.DT_INT64: np.int64,
    types_pb2.DT_UINT8: np.uint8,
    types_pb2.DT_UINT32: np.uint32,
    types_pb2.DT_UINT64: np.uint64,
    types_pb2.DT_BOOL: np.bool_,
}


@given(
    st.sampled_from(sorted(_NUMBERS)).flatmap(
        lambda dtype: st.tuples(
            st.just(dtype), arrays.arrays(_NUMBERS[dtype], arrays.array_shapes(max_dims=3))
        )
    )
)
def test_numbers_of_every_dtype_come_back(case):
    dtype, array = case
    read = to_array(array.tolist(), dtype)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize(
    ("value", "shape"),
    [(5, ()), ([], (0,)), ([[], []], (2, 0)), ([[[1]], [[2]]], (2, 1, 1))],
)
@pytest.mark.parametrize("dtype", sorted({*_NUMBERS} - {types_pb2.DT_BOOL}))
def test_shapes(value, shape, dtype):
    read = to_array(value, dtype)
    assert (read.shape, read.dtype) == (shape, _NUMBERS[dtype])


def test_integers_are_taken_for_floats_and_large_floats_become_infinite():
    read = to_array([1, 2.5, 1e39, -1e39, 2**64 - 1, 16777217], types_pb2.DT_FLOAT)
    assert read.dtype == np.float32
    assert read.tolist() == [1.0, 2.5, np.inf, -np.inf, 2.0**64, 16777216.0]


def test_small_integers_wrap_within_32_bits():
    assert to_array([300, -1], types_pb2.DT_UINT8).tolist() == [44, 255]
    assert to_array([2**31], types_pb2.DT_UINT8) is None


def test_strings_are_text_or_base64():
    value = [["é", {"b64": base64.b64encode(b"\xff\0").decode()}], ["", {"b64": ""}]]
    read = to_array(value, types_pb2.DT_STRING)
    assert read.dtype == object
    assert read.tolist() == [["é".encode(), b"\xff\0"], [b"", b""]]


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        ("a", "FLOAT", 'JSON Value: "a" Type: String is not of expected type: float'),
        (None, "FLOAT", "JSON Value: null Type: Null is not of expected type: float"),
        (True, "FLOAT", "JSON Value: true Type: True is not of expected type: float"),
        (False, "INT64", "JSON Value: false Type: False is not of expected type: int64"),
        (1.5, "INT64", "JSON Value: 1.5 Type: Number is not of expected type: int64"),
        (1.0, "INT64", "JSON Value: 1.0 Type: Number is not of expected type: int64"),
        (2**63, "INT64", f"JSON Value: {2**63} Type: Number is not of expected type: int64"),
        (-1, "UINT32", "JSON Value: -1 Type: Number is not of expected type: uint32"),
        (1, "BOOL", "JSON Value: 1 Type: Number is not of expected type: bool"),
        (1, "STRING", "JSON Value: 1 Type: Number is not of expected type: string"),
        ({"a": 1}, "INT32", 'JSON Value: {"a":1} Type: Object is not of expected type: int32'),
        (1, "HALF", "Conversion of JSON Value: 1 to type: half"),
        (
            {"b64": "QQ==", "c": 1},
            "STRING",
            'JSON Value: {"b64":"QQ==","c":1} not formatted correctly for base64 data',
        ),
        (
            {"b64": 1},
            "STRING",
            'JSON Value: {"b64":1} not formatted correctly for base64 data',
        ),
        ({"b64": "*"}, "STRING", "Unable to base64 decode"),
    ],
)
def test_what_a_dtype_refuses(value, dtype, message):
    number = types_pb2.DataType.Value(f"DT_{dtype}")
    assert to_array([value], number) is None
    with pytest.raises(ServingError) as caught:
        check_value(value, number)
    assert caught.value.message == message


@given(
    st.recursive(
        st.sampled_from([1, 2.5, True, None, "a", {"b64": "QQ=="}, {"x": 1}]),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from([types_pb2.DT_FLOAT, types_pb2.DT_INT64, types_pb2.DT_STRING]),
)
def test_only_regular_lists_of_fitting_values_are_arrays(value, dtype):
    # The slow way: every value by itself, and NumPy's own idea of the shape.
    def leaves(inner):
        return [leaf for each in inner for leaf in leaves(each)] if _is_list(inner) else [inner]

    def shape(inner):
        if not _is_list(inner):
            return ()
        shapes = {shape(each) for each in inner}
        if len(shapes) > 1 or None in shapes:
            return None
        return (len(inner), *(shapes.pop() if shapes else ()))

    def fits(leaf):
        try:
            check_value(leaf, dtype)
        except ServingError:
            return False
        return True

    expected = shape(value) if all(map(fits, leaves(value))) else None
    array = to_array(value, dtype)
    assert (array.shape if array is not None else None) == expected


def _is_list(value):
    return isinstance(value, list)


def test_no_tensor_is_deeper_than_numpy_can_hold():
    value = json.loads("[" * MAX_RANK + "]" * MAX_RANK)
    assert to_array(value, types_pb2.DT_FLOAT).ndim == MAX_RANK
    assert to_array([value], types_pb2.DT_FLOAT) is None
