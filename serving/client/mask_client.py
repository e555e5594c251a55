"""The client: photographs in, masks out, over TensorFlow Serving's gRPC interface.

It speaks to ``tensorflow_model_server`` and to ``EmbeddedServer`` alike, and needs nothing but
``grpcio`` and ``tensorflow-serving-api``. That package imports TensorFlow, which takes seconds, so
it is imported only when a client is made.
"""

import json
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

import grpc

from serving.client.errors import (
    InvalidPhotograph,
    MaskServiceError,
    ModelNotFound,
    ModelUnsuitable,
    RequestTimedOut,
    ServerUnavailable,
)

if TYPE_CHECKING:
    from tensorflow_serving.apis import predict_pb2

_DT_STRING = 7
_FILE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_RETRY_POLICY = {
    "methodConfig": [
        {
            "name": [{"service": "tensorflow.serving.PredictionService"}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
_LOOPBACK = ("127.", "localhost:", "[::1]:")
_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 1),
    ("grpc.service_config", json.dumps(_RETRY_POLICY)),
    # A request larger than this buffer is never retried, and the default is 256 KiB.
    ("grpc.per_rpc_retry_buffer_size", 64 * 2**20),
)
# How TensorFlow Serving words that a request and a signature do not fit together.
_UNFIT = ("input size does not match", "Signature input alias", "Expects arg", "output tensor")


class MaskClient:
    """Asks one model of one server. Threads may share a client.

    Example:
        with MaskClient("127.0.0.1:8500") as client:
            Path("mask.png").write_bytes(client.mask(Path("car.jpg").read_bytes()))
    """

    def __init__(
        self,
        target: str = "127.0.0.1:8500",
        *,
        model_name: str = "mask",
        timeout_s: float = 30.0,
    ) -> None:
        """Prepares the connection; it is opened by the first request.

        Args:
            target: The server, as ``host:port``.
            model_name: The name the model is served under.
            timeout_s: The deadline of each request, retries included.
        """
        from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

        self._target = target
        self._model_name = model_name
        self._timeout_s = timeout_s
        self._new_request = predict_pb2.PredictRequest
        # No proxy stands between this machine and itself, whatever http_proxy says.
        proxy = ("grpc.enable_http_proxy", int(not target.startswith(_LOOPBACK)))
        self._channel = grpc.insecure_channel(target, options=(*_CHANNEL_OPTIONS, proxy))
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def mask(self, image_bytes: bytes) -> bytes:
        """Makes the mask of one photograph.

        Args:
            image_bytes: A JPEG or PNG file.

        Returns:
            A one-channel PNG file of the photograph's size, 255 on the object and 0 around it.

        Raises:
            MaskServiceError: One of its kinds, see ``serving.client.errors``.
        """
        return self.masks([image_bytes])[0]

    def masks(self, images: Sequence[bytes]) -> list[bytes]:
        """Makes the masks of several photographs in one request; see ``mask``."""
        return self._predict(images, "serving_default", "mask_png_bytes")

    def rle(self, image_bytes: bytes) -> str:
        """Makes the mask of one photograph as a run-length string.

        Args:
            image_bytes: A JPEG or PNG file.

        Returns:
            The runs, as the model's ``rle`` signature writes them.

        Raises:
            MaskServiceError: One of its kinds, see ``serving.client.errors``.
        """
        return self.rles([image_bytes])[0]

    def rles(self, images: Sequence[bytes]) -> list[str]:
        """Makes the run-length strings of several photographs in one request; see ``rle``."""
        return [runs.decode("ascii") for runs in self._predict(images, "rle", "rle")]

    def close(self) -> None:
        """Closes the connection."""
        self._channel.close()

    def __enter__(self) -> "MaskClient":
        """Returns the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the connection."""
        self.close()

    def _predict(self, images: Sequence[bytes], signature_name: str, output: str) -> list[bytes]:
        """Sends photographs to a signature and returns one of its outputs, in their order."""
        if not images:
            return []
        for image in images:
            if not image.startswith(_FILE_STARTS):
                raise InvalidPhotograph("Not a JPEG or PNG file: convert it first.")
        request: predict_pb2.PredictRequest = self._new_request()
        request.model_spec.name = self._model_name
        request.model_spec.signature_name = signature_name
        tensor = request.inputs["image_bytes"]
        tensor.dtype = _DT_STRING
        tensor.tensor_shape.dim.add(size=len(images))
        tensor.string_val.extend(images)
        request.output_filter.append(output)
        try:
            response = self._stub.Predict(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise self._explain(error) from error
        values = list(response.outputs[output].string_val)
        if len(values) != len(images):
            raise ModelUnsuitable(
                f"The model {self._model_name!r} at {self._target} answered {len(values)} masks to "
                f"{len(images)} photographs: push a model exported by this project."
            )
        return values

    def _explain(self, error: grpc.RpcError) -> MaskServiceError:
        """Turns a status into the error that tells its reader what to do."""
        code, details = error.code(), " ".join((error.details() or "").split())
        model = f"the model {self._model_name!r} at {self._target}"
        if code is grpc.StatusCode.UNAVAILABLE:
            if "queue" in details:
                return ServerUnavailable(
                    f"The server at {self._target} turns requests away: keep fewer in flight, or "
                    f"try again later. ({details})"
                )
            return ServerUnavailable(
                f"No model server answers at {self._target}: start one with `studio-mask serve`, "
                "or name another with --server."
            )
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return RequestTimedOut(
                f"No answer from {self._target} within {self._timeout_s:g} s: "
                "raise the timeout, or keep fewer requests in flight."
            )
        if code is grpc.StatusCode.NOT_FOUND:
            return ModelNotFound(
                f"The server at {self._target} does not serve a model {self._model_name!r}: "
                f"check the name, and that a version was pushed. ({details})"
            )
        unfit = code is grpc.StatusCode.INVALID_ARGUMENT and details.startswith(_UNFIT)
        if unfit or code is grpc.StatusCode.FAILED_PRECONDITION:
            return ModelUnsuitable(
                f"No masks from {model}: push a model exported by this project. ({details})"
            )
        if code is grpc.StatusCode.INVALID_ARGUMENT:
            return InvalidPhotograph(f"The model cannot read this photograph. ({details})")
        return MaskServiceError(f"{code.name} from {model}: see the server's log. ({details})")
