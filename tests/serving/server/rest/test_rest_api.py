"""The REST interface as a client sees it: statuses, headers and bodies, over a real connection."""

import base64
import contextlib
import gzip
import http.client
import json
import threading

import numpy as np
import pytest
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.rest.rest_server import RestServer
from serving.server.server_options import ServerOptions
from serving.version_status import VersionState, VersionStatus

_METRICS_PATH = "/monitoring/prometheus/metrics"


class _Echo:
    """A model that answers with its input, fails when it is told a status, or waits."""

    version = 3

    def __init__(self):
        signature = meta_graph_pb2.SignatureDef(method_name="tensorflow/serving/predict")
        signature.inputs["data"].dtype = types_pb2.DT_STRING
        signature.outputs["data_bytes"].dtype = types_pb2.DT_STRING
        self.signature_defs = {"serving_default": signature}
        self.may_go_on = threading.Event()

    def predict(self, inputs, signature_name="serving_default", output_filter=(), timeout_s=None):
        text = inputs["data"].ravel()[0].decode(errors="replace")
        if text in StatusCode.__members__:
            raise ServingError(StatusCode[text], f'It is "{text}"')
        if text == "bug":
            raise ZeroDivisionError("a bug")
        if text == "wait":
            self.may_go_on.wait(20)
        return {"data_bytes": np.asarray(inputs["data"])}


class _Models:
    """Stands in for ServedModels, with the one model "echo"."""

    def __init__(self):
        self.echo = _Echo()

    @contextlib.contextmanager
    def borrow(self, request):
        if request.label is not None:
            raise ServingError(
                StatusCode.INVALID_ARGUMENT,
                f"Unrecognized servable version label: {request.label}",
            )
        if request.name != "echo" or request.version not in (None, 3):
            raise ServingError(
                StatusCode.NOT_FOUND, f"Servable not found for request: Latest({request.name})"
            )
        yield self.echo

    def statuses(self, model_name, version=None):
        if model_name != "echo" or version not in (None, 3):
            missing = "any versions" if version is None else f"version {version}"
            raise ServingError(
                StatusCode.NOT_FOUND, f"Could not find {missing} of model {model_name}"
            )
        return [VersionStatus(3, VersionState.AVAILABLE)]


class _Server:
    """A running server and a way to ask it."""

    def __init__(self, **options):
        self.models = _Models()
        self.metrics = ServerMetrics()
        options = ServerOptions(rest_api_port=0, rest_api_num_threads=2, **options)
        self.rest = RestServer(self.models, options, self.metrics)
        self.rest.start()

    def ask(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.rest.port, timeout=20)
        with contextlib.closing(connection):
            body = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def predict(self, text, **headers):
        return self.ask("POST", "/v1/models/echo:predict", {"inputs": [text]}, headers)

    def error(self, method, target, body=None):
        status, headers, content = self.ask(method, target, body)
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(content)["error"]

    def stop(self):
        self.models.echo.may_go_on.set()
        self.rest.stop(grace_s=5)


@pytest.fixture(scope="module")
def server():
    server = _Server(prometheus_path=_METRICS_PATH)
    yield server
    server.stop()


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:

        def start_one(**options):
            server = _Server(**options)
            stack.callback(server.stop)
            return server

        yield start_one


def test_predict_takes_and_gives_base64(server):
    data = bytes(range(256)) * 2000
    body = {"instances": [{"b64": base64.b64encode(data).decode()}]}
    status, headers, content = server.ask("POST", "/v1/models/echo/versions/3:predict", body)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert base64.b64decode(json.loads(content)["predictions"][0]["b64"]) == data


def test_a_packed_request_is_understood(server):
    body = gzip.compress(b'{"inputs": "A"}')
    headers = {"Content-Encoding": "gzip"}
    _, headers, content = server.ask("POST", "/v1/models/echo:predict", body, headers)
    assert json.loads(content) == {"outputs": {"b64": "QQ=="}}
    assert headers["Content-Encoding"] is None


