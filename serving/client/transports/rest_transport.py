"""Requests over REST from threads.

They run on an event loop in a thread of their own, through the asyncio transport: httpx's blocking
client has a time limit for each step (connect, each write, each read) and none for a request, and a
deadline has to hold over all steps and retries.
"""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent import futures
from typing import Any, TypeVar

from serving.client.model_choice import ModelChoice, ModelOutput
from serving.client.server_address import ServerAddress
from serving.client.transports.async_rest_transport import AsyncRestTransport
from serving.errors import ServingError, StatusCode
from serving.version_status import VersionStatus

_Answer = TypeVar("_Answer")


class RestTransport:
    """See ``Transport``."""

    def __init__(self, address: ServerAddress, model: ModelChoice, retries: int) -> None:
        """Prepares connections; the arguments and errors are those of ``AsyncRestTransport``."""
        self._transport = AsyncRestTransport(address, model, retries)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rest", daemon=True)
        self._thread.start()
        self._lock = threading.Lock()
        self._closed = False

    def predict(
        self, images: Sequence[bytes], output: ModelOutput, timeout_s: float
    ) -> list[bytes]:
        """See ``Transport.predict``."""
        return self._wait_for(self._transport.predict(images, output, timeout_s))

    def statuses(self, timeout_s: float) -> list[VersionStatus]:
        """See ``Transport.statuses``."""
        return self._wait_for(self._transport.statuses(timeout_s))

    def close(self) -> None:
        """See ``Transport.close``."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        asyncio.run_coroutine_threadsafe(self._cancel_and_close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait_for(self, request: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Runs a request on the loop; if the wait for it is interrupted, so is the request."""
        with self._lock:
            if self._closed:
                request.close()
                raise ServingError(StatusCode.CANCELLED, "The client was closed.")
            future = asyncio.run_coroutine_threadsafe(request, self._loop)
        try:
            return future.result()
        except futures.CancelledError as error:
            raise ServingError(StatusCode.CANCELLED, "The client was closed.") from error
        except BaseException:
            future.cancel()
            raise

    async def _cancel_and_close(self) -> None:
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._transport.close()
