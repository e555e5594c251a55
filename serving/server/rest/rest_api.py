"""TensorFlow Serving's REST interface as an ASGI application: which request gets which answer.

Predictions run in threads of their own, so that the loop always reads, writes and watches the
time. What takes microseconds (a status, the metrics page) is answered in the loop at once, and so
even while all threads are busy: a probe must not fail because the server is in demand.
"""

import asyncio
import logging
import re
import time
from concurrent.futures import Executor

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.rest import rest_bodies, rest_predict, rest_routes
from serving.server.rest.rest_json import error_body
from serving.server.rest.rest_routes import RestRequest
from serving.server.rest.rest_status import http_status
from serving.server.served_models import ServedModels
from serving.server.server_options import ServerOptions

_LOG = logging.getLogger(__name__)
_JSON = {"Content-Type": "application/json"}
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET",
    "Access-Control-Allow-Headers": "Content-Type",
}
_NOT_FOUND_PAGE = (
    "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"
)


class RestApi:
    """Answers HTTP requests from the served models."""

    def __init__(
        self,
        served_models: ServedModels,
        options: ServerOptions,
        metrics: ServerMetrics,
        threads: Executor,
    ) -> None:
        """Makes the application.

        Args:
            served_models: What to answer from.
            options: Timeout, CORS and the path of the metrics page.
            metrics: Counts the requests, and fills the metrics page.
            threads: Where predictions run.
        """
        self._served_models = served_models
        self._options = options
        self._metrics = metrics
        self._threads = threads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; the ASGI entry point."""
        try:
            response = await self._respond(Request(scope, receive))
        except ClientDisconnect:
            # It left before it had sent all of its request: there is nobody to answer.
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("ascii")
        query = request.scope["query_string"].decode("ascii")
        target = f"{path}?{query}" if query else path
        if path == self._options.prometheus_path:
            return self._metrics_page(target)
        if not rest_routes.is_api(target):
            return Response(_NOT_FOUND_PAGE, 404, {"Content-Type": "text/html"})
        body = await request.body()
        start = time.perf_counter()
        if request.method == "OPTIONS":
            model_name, method, headers = "", "", {}
            code, content = _preflight(request)
        else:
            asked = rest_routes.route(request.method, target)
            model_name, method, headers = asked.model.name, asked.method, dict(_JSON)
            code, content = await self._answer(asked, request, target, body)
        if self._options.rest_api_enable_cors_support:
            headers.update(_CORS)
        self._metrics.count_request(model_name, code)
        if code is StatusCode.OK:
            microseconds = (time.perf_counter() - start) * 1e6
            self._metrics.observe_request(model_name, method, "REST", microseconds)
        return Response(content, http_status(code), headers)

    async def _answer(
        self, asked: RestRequest, request: Request, target: str, body: bytes
    ) -> tuple[StatusCode, bytes]:
        """Returns how a request ended, and the body that says so."""
        try:
            if asked.action == "malformed":
                raise _invalid(f"Malformed request: {request.method} {target}")
            if asked.action == "version too large":
                # The real server says nothing at all here.
                return StatusCode.INVALID_ARGUMENT, b""
            if asked.action == "predict":
                packed = "gzip" in request.headers.get("Content-Encoding", "")
                return StatusCode.OK, await self._predict(asked, body, packed)
            if asked.action in ("classify", "regress"):
                raise ServingError(
                    StatusCode.UNIMPLEMENTED,
                    f"{asked.action.capitalize()} is not served here: use "
                    "tensorflow_model_server for it.",
                )
            return StatusCode.OK, self._about(asked)
        except ServingError as error:
            return error.code, error_body(error.message)
        except Exception as error:
            _LOG.exception("Cannot answer %s %s", request.method, target)
            return StatusCode.INTERNAL, error_body(f"{type(error).__name__}: {error}")

    async def _predict(self, asked: RestRequest, body: bytes, packed: bool) -> bytes:
        timeout_ms = self._options.rest_api_timeout_in_ms
        timeout_s = timeout_ms / 1e3 if timeout_ms > 0 else None

        def predict() -> bytes:
            json = rest_predict.unpack(body) if packed else body
            return rest_predict.predict(
                self._served_models, self._metrics, asked.model, json, timeout_s
            )

        prediction = asyncio.get_running_loop().run_in_executor(self._threads, predict)
        try:
            return await asyncio.wait_for(prediction, timeout_s)
        except asyncio.TimeoutError:
            # If it has not begun, it never will; the model stops what runs by the same limit.
            raise ServingError(
                StatusCode.DEADLINE_EXCEEDED, "Timed out waiting for notification"
            ) from None
        except asyncio.CancelledError:
            # Nobody but the server cancels, when its grace is over; a client may try another.
            raise ServingError(StatusCode.UNAVAILABLE, "The server is stopping.") from None

    def _about(self, asked: RestRequest) -> bytes:
        """Returns a model's status or metadata."""
        model = asked.model
        if not model.name:
            raise _invalid("Missing model name in request.")
        if asked.action == "metadata":
            with self._served_models.borrow(model) as predictor:
                return rest_bodies.metadata_body(
                    model.name, predictor.version, predictor.signature_defs
                )
        # A label is ignored here, as it is over gRPC.
        return rest_bodies.status_body(self._served_models.statuses(model.name, model.version))

    def _metrics_page(self, target: str) -> Response:
        headers = {"Content-Type": "text/plain"}
        path = self._options.prometheus_path
        if target != path:
            return Response(f"Unexpected path: {target}. Should be {path}", 400, headers)
        # Names come from requests, and may be no UTF-8.
        return Response(self._metrics.render().encode("utf-8", "replace"), 200, headers)


def _preflight(request: Request) -> tuple[StatusCode, bytes]:
    """Returns the answer to a browser that asks whether a page of another origin may ask."""
    if re.search("https?://", request.headers.get("Origin", "")):
        return StatusCode.OK, b""
    return StatusCode.FAILED_PRECONDITION, b""


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
