"""The client: photographs in, masks out, from TensorFlow Serving over gRPC or REST.

It speaks to ``tensorflow_model_server`` and to ``EmbeddedServer`` alike, and needs no TensorFlow.
``AsyncMaskClient`` is the same for asyncio.
"""

from collections.abc import Sequence
from types import TracebackType

from serving.client.conversation import Conversation
from serving.client.model_choice import MASKS, RUN_LENGTHS, ModelOutput
from serving.client.server_address import ServerProtocol
from serving.client.tls import Tls
from serving.client.transports.transport import Transport
from serving.errors import ServingError
from serving.version_status import VersionStatus


class MaskClient:
    """Asks one model of one server. Threads may share a client.

    Example:
        with MaskClient("127.0.0.1:8500") as client:
            Path("mask.png").write_bytes(client.mask(Path("car.jpg").read_bytes()))
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        protocol: ServerProtocol = "grpc",
        tls: Tls | None = None,
        model_name: str = "mask",
        version: int | None = None,
        label: str | None = None,
        timeout_s: float = 30.0,
        retries: int = 3,
    ) -> None:
        """Prepares the connection; it is opened by the first request.

        Args:
            target: The server, as ``host:port``, or as a URL, which means REST. This machine if
                None, at TensorFlow Serving's usual port: 8500 for gRPC, 8501 for REST.
            protocol: What to speak to ``host:port``, ``grpc`` or ``rest``.
            tls: Certificates; None leaves the connection in the clear, but for an ``https`` URL.
            model_name: The name the model is served under.
            version: The number of the version to ask; the newest if None.
            label: The label of the version to ask, instead of its number.
            timeout_s: The deadline of each request, retries included.
            retries: How often a request is sent again when the server is UNAVAILABLE, with pauses
                that grow from 0.2 s; 0 to 4.

        Raises:
            ValueError: An argument makes no sense, or does not fit another.
            TlsFailed: A file for TLS cannot be used.
        """
        self._conversation = Conversation(
            target,
            protocol=protocol,
            tls=tls,
            model_name=model_name,
            version=version,
            label=label,
            timeout_s=timeout_s,
            retries=retries,
        )
        self._transport = _transport(self._conversation)

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
        return self._ask(images, MASKS)

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
        return [runs.decode("ascii") for runs in self._ask(images, RUN_LENGTHS)]

    def status(self) -> list[VersionStatus]:
        """Asks where the model is in its life.

        Returns:
            Each version the server has seen, newest first; of a client with a ``version``, that
            one. A ``label`` makes no difference to TensorFlow Serving here.

        Raises:
            MaskServiceError: One of its kinds, see ``serving.client.errors``.
        """
        try:
            return self._transport.statuses(self._conversation.timeout_s)
        except ServingError as error:
            raise self._conversation.explain(error) from error

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

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

    def _ask(self, images: Sequence[bytes], output: ModelOutput) -> list[bytes]:
        """Sends photographs to a signature and returns one of its outputs, in their order."""
        if not images:
            return []
        self._conversation.check_photographs(images)
        try:
            values = self._transport.predict(images, output, self._conversation.timeout_s)
        except ServingError as error:
            raise self._conversation.explain(error) from error
        self._conversation.check_values(values, images)
        return values


def _transport(conversation: Conversation) -> Transport:
    """Returns the transport; only its own libraries are imported."""
    given = conversation.address, conversation.model, conversation.retries
    if conversation.address.protocol == "grpc":
        from serving.client.transports.grpc_transport import GrpcTransport

        return GrpcTransport(*given)
    from serving.client.transports.rest_transport import RestTransport

    return RestTransport(*given)
