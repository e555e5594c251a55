"""The checks of a request, word for word as TensorFlow Serving 2.20 was seen to answer."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server import signature_check

ONE = np.float32(1)


def _signature(inputs="x", outputs="y", dtype=types_pb2.DT_FLOAT) -> meta_graph_pb2.SignatureDef:
    signature = meta_graph_pb2.SignatureDef()
    for alias in inputs:
        signature.inputs[alias].CopyFrom(meta_graph_pb2.TensorInfo(name=f"{alias}:0", dtype=dtype))
    for alias in outputs:
        signature.outputs[alias].CopyFrom(meta_graph_pb2.TensorInfo(name=f"{alias}:0"))
    return signature


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {},
            "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. "
            "Missing but required: {x}.",
        ),
        (
            {"x": ONE, "z": ONE},
            "input size does not match signature: 2!=1 len({x,z}) != len({x}). Sent extra: {z}. "
            "Missing but required: {}.",
        ),
        (
            {"z": ONE},
            "Signature input alias: x(feed name: x:0) not found in request and no default value "
            "provided. Inputs expected to be in the request {z}, or default input alias set: ",
        ),
        ({"x": np.int64(1)}, "Expects arg[0] to be float but int64 is provided"),
        ({"x": np.array(["1"])}, "Expects arg[0] to be float but string is provided"),
        ({"x": np.float16(1)}, "Expects arg[0] to be float but half is provided"),
    ],
)
def test_inputs_that_do_not_fit(inputs, message):
    with pytest.raises(ServingError) as caught:
        signature_check.feeds(_signature(), inputs)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == message


def test_the_runtime_counts_its_arguments_in_the_order_of_their_tensors():
    with pytest.raises(ServingError, match=r"Expects arg\[1\] to be float but double"):
        signature_check.feeds(_signature("ab"), {"b": np.float64(1), "a": ONE})


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_no_shape_is_refused(shape):
    fed = signature_check.feeds(_signature(), {"x": np.ones(shape, np.float32)})
    assert fed["x:0"].shape == shape


def test_bytes_keep_their_trailing_zeros():
    signature = _signature(dtype=types_pb2.DT_STRING)
    fed = signature_check.feeds(signature, {"x": np.array([b"ab\0"], dtype=object)})
    assert fed["x:0"].tolist() == [b"ab\0"]
    assert signature_check.feeds(signature, {"x": np.array([b"ab"])})["x:0"].dtype == object


def test_a_default_value_stands_in_for_a_missing_input():
    signature = _signature("ab")
    signature.defaults["b"].CopyFrom(tf.make_tensor_proto(np.float32(7)))
    assert signature_check.feeds(signature, {"a": ONE})["b:0"] == 7
    with pytest.raises(ServingError, match=r"a\(feed name: a:0\) not found .* alias set: b$"):
        signature_check.feeds(signature, {"b": ONE})
    with pytest.raises(ServingError, match="Used request inputs: a, request input: a,c"):
        signature_check.feeds(signature, {"a": ONE, "c": ONE})


def test_all_outputs_are_wanted_unless_some_are_named():
    signature = _signature(outputs="yz")
    assert signature_check.fetches(signature) == {"y": "y:0", "z": "z:0"}
    assert signature_check.fetches(signature, ["z"]) == {"z": "z:0"}


@pytest.mark.parametrize(
    ("output_filter", "message"),
    [
        (
            ["q"],
            "output tensor alias not found in signature: q Outputs expected to be in the set {y}.",
        ),
        (["y", "y"], "duplicate output tensor alias: y"),
    ],
)
def test_outputs_that_do_not_fit(output_filter, message):
    with pytest.raises(ServingError) as caught:
        signature_check.fetches(_signature(), output_filter)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == message
