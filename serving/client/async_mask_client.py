"""The client for asyncio: many photographs under way from one thread."""

from collections.abc import Sequence
from types import TracebackType

from serving.client.conversation import Conversation
from serving.client.model_choice import MASKS, RUN_LENGTHS, ModelOutput
from serving.client.server_address import ServerProtocol
from serving.client.tls import Tls
from serving.client.transports.transport import AsyncTransport
from serving.errors import ServingError
from serving.version_status import VersionStatus


class AsyncMaskClient:
    """Asks one model of one server, all from one event loop; see ``MaskClient``.

    Example:
        async with AsyncMaskClient("http://127.0.0.1:8501") as client:
            masks = await asyncio.gather(*map(client.mask, photographs))
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
        """Prepares the connection; arguments and errors are those of ``MaskClient``."""
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

    async def mask(self, image_bytes: bytes) -> bytes:
        """Makes the mask of one photograph; see ``MaskClient.mask``."""
        return (await self.masks([image_bytes]))[0]

    async def masks(self, images: Sequence[bytes]) -> list[bytes]:
        """Makes the masks of several photographs in one request; see ``MaskClient.mask``."""
        return await self._ask(images, MASKS)

    async def rle(self, image_bytes: bytes) -> str:
        """Makes the mask of one photograph as a run-length string; see ``MaskClient.rle``."""
        return (await self.rles([image_bytes]))[0]

    async def rles(self, images: Sequence[bytes]) -> list[str]:
        """Makes the run-length strings of several photographs in one request."""
        return [runs.decode("ascii") for runs in await self._ask(images, RUN_LENGTHS)]

    async def status(self) -> list[VersionStatus]:
        """Asks where the model is in its life; see ``MaskClient.status``."""
        try:
            return await self._transport.statuses(self._conversation.timeout_s)
        except ServingError as error:
            raise self._conversation.explain(error) from error

    async def close(self) -> None:
        """Closes the connection."""
        await self._transport.close()

    async def __aenter__(self) -> "AsyncMaskClient":
        """Returns the client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the connection."""
        await self.close()

    async def _ask(self, images: Sequence[bytes], output: ModelOutput) -> list[bytes]:
        """Sends photographs to a signature and returns one of its outputs, in their order."""
        if not images:
            return []
        self._conversation.check_photographs(images)
        try:
            values = await self._transport.predict(images, output, self._conversation.timeout_s)
        except ServingError as error:
            raise self._conversation.explain(error) from error
        self._conversation.check_values(values, images)
        return values


def _transport(conversation: Conversation) -> AsyncTransport:
    """Returns the transport; only its own libraries are imported."""
    given = conversation.address, conversation.model, conversation.retries
    if conversation.address.protocol == "grpc":
        from serving.client.transports.async_grpc_transport import AsyncGrpcTransport

        return AsyncGrpcTransport(*given)
    from serving.client.transports.async_rest_transport import AsyncRestTransport

    return AsyncRestTransport(*given)
