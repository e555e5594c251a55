"""What carries a client's requests: one interface over gRPC and REST, sync and asyncio.

A transport is asked in the client's terms and fails with TensorFlow Serving's statuses, as a
``ServingError``, whatever the wire made of them. What a status means to the user is said once, in
``serving.client.transports.explanation``.
"""

from collections.abc import Sequence
from typing import Protocol

from serving.client.model_choice import ModelOutput
from serving.version_status import VersionStatus


class Transport(Protocol):
    """Carries requests to one model; threads may share it."""

    def predict(
        self, images: Sequence[bytes], output: ModelOutput, timeout_s: float
    ) -> list[bytes]:
        """Sends photographs to a signature.

        Args:
            images: The photographs' files.
            output: What to ask for.
            timeout_s: The deadline, retries included.

        Returns:
            The output's strings; not as many as photographs, if the model is another one.

        Raises:
            ServingError: With the server's status, UNAVAILABLE where none answers, or
                DEADLINE_EXCEEDED.
        """
        ...

    def statuses(self, timeout_s: float) -> list[VersionStatus]:
        """Asks where the model's versions are in their life; arguments and errors as above."""
        ...

    def close(self) -> None:
        """Closes the connections; requests that still run end with CANCELLED."""
        ...


class AsyncTransport(Protocol):
    """The same for asyncio; it belongs to the event loop of its first request."""

    async def predict(
        self, images: Sequence[bytes], output: ModelOutput, timeout_s: float
    ) -> list[bytes]:
        """See ``Transport.predict``."""
        ...

    async def statuses(self, timeout_s: float) -> list[VersionStatus]:
        """See ``Transport.statuses``."""
        ...

    async def close(self) -> None:
        """See ``Transport.close``."""
        ...