def test_a_body_in_chunks_is_understood(server):
    chunks = iter([b'{"inputs"', b': "', b"A" * 100_000, b'"}'])
    status, _, content = server.ask("POST", "/v1/models/echo:predict", chunks)
    assert status == 200
    assert base64.b64decode(json.loads(content)["outputs"]["b64"]) == b"A" * 100_000


def test_connections_are_kept(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.rest.port, timeout=20)
    with contextlib.closing(connection):
        connection.connect()
        socket = connection.sock
        for _ in range(3):
            connection.request("GET", "/v1/models/echo")
            assert json.loads(connection.getresponse().read())["model_version_status"]
        assert connection.sock is socket


def test_an_error_is_laid_out_as_the_real_one(server):
    assert server.predict("ABORTED")[2] == b'{\n    "error": "It is \\"ABORTED\\""\n}'


@pytest.mark.parametrize(
    ("name", "status"),
    [("OUT_OF_RANGE", 400), ("CANCELLED", 499), ("UNAVAILABLE", 503), ("DATA_LOSS", 500)],
)
def test_a_status_has_its_http_status(server, name, status):
    assert server.predict(name)[0] == status


def test_a_bug_is_an_internal_error_and_the_server_goes_on(server, caplog):
    status, _, content = server.predict("bug")
    assert (status, json.loads(content)["error"]) == (500, "ZeroDivisionError: a bug")
    assert "Cannot answer POST /v1/models/echo:predict" in caplog.text
    assert server.predict("A")[0] == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("PUT", "/v1/models/echo:predict"),
        ("DELETE", "/v1/models/echo"),
        ("GET", "/v1/models/echo/"),
        ("GET", "/v1/anything?x=1"),
        ("POST", "/v1/models/echo:predict?x=1"),
        ("POST", "/v1/models/echo:explain"),
    ],
)
def test_malformed_requests(server, method, target):
    assert server.error(method, target, "{}") == (400, f"Malformed request: {method} {target}")


def test_head_has_no_body(server):
    status, _, content = server.ask("HEAD", "/v1/models/echo")
    assert (status, content) == (400, b"")


@pytest.mark.parametrize("target", ["/", "/v1", "/v2/models/echo", "/favicon.ico"])
def test_elsewhere_is_a_page_that_is_not_found(server, target):
    status, headers, content = server.ask("GET", target)
    assert (status, headers["Content-Type"]) == (404, "text/html")
    assert b"<h1>Not Found</h1>" in content


def test_a_version_beyond_64_bits_is_refused_without_a_word(server):
    for method, end in (("GET", ""), ("POST", ":predict")):
        target = f"/v1/models/echo/versions/9223372036854775808{end}"
        status, _, content = server.ask(method, target, "{}")
        assert (status, content) == (400, b"")


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/v1/models", (400, "Missing model name in request.")),
        ("GET", "/v1/models/metadata", (404, "Could not find any versions of model metadata")),
        ("GET", "/v1/models/nope", (404, "Could not find any versions of model nope")),
        ("GET", "/v1/models/echo?x=1", (404, "Could not find any versions of model echo?x=1")),
        ("GET", "/v1/models/echo/versions/9", (404, "Could not find version 9 of model echo")),
        (
            "GET",
            "/v1/models/n%6Fpe/metadata",
            (404, "Servable not found for request: Latest(nope)"),
        ),
        (
            "GET",
            "/v1/models/echo/labels/x/metadata",
            (400, "Unrecognized servable version label: x"),
        ),
        (
            "POST",
            "/v1/models/echo/labels/a%20b:predict",
            (400, "Unrecognized servable version label: a b"),
        ),
        ("POST", "/v1/models/nope:predict", (404, "Servable not found for request: Latest(nope)")),
        (
            "POST",
            "/v1/models/echo:classify",
            (501, "Classify is not served here: use tensorflow_model_server for it."),
        ),
        (
            "POST",
            "/v1/models/echo:regress",
            (501, "Regress is not served here: use tensorflow_model_server for it."),
        ),
    ],
)
def test_what_is_not_there(server, method, target, expected):
    assert server.error(method, target, "{}") == expected


