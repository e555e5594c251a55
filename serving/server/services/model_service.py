"""TensorFlow Serving's gRPC ModelService: where versions are in their life, and other models."""
# The method names are those of the service definition.
# ruff: noqa: N802

import grpc
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2

from serving.errors import ServingError, StatusCode
from serving.server.served_models import ServedModels
from serving.server.services.grpc_status import remaining_s, with_status


class ModelService:
    """Answers GetModelStatus and HandleReloadConfigRequest."""

    def __init__(self, models: ServedModels) -> None:
        """Answers for these models."""
        self._models = models

    @with_status
    def GetModelStatus(
        self,
        request: get_model_status_pb2.GetModelStatusRequest,
        context: grpc.ServicerContext,
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Tells where one version, or each, is in its life; a version label is ignored."""
        if not request.HasField("model_spec"):
            raise ServingError(StatusCode.INVALID_ARGUMENT, "Missing ModelSpec")
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else None
        response = get_model_status_pb2.GetModelStatusResponse()
        for status in self._models.statuses(spec.name, version):
            row = response.model_version_status.add(version=status.version, state=status.state)
            row.status.SetInParent()
            if status.error is not None:
                row.status.error_code = status.error.code
                row.status.error_message = status.error.message
        return response

    @with_status
    def HandleReloadConfigRequest(
        self,
        request: model_management_pb2.ReloadConfigRequest,
        context: grpc.ServicerContext,
    ) -> model_management_pb2.ReloadConfigResponse:
        """Serves other models from now on; answers when the new ones are available."""
        if request.config.WhichOneof("config") != "model_config_list":
            raise ServingError(
                StatusCode.INVALID_ARGUMENT,
                "ServerModelConfig type not supported by HandleReloadConfigRequest. Only "
                "ModelConfigList is currently supported",
            )
        self._models.reload(request.config, remaining_s(context), context.is_active)
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()
        return response
