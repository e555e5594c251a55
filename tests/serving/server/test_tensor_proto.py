"""Arrays to the wire and back."""

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tensorflow.core.framework import tensor_pb2

from serving.errors import ServingError, StatusCode
from serving.server.tensor_proto import read_tensor, write_tensor, write_tensor_content

NUMBERS = [np.dtype(code) for code in "efdbhilBHILFD?"]


def _round_trip(array: np.ndarray) -> np.ndarray:
    proto = tensor_pb2.TensorProto()
    write_tensor(array, proto)
    assert not proto.tensor_content
    return read_tensor(tensor_pb2.TensorProto.FromString(proto.SerializeToString()), "x")


@given(
    st.sampled_from(NUMBERS).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))
    )
)
def test_numbers_survive_in_their_own_fields(array):
    read = _round_trip(array)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


def test_bfloat16_survives():
    array = np.array([1.5, -2], ml_dtypes.bfloat16)
    np.testing.assert_array_equal(_round_trip(array), array)


def test_strings_keep_their_trailing_zeros():
    array = np.array([[b"a\0", b""], [b"\xff\0\0", b"b"]], dtype=object)
    np.testing.assert_array_equal(_round_trip(array), array)


def test_packed_contents_are_read_too():
    proto = tf.make_tensor_proto(np.arange(6, dtype=np.int64).reshape(2, 3))
    assert proto.tensor_content
    np.testing.assert_array_equal(read_tensor(proto, "x"), [[0, 1, 2], [3, 4, 5]])


def test_one_value_fills_the_shape():
    proto = tensor_pb2.TensorProto(dtype=1, float_val=[2.0])
    proto.tensor_shape.dim.add(size=3)
    np.testing.assert_array_equal(read_tensor(proto, "x"), [2, 2, 2])


@pytest.mark.parametrize(
    "text",
    [
        "dtype: DT_FLOAT tensor_shape { dim { size: 3 } } tensor_content: 'abcd'",
        "dtype: DT_FLOAT tensor_shape { dim { size: -1 } } float_val: 1",
        "dtype: DT_FLOAT tensor_shape { unknown_rank: true } float_val: 1",
        "dtype: DT_INVALID float_val: 1",
    ],
)
def test_contents_that_do_not_fit_are_an_invalid_argument(text):
    proto = text_format.Parse(text, tensor_pb2.TensorProto())
    with pytest.raises(ServingError, match="^INVALID_ARGUMENT: tensor parsing error: x$") as caught:
        read_tensor(proto, "x")
    assert caught.value.code is StatusCode.INVALID_ARGUMENT


def test_a_dtype_without_a_field_is_refused():
    with pytest.raises(ServingError, match="UNIMPLEMENTED"):
        write_tensor(np.zeros(1, ml_dtypes.float8_e5m2), tensor_pb2.TensorProto())


@given(
    st.sampled_from(NUMBERS).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=1))
    )
)
def test_numbers_survive_as_contents(array):
    proto = tensor_pb2.TensorProto()
    write_tensor_content(array, proto)
    assert proto.tensor_content
    read = tf.make_ndarray(proto)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


def test_strings_as_contents_are_lengths_and_bytes():
    proto = tensor_pb2.TensorProto()
    write_tensor_content(np.array([[b"ab"], [b""], [b"c" * 300]], dtype=object), proto)
    assert proto.tensor_content == b"\x02\x00\xac\x02" + b"ab" + b"c" * 300
    assert [dim.size for dim in proto.tensor_shape.dim] == [3, 1]
    # TensorFlow's own decoder agrees.
    parsed = tf.io.parse_tensor(proto.SerializeToString(), tf.string)
    assert parsed.numpy().tolist() == [[b"ab"], [b""], [b"c" * 300]]


def test_a_float8_cannot_be_sent_as_contents():
    with pytest.raises(ServingError, match="float8_e5m2"):
        write_tensor_content(np.zeros(2, ml_dtypes.float8_e5m2), tensor_pb2.TensorProto())
