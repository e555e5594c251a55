"""TensorFlow Serving's gRPC PredictionService.

Every status and every text follows what was seen of TensorFlow Serving 2.20, because clients match
on them. Classify, Regress and MultiInference are refused with UNIMPLEMENTED.
"""
# The method names are those of the service definition.
# ruff: noqa: N802

import time
from typing import Any

import grpc
from tensorflow_serving.apis import get_model_metadata_pb2, model_pb2, predict_pb2

from serving.errors import ServingError, StatusCode
from serving.server import tensor_proto
from serving.server.metrics import ServerMetrics
from serving.server.model_request import ModelRequest
from serving.server.servable import DEFAULT_SIGNATURE
from serving.server.served_models import ServedModels
from serving.server.services.grpc_status import remaining_s, with_status


class PredictionService:
    """Answers Predict and GetModelMetadata."""

    def __init__(
        self, models: ServedModels, metrics: ServerMetrics, *, as_tensor_content: bool = False
    ) -> None:
        """Answers from these models.

        Args:
            models: What can be asked.
            metrics: Counts requests, and the time they take.
            as_tensor_content: Answer in ``tensor_content`` instead of the typed fields.
        """
        self._models = models
        self._metrics = metrics
        self._write_tensor = (
            tensor_proto.write_tensor_content if as_tensor_content else tensor_proto.write_tensor
        )

    @with_status
    def Predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Runs a signature of the version asked for."""
        started = time.monotonic()
        name = request.model_spec.name
        status = StatusCode.INTERNAL
        try:
            response = self._predict(request, context)
            status = StatusCode.OK
        except ServingError as error:
            status = error.code
            raise
        finally:
            self._metrics.count_request(name, status)
        self._metrics.observe_request(name, "Predict", "GRPC", _microseconds_since(started))
        return response

    @with_status
    def GetModelMetadata(
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        context: grpc.ServicerContext,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Returns the signatures of the version asked for."""
        if not request.HasField("model_spec"):
            raise _invalid("Missing ModelSpec")
        if not request.metadata_field:
            raise _invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != "signature_def":
                raise _invalid(f"Metadata field {field} is not supported")
        signatures = get_model_metadata_pb2.SignatureDefMap()
        with self._models.borrow(_model_request(request.model_spec)) as predictor:
            for name, signature in predictor.signature_defs.items():
                signatures.signature_def[name].CopyFrom(signature)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = predictor.version
        response.metadata["signature_def"].Pack(signatures)
        return response

    @with_status
    def Classify(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuses: masks are no classes."""
        raise _unimplemented("Classify")

    @with_status
    def Regress(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuses: masks are no numbers."""
        raise _unimplemented("Regress")

    @with_status
    def MultiInference(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuses, as it is made of Classify and Regress."""
        raise _unimplemented("MultiInference")

    def _predict(
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        if remaining_s(context) == 0:
            # It waited behind others until its caller gave up: do not work for nobody.
            raise ServingError(StatusCode.DEADLINE_EXCEEDED, "Deadline exceeded before the start.")
        if not request.HasField("model_spec"):
            raise _invalid("Missing ModelSpec")
        name = request.model_spec.name
        signature_name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        with self._models.borrow(_model_request(request.model_spec)) as predictor:
            inputs = {
                alias: tensor_proto.read_tensor(tensor, alias)
                for alias, tensor in request.inputs.items()
            }
            started = time.monotonic()
            outputs = predictor.predict(
                inputs, signature_name, request.output_filter, remaining_s(context)
            )
            self._metrics.observe_runtime(name, "Predict", "TF1", _microseconds_since(started))
        response = predict_pb2.PredictResponse()
        response.model_spec.name = name
        response.model_spec.version.value = predictor.version
        response.model_spec.signature_name = signature_name
        for alias, array in outputs.items():
            self._write_tensor(array, response.outputs[alias])
        return response


def _model_request(spec: model_pb2.ModelSpec) -> ModelRequest:
    if not spec.name:
        raise _invalid("ModelSpec has no name specified.")
    choice = spec.WhichOneof("version_choice")
    return ModelRequest(
        spec.name,
        version=spec.version.value if choice == "version" else None,
        label=spec.version_label if choice == "version_label" else None,
    )


def _microseconds_since(started: float) -> float:
    return 1e6 * (time.monotonic() - started)


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)


def _unimplemented(method: str) -> ServingError:
    return ServingError(
        StatusCode.UNIMPLEMENTED,
        f"{method} is not served here: use tensorflow_model_server for it.",
    )
