"""A model behind a model server, asked over gRPC as a studio would ask it."""

from collections.abc import Mapping
from typing import Any

import grpc

from serving.client.errors import ModelNotFound, ServerUnavailable, ServiceError
from serving.client.mask_client import MaskClient
from trainer.signatures import PROBABILITY

# Workers ask side by side, and a server answers one after the other.
_TIMEOUT_S = 60.0
# A call to this machine that a proxy took would end at another one.
_LOOPBACK = ("127.", "localhost:", "[::1]:")


class ServerModel:
    """One model of one server, by whatever version it serves; see ``evaluation.asked_model``."""

    def __init__(self, client: MaskClient, input_size: tuple[int, int] | None) -> None:
        """Takes over a client; use ``connect``."""
        self._client = client
        self._input_size = input_size
        self._lost: ServiceError | None = None

    @classmethod
    def connect(
        cls, target: str, model_name: str = "mask", timeout_s: float = _TIMEOUT_S
    ) -> "ServerModel":
        """Asks a server what it serves.

        Args:
            target: The server, as ``host:port``.
            model_name: The name the model is served under.
            timeout_s: The deadline of each request.

        Raises:
            serving.client.errors.ServiceError: If it does not answer, or does not serve the model.
        """
        size = _input_size(_signatures(target, model_name, timeout_s))
        return cls(MaskClient(target, model_name=model_name, timeout_s=timeout_s), size)

    @property
    def input_size(self) -> tuple[int, int] | None:
        """See ``AskedModel``; None where the server does not tell."""
        return self._input_size

    def reply(self, image: bytes) -> bytes:
        """See ``AskedModel``; of a server that is lost, nothing more is asked.

        The client has tried again for a while when it says so; a folder of photographs would take
        hours to fail.
        """
        if self._lost is not None:
            raise self._lost
        try:
            return self._client.mask(image)
        except ServiceError as error:
            self._lost = error
            raise

    def has_finite_probabilities(self, image: bytes) -> bool:
        """True: probabilities are not asked for over the network."""
        return True

    def close(self) -> None:
        """See ``AskedModel``."""
        self._client.close()


def _signatures(target: str, model_name: str, timeout_s: float) -> Mapping[str, Any]:
    """Returns the SignatureDefs by name; none where the server has no GetModelMetadata."""
    # They import TensorFlow.
    from tensorflow_serving.apis import get_model_metadata_pb2

    from serving.server.services.rpc_services import PREDICTION_SERVICE

    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = model_name
    options = [
        ("grpc.max_receive_message_length", -1),
        ("grpc.enable_http_proxy", int(not target.startswith(_LOOPBACK))),
    ]
    try:
        with grpc.insecure_channel(target, options=options) as channel:
            stub = PREDICTION_SERVICE.stub(channel)
            response = stub.GetModelMetadata(request, timeout=timeout_s)
    except grpc.RpcError as error:
        code, details = error.code(), " ".join((error.details() or "").split())
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return {}
        if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            raise ServerUnavailable(
                f"No model server answers at {target}: start one with `studio-mask serve`, or name "
                "another with --model."
            ) from error
        if code is grpc.StatusCode.NOT_FOUND:
            raise ModelNotFound(
                f"The server at {target} does not serve a model {model_name!r}: name it with "
                f"--model-name, and check that a version was pushed. ({details})"
            ) from error
        raise ServiceError(
            f"{code.name} from the model {model_name!r} at {target}: see the server's log. "
            f"({details})"
        ) from error
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    return signatures.signature_def


def _input_size(signatures: Mapping[str, Any]) -> tuple[int, int] | None:
    """Returns height and width of the probabilities, float32 [N, H, W], where both are fixed."""
    if PROBABILITY not in signatures or PROBABILITY not in signatures[PROBABILITY].outputs:
        return None
    shape = signatures[PROBABILITY].outputs[PROBABILITY].tensor_shape
    sizes = [dim.size for dim in shape.dim]
    return (sizes[1], sizes[2]) if len(sizes) == 3 and min(sizes[1:]) > 0 else None
