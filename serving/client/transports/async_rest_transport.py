"""Requests over REST from an event loop."""

import asyncio
import functools
import ssl
from collections.abc import Callable, Sequence
from typing import TypeVar

import httpx
import tenacity

from serving.client.model_choice import ModelChoice, ModelOutput
from serving.client.server_address import ServerAddress
from serving.client.transports import rest_calls
from serving.client.transports.retry import INITIAL_BACKOFF_S, MAX_BACKOFF_S
from serving.errors import ServingError, StatusCode
from serving.version_status import VersionStatus

_Answer = TypeVar("_Answer")


class AsyncRestTransport:
    """See ``AsyncTransport``; connections are opened by requests, and kept for later ones."""

    def __init__(self, address: ServerAddress, model: ModelChoice, retries: int) -> None:
        """Prepares the connections.

        Args:
            address: The server.
            model: The model to ask.
            retries: How often a request is sent again after UNAVAILABLE.

        Raises:
            TlsFailed: A file for TLS cannot be used.
        """
        self._model = model
        self._target = address.target
        self._retries = retries
        tls = address.tls
        self._extensions: dict[str, str] = {}
        if tls is not None and tls.server_name is not None:
            self._extensions["sni_hostname"] = tls.server_name
        self._http = httpx.AsyncClient(
            # Without TLS, a context that trusts nobody: loading the public authorities takes 0.1 s.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if tls is None else tls.ssl_context(),
            # httpx counts each step anew; the deadline of a request is one for all its steps.
            timeout=None,
            # Whoever asks decides how many requests are in flight.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
            # No proxy stands between this machine and itself, whatever http_proxy says.
            trust_env=not address.is_loopback,
        )

    async def predict(
        self, images: Sequence[bytes], output: ModelOutput, timeout_s: float
    ) -> list[bytes]:
        """See ``Transport.predict``."""
        request = self._http.build_request(
            "POST",
            self._target + rest_calls.predict_path(self._model),
            content=rest_calls.predict_body(images, output),
            headers={"Content-Type": "application/json"},
            extensions=self._extensions,
        )
        read = functools.partial(rest_calls.predict_values, output=output)
        return await self._send(request, read, timeout_s)

    async def statuses(self, timeout_s: float) -> list[VersionStatus]:
        """See ``Transport.statuses``."""
        request = self._http.build_request(
            "GET",
            self._target + rest_calls.status_path(self._model),
            extensions=self._extensions,
        )
        return await self._send(request, rest_calls.version_statuses, timeout_s)

    async def close(self) -> None:
        """See ``Transport.close``."""
        await self._http.aclose()

    async def _send(
        self, request: httpx.Request, read: Callable[[int, bytes], _Answer], timeout_s: float
    ) -> _Answer:
        """Sends a request until it is answered, refused for good, or its deadline has passed."""
        # One for each request: it keeps count of the attempts.
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_is_unavailable),
            stop=tenacity.stop_after_attempt(self._retries + 1),
            wait=tenacity.wait_exponential(multiplier=INITIAL_BACKOFF_S, max=MAX_BACKOFF_S)
            + tenacity.wait_random(0, INITIAL_BACKOFF_S / 5),
            reraise=True,
        )
        try:
            return await asyncio.wait_for(retrying(self._attempt, request, read), timeout_s)
        except asyncio.TimeoutError as error:
            raise ServingError(StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded") from error

    async def _attempt(
        self, request: httpx.Request, read: Callable[[int, bytes], _Answer]
    ) -> _Answer:
        if self._http.is_closed:
            raise ServingError(StatusCode.CANCELLED, "The client was closed.")
        try:
            reply = await self._http.send(request)
        except httpx.HTTPError as error:
            # The connection was refused, or broke, which gRPC calls UNAVAILABLE.
            text = f"{type(error).__name__}: {error}"
            raise ServingError(StatusCode.UNAVAILABLE, text) from error
        return read(reply.status_code, reply.content)


def _is_unavailable(error: BaseException) -> bool:
    return isinstance(error, ServingError) and error.code is StatusCode.UNAVAILABLE