@pytest.mark.parametrize("target", ["/v1/models/echo", "/V1/MODELS/%65cho/labels/ignored"])
def test_status(server, target):
    status, headers, content = server.ask("GET", target)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(content)["model_version_status"][0]["version"] == "3"


def test_metadata(server):
    content = json.loads(server.ask("GET", "/v1/models/echo/metadata")[2])
    assert content["model_spec"]["version"] == "3"
    signatures = content["metadata"]["signature_def"]["signature_def"]
    assert signatures["serving_default"]["inputs"]["data"]["dtype"] == "DT_STRING"


def test_pages_of_other_origins_may_ask_only_with_the_flag(server, start):
    allowing = start(rest_api_enable_cors_support=True)
    origin = {"Origin": "https://example.com"}
    for asked, allowed in ((server, None), (allowing, "*")):
        for method, headers, expected in (
            ("GET", {}, 200),
            ("OPTIONS", origin, 200),
            ("OPTIONS", {}, 400),
        ):
            status, headers, content = asked.ask(method, "/v1/models/echo", None, headers)
            assert status == expected
            assert headers["Access-Control-Allow-Origin"] == allowed
            if method == "OPTIONS":
                assert content == b""
        assert asked.ask("OPTIONS", "/elsewhere", None, origin)[0] == 404
    _, headers, _ = allowing.predict("ABORTED")
    assert headers["Access-Control-Allow-Methods"] == "POST, GET"
    assert headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_a_request_that_takes_too_long_is_given_up(start):
    server = start(rest_api_timeout_in_ms=100)
    status, _, content = server.predict("wait")
    assert (status, json.loads(content)) == (
        504,
        {"error": "Timed out waiting for notification"},
    )
    assert server.predict("A")[0] == 200


def test_probes_are_answered_while_all_threads_predict(start):
    server = start(prometheus_path="/metrics")
    waiting = [threading.Thread(target=server.predict, args=("wait",)) for _ in range(5)]
    for thread in waiting:
        thread.start()
    assert server.ask("GET", "/v1/models/echo")[0] == 200
    assert server.ask("GET", "/metrics")[0] == 200
    server.models.echo.may_go_on.set()
    for thread in waiting:
        thread.join()


def test_the_metrics_page_counts_requests(start):
    server = start(prometheus_path=_METRICS_PATH)
    server.predict("A")
    server.predict("ABORTED")
    server.ask("GET", "/v1/models/echo")
    server.ask("GET", "/v1/models/%FF")
    server.ask("POST", "/v1/models/nope:predict", "{}")
    status, headers, content = server.ask("GET", _METRICS_PATH)
    assert (status, headers["Content-Type"]) == (200, "text/plain")
    lines = content.decode().splitlines()
    count = ":tensorflow:serving:request_count"
    assert f'{count}{{model_name="echo",status="OK"}} 2' in lines
    assert f'{count}{{model_name="echo",status="ABORTED"}} 1' in lines
    assert f'{count}{{model_name="nope",status="NOT_FOUND"}} 1' in lines
    assert f'{count}{{model_name="?",status="NOT_FOUND"}} 1' in lines
    latency = ":tensorflow:serving:request_latency_count"
    assert f'{latency}{{model_name="echo",API="predict",entrypoint="REST"}} 1' in lines
    assert f'{latency}{{model_name="echo",API="",entrypoint="REST"}} 1' in lines


def test_the_metrics_page_has_one_path_and_only_where_it_is_asked_for(server, start):
    status, _, content = server.ask("GET", f"{_METRICS_PATH}?x=1")
    assert status == 400
    assert content.decode() == f"Unexpected path: {_METRICS_PATH}?x=1. Should be {_METRICS_PATH}"
    assert start().ask("GET", _METRICS_PATH)[0] == 404
