"""A server that cannot be used is refused soon, in one line that says what to do."""

import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipeline.kubeflow.server import pipelines_server
from pipeline.kubeflow.server.pipelines_server import KubeflowAddress, PipelinesServer
from pipeline.kubeflow.server.refused import KubeflowRefused
from tests.pipeline.kubeflow.server.fake_pipelines_server import (
    API,
    FakePipelinesServer,
    Refusal,
    running,
)
from tests.serving.client.certificates import make_certificates

HEALTH = f"GET {API}/healthz"
PAGE = "<!doctype html>\n<title>Sign in</title>"


@pytest.fixture
def fake():
    with running(FakePipelinesServer()) as server:
        yield server


def refusal_of(host, **address):
    """What is said about a server; that it is one line is checked too."""
    with pytest.raises(KubeflowRefused) as refused:
        PipelinesServer(KubeflowAddress(host, **address))
    said = str(refused.value)
    assert "\n" not in said
    return said


@pytest.fixture
def closed_port():
    """A port on which nobody listens, kept from others meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_server_is_asked_once_what_it_is(fake):
    server = PipelinesServer(KubeflowAddress(fake.url + "/"))
    assert server.address.url == fake.url
    assert fake.asked == [HEALTH]


def test_nobody_listens(closed_port):
    host = f"http://127.0.0.1:{closed_port}"
    before = time.monotonic()
    assert refusal_of(host) == (
        f"no answer from {host} ([Errno 111] Connection refused): is the address right, "
        "is a port forwarded to it?"
    )
    assert time.monotonic() - before < 5


def test_a_name_that_nobody_has():
    said = refusal_of("http://kubeflow.invalid")
    assert said.startswith("no answer from http://kubeflow.invalid (")
    assert "object at" not in said


def test_a_server_that_never_answers(monkeypatch):
    assert pipelines_server.CONNECT_SECONDS + pipelines_server.FIRST_ANSWER_SECONDS <= 15
    monkeypatch.setattr(pipelines_server, "FIRST_ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        before = time.monotonic()
        assert refusal_of(host).startswith(f"no answer from {host} (timed out)")
    assert time.monotonic() - before < 5


def test_a_server_that_hangs_up():
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up():
            rude.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        host = f"http://127.0.0.1:{rude.getsockname()[1]}"
        assert refusal_of(host).startswith(f"no answer from {host} (")
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        Refusal(200, PAGE, "text/html"),
        Refusal(200, {"status": "ok"}),
        Refusal(200, [1]),
        Refusal(404, PAGE, "text/html"),
        Refusal(404, b"\xff\xfe", "application/octet-stream"),
        Refusal(405, "Method Not Allowed", "text/plain"),
    ],
)
def test_another_server(fake, answer):
    fake.refuse[HEALTH] = answer
    said = refusal_of(fake.url)
    assert said.startswith(f"what answers at {fake.url} is no Kubeflow Pipelines v2")
    assert fake.asked == [HEALTH]


def test_a_page_before_a_login(fake):
    fake.refuse[HEALTH] = Refusal(302, "", "text/html")
    fake.refuse["GET /login"] = Refusal(200, PAGE, "text/html")
    assert refusal_of(fake.url) == (
        f"{fake.url} sends to another page, as it does before a login: "
        "give a token with --token-file"
    )


@pytest.fixture
def moved(fake):
    """Serves at 127.0.0.1 and at localhost, and sends all requests on to the fake server."""

    class SendOn(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 - named by the base class
            self.send_response(301)
            self.send_header("Location", fake.url + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *message):
            pass

    with HTTPServer(("127.0.0.1", 0), SendOn) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_server_that_moved_is_asked_where_it_is_now(fake, moved):
    server = PipelinesServer(KubeflowAddress(f"http://127.0.0.1:{moved}"))
    path = "pipelines"
    server.make("the pipeline", path, "pipeline_id", {"display_name": "masks"})
    assert fake.asked == [HEALTH, f"POST {API}/{path}"]


def test_a_token_does_not_go_to_another_host(fake, moved):
    host = f"http://localhost:{moved}"
    assert refusal_of(host, token="secret") == f"{host} sends to {fake.url}: name that instead"
    assert fake.asked == [HEALTH]


def test_a_login_is_wanted(fake):
    fake.token = "secret"
    assert refusal_of(fake.url) == (
        f"{fake.url} wants a login (401): give a valid token with --token-file"
    )
    said = refusal_of(fake.url, token="stale")
    assert said == (
        f"{fake.url} does not take the token (401): give a valid token with --token-file"
    )
    assert "stale" not in repr(KubeflowAddress(fake.url, token="stale"))
    PipelinesServer(KubeflowAddress(fake.url, token="secret"))


def test_not_allowed(fake):
    fake.refuse[HEALTH] = Refusal(403, {"message": "RBAC: access\ndenied"})
    assert refusal_of(fake.url, namespace="studio") == (
        f"{fake.url} does not allow its health in namespace studio (403): RBAC: access denied"
    )


def test_a_broken_server_is_asked_once(fake):
    fake.refuse[HEALTH] = Refusal(503, "upstream connect error", "text/plain")
    said = refusal_of(fake.url)
    assert said == f"{fake.url} refused its health (503): upstream connect error"
    assert fake.asked == [HEALTH]


def test_several_users_need_a_namespace(fake):
    fake.multi_user = True
    assert refusal_of(fake.url) == (
        f"{fake.url} has several users: name your namespace with --namespace"
    )
    PipelinesServer(KubeflowAddress(fake.url, namespace="studio"))
    fake.multi_user = False
    assert refusal_of(fake.url, namespace="studio") == (
        f"{fake.url} has no namespaces for users: leave --namespace out"
    )


@pytest.mark.parametrize(
    "host", ["", "ftp://there", "http://", "http:// a", "http://a?b", "http://a:b", "/tmp"]
)
def test_no_address(host):
    assert refusal_of(host).startswith(f"{host!r} is no address such as https://")


def test_without_a_scheme_it_is_https():
    assert KubeflowAddress("kubeflow.example.com/pipeline/").url == (
        "https://kubeflow.example.com/pipeline"
    )


def test_an_authority_of_ones_own(tmp_path):
    made = make_certificates(tmp_path)

    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server_cert, made.server_key)

    class Server(HTTPServer):
        def get_request(self):
            connection, address = super().get_request()
            return context.wrap_socket(connection, server_side=True), address

        def handle_error(self, *args):
            pass

    with Server(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            host = f"127.0.0.1:{server.server_port}"
            said = refusal_of(host)
            PipelinesServer(KubeflowAddress(host, ca_file=made.ca))
        finally:
            server.shutdown()
            thread.join()
    assert said.startswith(f"https://{host} could not be trusted (")
    assert said.endswith("name its certificate authority with --ca-file")


def test_a_file_that_holds_no_certificates(tmp_path):
    file = tmp_path / "ca.pem"
    said = refusal_of("https://127.0.0.1:1", ca_file=file)
    assert said == f"{file} cannot be read: No such file or directory"
    file.write_bytes(b"nothing")
    assert refusal_of("https://127.0.0.1:1", ca_file=file) == f"{file} holds no certificates"
