"""PredictionService.Predict: what it answers."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.models import HALF_PLUS_TWO_VERSION
from tests.conformance.saved_models import OUTPUT_DTYPES

# Where TensorProto keeps the values of each dtype.
VALUE_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int8": "int_val",
    "int16": "int_val",
    "int32": "int_val",
    "int64": "int64_val",
    "uint8": "int_val",
    "uint16": "int_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "float16": "half_val",
    "bfloat16": "half_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "string": "string_val",
}


def test_the_reply_says_what_answered(predict):
    spec = predict().model_spec
    assert spec.name == "half_plus_two"
    assert spec.version.value == HALF_PLUS_TWO_VERSION
    assert spec.signature_name == "serving_default"


def test_the_values_are_right(predict):
    reply = predict(inputs={"x": np.float32([[1], [2], [-4]])})
    assert list(reply.outputs) == ["y"]
    np.testing.assert_array_equal(tf.make_ndarray(reply.outputs["y"]), [[2.5], [3], [0]])


def test_a_version_can_be_named(predict):
    assert predict("all_versions", version=2).outputs["y"].float_val[0] == 2.5
    assert predict("all_versions", version=3).outputs["y"].float_val[0] == 3.5


def test_the_newest_version_answers_where_none_is_named(predict):
    assert predict("all_versions").model_spec.version.value == 3


def test_every_output_comes_where_none_is_named(predict):
    three = {"a": np.float32([1]), "b": np.float32([2]), "s": [b"q"]}
    reply = predict("probe", three, signature="three")
    assert set(reply.outputs) == {"sum", "name"}
    assert reply.model_spec.signature_name == "three"


def test_output_filter(predict):
    three = {"a": np.float32([1]), "b": np.float32([2]), "s": [b"q"]}
    reply = predict("probe", three, signature="three", outputs=("sum",))
    assert list(reply.outputs) == ["sum"]
    assert list(reply.outputs["sum"].float_val) == [3.0]


@pytest.mark.parametrize("dtype", [*(dtype.name for dtype in OUTPUT_DTYPES), "string"])
def test_values_come_in_the_field_of_their_dtype(predict, dtype):
    reply = predict("probe", {"x": np.float32([1, 0])}, signature="dtypes", outputs=(dtype,))
    tensor = reply.outputs[dtype]
    assert tensor.dtype == tf.dtypes.as_dtype(dtype).as_datatype_enum
    assert [dim.size for dim in tensor.tensor_shape.dim] == [2]
    assert not tensor.tensor_content
    assert len(getattr(tensor, VALUE_FIELDS[dtype])) in (2, 4)
    expected = [b"1.0", b"0.0"] if dtype == "string" else [1, 0]
    assert tf.make_ndarray(tensor).tolist() == expected


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)], ids=str)
def test_a_shape_is_not_held_against_the_signature(predict, shape):
    x = np.full(shape, 4, np.float32)
    reply = predict(inputs={"x": x})
    np.testing.assert_array_equal(tf.make_ndarray(reply.outputs["y"]), x / 2 + 2)


def test_tensor_content_is_read_as_well_as_typed_values(prediction_service, predict_request):
    request = predict_request(inputs={"x": np.zeros((2, 1), np.float32)})
    tensor = request.inputs["x"]
    tensor.ClearField("float_val")
    tensor.tensor_content = np.float32([[2], [4]]).tobytes()
    reply = prediction_service.Predict(request, timeout=30)
    assert list(reply.outputs["y"].float_val) == [3.0, 4.0]


def test_a_large_message_passes(predict):
    x = np.ones((3_000_000, 1), np.float32)
    y = tf.make_ndarray(predict(inputs={"x": x}).outputs["y"])
    assert y.shape == x.shape
    assert (y == 2.5).all()


def test_requests_at_the_same_time_get_their_own_answers(prediction_service, predict_request):
    calls = [
        prediction_service.Predict.future(
            predict_request(inputs={"x": np.float32([[number]])}), timeout=30
        )
        for number in range(40)
    ]
    answers = [call.result().outputs["y"].float_val[0] for call in calls]
    assert answers == [number / 2 + 2 for number in range(40)]
