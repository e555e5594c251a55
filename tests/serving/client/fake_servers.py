"""Servers that answer what a test tells them, over gRPC and over REST.

They are made with TensorFlow Serving's own messages and with uvicorn, so that the client's side of
the wire is held against somebody else's.
"""

import asyncio
import base64
import json
import ssl
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
import uvicorn
from tensorflow_serving.apis import get_model_status_pb2, predict_pb2

from serving.server.services.rpc_services import MODEL_SERVICE, PREDICTION_SERVICE
from tests.serving.client.certificates import Certificates

PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Refusal:
    """A status, as each interface says it; ``body`` and ``text`` are the same where not given."""

    code: grpc.StatusCode
    text: str
    http_status: int
    body: bytes | None = None


@dataclass(frozen=True)
class Asked:
    """A request as it reached a server, with what the client asked for."""

    name: str
    version: int | None
    label: str | None
    signature_name: str = ""
    images: tuple[bytes, ...] = ()


@dataclass
class Script:
    """What a server answers, in this order, the last for ever, and what it was asked.

    A reply is a Refusal, or a function from the photographs to the values of the output.
    """

    replies: list[Any] = field(default_factory=lambda: [lambda images: images])
    statuses: list[tuple[int, str, str, str]] = field(default_factory=list)
    output: str | None = None
    asked: list[Asked] = field(default_factory=list)
    arrivals_s: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_reply(self, asked: Asked) -> Any:
        with self.lock:
            self.asked.append(asked)
            self.arrivals_s.append(time.monotonic())
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class FakeGrpc:
    """TensorFlow Serving's gRPC interface, answered from a script."""

    def __init__(
        self,
        script: Script,
        *,
        port: int = 0,
        certificates: Certificates | None = None,
        mtls: bool = False,
    ) -> None:
        self._script = script
        self._pool = futures.ThreadPoolExecutor(16)
        self._server = grpc.server(self._pool, options=[("grpc.max_receive_message_length", -1)])
        self._server.add_generic_rpc_handlers(
            [PREDICTION_SERVICE.handler(self), MODEL_SERVICE.handler(self)]
        )
        if certificates is None:
            port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        else:
            credentials = grpc.ssl_server_credentials(
                [(certificates.server_key.read_bytes(), certificates.server_cert.read_bytes())],
                certificates.ca.read_bytes() if mtls else None,
                require_client_auth=mtls,
            )
            port = self._server.add_secure_port(f"127.0.0.1:{port}", credentials)
        self.target = f"127.0.0.1:{port}"
        self._server.start()

    def stop(self):
        self._server.stop(None).wait()
        self._pool.shutdown()

    def Predict(self, request, context):  # noqa: N802
        images = tuple(request.inputs["image_bytes"].string_val)
        asked = self._asked(request.model_spec, request.model_spec.signature_name, images)
        reply = self._script.next_reply(asked)
        if isinstance(reply, Refusal):
            context.abort(reply.code, reply.text)
        response = predict_pb2.PredictResponse()
        [name] = request.output_filter
        values = reply(images)
        tensor = response.outputs[self._script.output or name]
        if all(isinstance(value, bytes) for value in values):
            tensor.dtype = 7
            tensor.string_val.extend(values)
        else:
            tensor.dtype = 1
            tensor.float_val.extend(values)
        tensor.tensor_shape.dim.add(size=len(values))
        return response

    def GetModelStatus(self, request, context):  # noqa: N802
        reply = self._script.next_reply(self._asked(request.model_spec))
        if isinstance(reply, Refusal):
            context.abort(reply.code, reply.text)
        response = get_model_status_pb2.GetModelStatusResponse()
        for version, state, code, text in self._script.statuses:
            row = response.model_version_status.add(version=version, state=state)
            row.status.error_code = grpc.StatusCode[code].value[0]
            row.status.error_message = text
        return response

    def _asked(self, spec, signature_name="", images=()):
        version = spec.version.value if spec.HasField("version") else None
        return Asked(spec.name, version, spec.version_label or None, signature_name, images)


class FakeRest:
    """TensorFlow Serving's REST interface, answered from a script."""

    def __init__(
        self,
        script: Script,
        *,
        port: int = 0,
        certificates: Certificates | None = None,
        mtls: bool = False,
    ) -> None:
        self._script = script
        self._pool = futures.ThreadPoolExecutor(16)
        tls = {}
        if certificates is not None:
            tls = {
                "ssl_certfile": certificates.server_cert,
                "ssl_keyfile": certificates.server_key,
                "ssl_ca_certs": str(certificates.ca) if mtls else None,
                "ssl_cert_reqs": ssl.CERT_REQUIRED if mtls else ssl.CERT_NONE,
            }
        config = uvicorn.Config(
            self._answer,
            host="127.0.0.1",
            port=port,
            ws="none",
            lifespan="off",
            log_config=None,
            interface="asgi3",
            timeout_graceful_shutdown=1,
            **tls,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.target = f"{'http' if certificates is None else 'https'}://127.0.0.1:{port}"

    def stop(self):
        self._server.should_exit = True
        self._thread.join(timeout=10)
        # A connection that a test left open must not hold up the end of all tests.
        self._server.force_exit = True
        self._thread.join(timeout=10)
        self._pool.shutdown()

    async def _answer(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        loop = asyncio.get_running_loop()
        status, answer = await loop.run_in_executor(self._pool, self._reply, scope, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _reply(self, scope, body):
        # As it was sent: percent signs and all.
        path, _, verb = scope["raw_path"].decode().partition(":")
        _, v1, models, name, *choice = path.split("/")
        assert (v1, models) == ("v1", "models")
        choice = dict(zip(choice[::2], choice[1::2], strict=True))
        version = int(choice["versions"]) if "versions" in choice else None
        if scope["method"] == "GET":
            assert verb == ""
            reply = self._script.next_reply(Asked(name, version, choice.get("labels")))
            answer = {"model_version_status": [self._row(*row) for row in self._script.statuses]}
        else:
            assert (scope["method"], verb) == ("POST", "predict")
            request = json.loads(body)
            column = request["inputs"]["image_bytes"]
            images = tuple(base64.b64decode(value["b64"]) for value in column)
            signature_name = request["signature_name"]
            asked = Asked(name, version, choice.get("labels"), signature_name, images)
            reply = self._script.next_reply(asked)
            answer = None
        if isinstance(reply, Refusal):
            if reply.body is not None:
                return reply.http_status, reply.body
            return reply.http_status, json.dumps({"error": reply.text}, indent=4).encode()
        if answer is None:
            name = "rle" if signature_name == "rle" else "mask_png_bytes"
            values = [self._value(name, value) for value in reply(images)]
            # The only output is bare; where there are several, each has its name.
            answer = {"outputs": values}
            if self._script.output is not None:
                answer = {"outputs": {self._script.output: values, "more": [1.0]}}
        return 200, json.dumps(answer).encode()

    def _value(self, name, value):
        if not isinstance(value, bytes):
            return value
        is_binary = name.endswith("_bytes")
        return {"b64": base64.b64encode(value).decode()} if is_binary else value.decode()

    def _row(self, version, state, code, text):
        status = {"error_code": code, "error_message": text}
        return {"version": str(version), "state": state, "status": status}
