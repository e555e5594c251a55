"""The container's health check, against the embedded server and against other states of it."""

import json
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture
def check(deploy):
    """Runs the script, and returns its exit status."""

    def run(port, *model_name):
        script = deploy / "healthcheck.sh"
        return subprocess.run(
            [script, str(port), *model_name], check=False, capture_output=True, timeout=20
        ).returncode

    return run


@pytest.fixture
def serve_states():
    """Starts a server that gives a model's versions these states."""
    servers = []

    def start(*states, http_status=200):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                rows = [{"version": str(n), "state": state} for n, state in enumerate(states)]
                body = json.dumps({"model_version_status": rows, "path": self.path}).encode()
                self.send_response(http_status if self.path == "/v1/models/mask" else 404)
                self.end_headers()
                self.wfile.write(body if self.path == "/v1/models/mask" else b"{}")

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        return server.server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("states", "is_healthy"),
    [
        (["AVAILABLE"], True),
        (["LOADING", "AVAILABLE", "END"], True),
        (["LOADING"], False),
        (["END"], False),
        ([], False),
    ],
)
def test_it_passes_if_a_version_is_available(check, serve_states, states, is_healthy):
    assert (check(serve_states(*states)) == 0) == is_healthy


def test_it_asks_for_the_model_it_is_told(check, serve_states):
    port = serve_states("AVAILABLE")
    assert check(port, "mask") == 0
    assert check(port, "other") != 0


def test_it_fails_where_nobody_listens(check, free_port):
    assert check(free_port) != 0


def test_it_understands_the_server(check, serve, affine_models):
    server = serve(affine_models[1], model_name="mask", rest_api_port=0)
    assert check(server.rest_port, "mask") == 0
    assert check(server.rest_port, "nope") != 0
