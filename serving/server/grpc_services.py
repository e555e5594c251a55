"""The gRPC services of TensorFlow Serving, answered from a VersionTable.

Every status and every text follows what was seen of TensorFlow Serving 2.20, because clients match
on them. What this server does not do (classify, regress, reload) it refuses with UNIMPLEMENTED.
"""
# The method names are those of the service definitions.
# ruff: noqa: N802

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.errors import ServingError, StatusCode
from serving.server import tensor_proto
from serving.server.servable import DEFAULT_SIGNATURE
from serving.server.version_table import VersionTable

_LONGEST_ERROR = 1024
_Method = TypeVar("_Method", bound=Callable[..., Any])


def _with_status(method: _Method) -> _Method:
    """Makes a method end the call with the status of the ServingError it raises."""

    @functools.wraps(method)
    def answer(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except ServingError as error:
            text = error.message
            if len(text) > _LONGEST_ERROR:
                text = text[:_LONGEST_ERROR] + "...TRUNCATED"
            context.abort(grpc.StatusCode[error.code.name], text)

    return answer  # type: ignore[return-value]


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers Predict and GetModelMetadata."""

    def __init__(self, versions: VersionTable) -> None:
        """Answers from the versions of one model."""
        self._versions = versions

    @_with_status
    def Predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Runs a signature of the version asked for."""
        remaining_s = context.time_remaining()
        if remaining_s is not None and remaining_s <= 0:
            # It waited behind others until its caller gave up: do not work for nobody.
            raise ServingError(StatusCode.DEADLINE_EXCEEDED, "Deadline exceeded before the start.")
        _check_model_spec(request)
        signature_name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        version = _requested_version(request.model_spec)
        with self._versions.borrow(request.model_spec.name, version) as servable:
            inputs = {
                alias: tensor_proto.read_tensor(tensor, alias)
                for alias, tensor in request.inputs.items()
            }
            outputs = servable.predict(inputs, signature_name, request.output_filter)
        response = predict_pb2.PredictResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = servable.version
        response.model_spec.signature_name = signature_name
        for alias, array in outputs.items():
            tensor_proto.write_tensor(array, response.outputs[alias])
        return response

    @_with_status
    def GetModelMetadata(
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        context: grpc.ServicerContext,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Returns the signatures of the version asked for."""
        _check_model_spec(request)
        if not request.metadata_field:
            raise _invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != "signature_def":
                raise _invalid(f"Metadata field {field} is not supported")
        version = _requested_version(request.model_spec)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        with self._versions.borrow(request.model_spec.name, version) as servable:
            for name, signature in servable.signature_defs.items():
                signatures.signature_def[name].CopyFrom(signature)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = servable.version
        response.metadata["signature_def"].Pack(signatures)
        return response

    @_with_status
    def Classify(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuses: masks are no classes."""
        raise _unimplemented("Classify")

    @_with_status
    def Regress(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuses: masks are no numbers."""
        raise _unimplemented("Regress")

    @_with_status
    def MultiInference(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuses, as it is made of Classify and Regress."""
        raise _unimplemented("MultiInference")


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """Answers GetModelStatus."""

    def __init__(self, versions: VersionTable) -> None:
        """Answers from the versions of one model."""
        self._versions = versions

    @_with_status
    def GetModelStatus(
        self,
        request: get_model_status_pb2.GetModelStatusRequest,
        context: grpc.ServicerContext,
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Tells where one version, or each, is in its life; a version label is ignored."""
        _check_model_spec(request)
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        response = get_model_status_pb2.GetModelStatusResponse()
        for status in self._versions.statuses(spec.name, version):
            row = response.model_version_status.add(version=status.version, state=status.state)
            row.status.SetInParent()
            if status.error is not None:
                row.status.error_code = status.error.code
                row.status.error_message = status.error.message
        return response

    @_with_status
    def HandleReloadConfigRequest(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuses: this server keeps to the base path it was started with."""
        raise _unimplemented("HandleReloadConfigRequest")


def _check_model_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise _invalid("Missing ModelSpec")


def _requested_version(spec: model_pb2.ModelSpec) -> int | None:
    """Returns the version number asked for; None stands for the newest."""
    if not spec.name:
        raise _invalid("ModelSpec has no name specified.")
    if spec.WhichOneof("version_choice") == "version_label":
        raise _invalid(f"Unrecognized servable version label: {spec.version_label}")
    return spec.version.value if spec.HasField("version") else None


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)


def _unimplemented(method: str) -> ServingError:
    return ServingError(
        StatusCode.UNIMPLEMENTED,
        f"{method} is not served here: use tensorflow_model_server for it.",
    )
