"""Status and metadata, as the real server's JSON has them."""

import json

from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server.rest.rest_bodies import metadata_body, status_body
from serving.version_status import VersionState, VersionStatus


def test_status():
    error = ServingError(StatusCode.OUT_OF_RANGE, "Read less bytes than requested")
    body = status_body(
        [
            VersionStatus(12, VersionState.END, error),
            VersionStatus(3, VersionState.AVAILABLE),
        ]
    )
    assert json.loads(body) == {
        "model_version_status": [
            {
                "version": "12",
                "state": "END",
                "status": {
                    "error_code": "OUT_OF_RANGE",
                    "error_message": "Read less bytes than requested",
                },
            },
            {
                "version": "3",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            },
        ]
    }
    assert body.startswith(b'{\n "model_version_status": [\n  {\n   "version": "12",')


def test_metadata():
    signature = meta_graph_pb2.SignatureDef(method_name="tensorflow/serving/predict")
    x = signature.inputs["x"]
    x.name, x.dtype = "x:0", types_pb2.DT_FLOAT
    x.tensor_shape.dim.add(size=-1)
    signature.outputs["y"].tensor_shape.unknown_rank = True
    body = json.loads(metadata_body("default", 123, {"serving_default": signature}))
    assert body["model_spec"] == {"name": "default", "signature_name": "", "version": "123"}
    assert list(body["metadata"]) == ["signature_def"]
    written = body["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert written["method_name"] == "tensorflow/serving/predict"
    assert written["inputs"] == {
        "x": {
            "dtype": "DT_FLOAT",
            "tensor_shape": {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False},
            "name": "x:0",
        }
    }
    assert written["outputs"]["y"]["dtype"] == "DT_INVALID"
    assert written["outputs"]["y"]["tensor_shape"] == {"dim": [], "unknown_rank": True}
