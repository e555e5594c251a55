"""Messages of our own against those of tensorflow-serving-api, byte for byte."""

import pytest
import tensorflow as tf
from tensorflow_serving.apis import get_model_status_pb2, predict_pb2

from serving.client.transports import wire
from serving.server.services.rpc_services import MODEL_SERVICE, PREDICTION_SERVICE

_STRINGS = [b"", b"\x00\xff", b"x" * 300, "é".encode()]


def _requests(kind):
    """One of each sort, of the messages given."""
    by_version = kind.PredictRequest(output_filter=["mask_png_bytes"])
    by_version.model_spec.name = "mask"
    by_version.model_spec.version.value = 2**63 - 1
    by_version.model_spec.signature_name = "serving_default"
    by_label = kind.PredictRequest(output_filter=["a", "b"])
    by_label.model_spec.version_label = "canary"
    of_version_0 = kind.PredictRequest()
    of_version_0.model_spec.version.SetInParent()
    return [by_version, by_label, of_version_0, kind.PredictRequest()]


def test_a_request_of_ours_is_theirs():
    for mine, theirs in zip(_requests(wire), _requests(predict_pb2), strict=True):
        tensor = tf.make_tensor_proto(_STRINGS, tf.string)
        wire.write_strings(_STRINGS, mine.inputs.add(key="image_bytes").value)
        theirs.inputs["image_bytes"].CopyFrom(tensor)
        assert predict_pb2.PredictRequest.FromString(mine.SerializeToString()) == theirs
        assert mine.SerializeToString() == theirs.SerializeToString(deterministic=True)
        assert wire.PredictRequest.FromString(theirs.SerializeToString()) == mine


def test_a_version_and_a_label_exclude_each_other():
    spec = wire.ModelSpec(version_label="canary")
    spec.version.value = 3
    assert spec.WhichOneof("choice") == "version"
    assert spec.version_label == ""


def test_a_reply_of_theirs_is_read():
    theirs = predict_pb2.PredictResponse()
    theirs.model_spec.name = "mask"
    theirs.model_spec.version.value = 7
    theirs.outputs["mask_png_bytes"].CopyFrom(tf.make_tensor_proto(_STRINGS, tf.string))
    theirs.outputs["area"].CopyFrom(tf.make_tensor_proto([[1.5, 2.5]], tf.float32))
    mine = wire.PredictResponse.FromString(theirs.SerializeToString())
    outputs = {entry.key: entry.value for entry in mine.outputs}
    assert wire.read_strings(outputs["mask_png_bytes"]) == _STRINGS
    assert outputs["area"].dtype == tf.float32.as_datatype_enum
    assert [dim.size for dim in outputs["area"].tensor_shape.dim] == [1, 2]
    assert mine.model_spec.version.value == 7
    # What it does not know it keeps.
    assert predict_pb2.PredictResponse.FromString(mine.SerializeToString()) == theirs


def test_statuses():
    theirs = get_model_status_pb2.GetModelStatusResponse()
    row = theirs.model_version_status.add(version=9, state="END")
    row.status.error_code = 11
    row.status.error_message = "Read less bytes"
    mine = wire.GetModelStatusResponse.FromString(theirs.SerializeToString())
    [row] = mine.model_version_status
    assert (row.version, row.state) == (9, 50)
    assert (row.status.error_code, row.status.error_message) == (11, "Read less bytes")
    request = wire.GetModelStatusRequest()
    request.model_spec.name = "mask"
    theirs = get_model_status_pb2.GetModelStatusRequest.FromString(request.SerializeToString())
    assert theirs.model_spec.name == "mask"


def test_the_paths_are_those_of_the_services():
    assert PREDICTION_SERVICE.path("Predict") == wire.PREDICT
    assert MODEL_SERVICE.path("GetModelStatus") == wire.GET_MODEL_STATUS


def _packed(content, *sizes):
    tensor = wire.Tensor(dtype=7, tensor_content=content)
    for size in sizes:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


def test_strings_packed_into_one_field():
    # 300 is 0xac 0x02 as a varint.
    tensor = _packed(b"\x02\x00\xac\x02" + b"ab" + b"c" * 300, 3)
    assert wire.read_strings(tensor) == [b"ab", b"", b"c" * 300]
    # TensorFlow itself reads it so.
    assert list(tf.io.parse_tensor(tensor.SerializeToString(), tf.string).numpy()) == (
        wire.read_strings(tensor)
    )
    assert wire.read_strings(_packed(b"\x01\x01xy", 2, 1)) == [b"x", b"y"]


@pytest.mark.parametrize(
    "tensor",
    [
        _packed(b"\x02\x00a", 2),
        _packed(b"\x01\x00ab", 2),
        _packed(b"\x80", 1),
        _packed(b"\xff\xff\xff\xff\xff\xff\x01a", 1),
        wire.Tensor(dtype=1),
        wire.Tensor(),
    ],
)
def test_what_is_no_tensor_of_strings(tensor):
    with pytest.raises(ValueError, match="strings|varint"):
        wire.read_strings(tensor)
