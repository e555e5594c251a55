"""TensorFlow Serving's gRPC services: their methods, and the messages of each.

tensorflow-serving-api has the same in its ``*_service_pb2_grpc`` modules, but those import
``*_service_pb2``, which builds descriptors in a way that protobuf 6 refuses. Its modules of
messages are imported everywhere, and a service is no more than names and messages:
https://github.com/tensorflow/serving/tree/master/tensorflow_serving/apis
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import grpc
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)


@dataclass(frozen=True)
class RpcService:
    """A gRPC service all of whose methods take one message and answer with one.

    Attributes:
        name: With its package.
        methods: The messages of each method by its name: of the request, and of the response.
    """

    name: str
    methods: Mapping[str, tuple[type[Any], type[Any]]]

    def path(self, method: str) -> str:
        """Returns what names a method on the wire."""
        return f"/{self.name}/{method}"

    def handler(self, servicer: Any) -> grpc.GenericRpcHandler:
        """Returns what a server needs to route calls to an object.

        Args:
            servicer: Has methods of the same names, which take a request and a
                ``grpc.ServicerContext``; those that it lacks are answered with UNIMPLEMENTED.
        """
        handlers = {
            method: grpc.unary_unary_rpc_method_handler(
                getattr(servicer, method),
                request_deserializer=request.FromString,
                response_serializer=response.SerializeToString,
            )
            for method, (request, response) in self.methods.items()
            if hasattr(servicer, method)
        }
        return grpc.method_handlers_generic_handler(self.name, handlers)

    def stub(self, channel: grpc.Channel) -> SimpleNamespace:
        """Returns an object that calls the service: each method is a grpc.UnaryUnaryMultiCallable.

        Args:
            channel: Leads to a server.
        """
        return SimpleNamespace(
            **{
                method: channel.unary_unary(
                    self.path(method),
                    request_serializer=request.SerializeToString,
                    response_deserializer=response.FromString,
                )
                for method, (request, response) in self.methods.items()
            }
        )


PREDICTION_SERVICE = RpcService(
    "tensorflow.serving.PredictionService",
    {
        "Classify": (
            classification_pb2.ClassificationRequest,
            classification_pb2.ClassificationResponse,
        ),
        "Regress": (regression_pb2.RegressionRequest, regression_pb2.RegressionResponse),
        "Predict": (predict_pb2.PredictRequest, predict_pb2.PredictResponse),
        "MultiInference": (
            inference_pb2.MultiInferenceRequest,
            inference_pb2.MultiInferenceResponse,
        ),
        "GetModelMetadata": (
            get_model_metadata_pb2.GetModelMetadataRequest,
            get_model_metadata_pb2.GetModelMetadataResponse,
        ),
    },
)

MODEL_SERVICE = RpcService(
    "tensorflow.serving.ModelService",
    {
        "GetModelStatus": (
            get_model_status_pb2.GetModelStatusRequest,
            get_model_status_pb2.GetModelStatusResponse,
        ),
        "HandleReloadConfigRequest": (
            model_management_pb2.ReloadConfigRequest,
            model_management_pb2.ReloadConfigResponse,
        ),
    },
)
