"""The REST port: opening it, what else uses it, and closing it under load."""

import http.client
import socket
import threading

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.rest.rest_server import RestServer
from serving.server.server_options import ServerOptions
from serving.version_status import VersionState, VersionStatus

_PREDICT = "/v1/models/mask:predict"


class _Models:
    """Stands in for ServedModels; a prediction waits until it may go on, and fails."""

    def __init__(self):
        self.is_asked = threading.Event()
        self.may_go_on = threading.Event()

    def statuses(self, model_name, version=None):
        return [VersionStatus(1, VersionState.AVAILABLE)]

    def borrow(self, request):
        self.is_asked.set()
        self.may_go_on.wait(20)
        raise ServingError(StatusCode.NOT_FOUND, "gone")


@pytest.fixture
def server_of():
    servers = []

    def make(models=None, **options):
        options = ServerOptions(**{"rest_api_port": 0, **options})
        server = RestServer(models or _Models(), options, ServerMetrics())
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop(grace_s=1)


def _status(port, host="127.0.0.1", path="/v1/models/mask", method="GET"):
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request(method, path, "{}" if method == "POST" else None)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_free_port_is_told_once_it_is_open(server_of):
    server = server_of()
    assert server.port == 0
    server.start()
    assert _status(server.port) == 200


def test_a_port_of_ones_own(server_of, free_port):
    server = server_of(rest_api_port=free_port)
    server.start()
    assert server.port == free_port
    assert _status(free_port) == 200


def test_a_taken_port_is_refused(server_of):
    first = server_of()
    first.start()
    with pytest.raises(ServingError, match="Is the port taken") as caught:
        server_of(rest_api_port=first.port).start()
    assert caught.value.code is StatusCode.UNAVAILABLE
    assert f"127.0.0.1:{first.port}" in caught.value.message


def test_every_address_is_ipv4_too(server_of):
    server = server_of(host="[::]")
    server.start()
    assert _status(server.port) == 200
    if socket.has_dualstack_ipv6():
        assert _status(server.port, "::1") == 200


def test_small_answers_do_not_wait_for_acknowledgements(server_of):
    server = server_of()
    listener = server._listen()
    with listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_stopping_closes_the_port_and_idle_connections(server_of):
    server = server_of()
    server.start()
    idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    idle.request("GET", "/v1/models/mask")
    assert idle.getresponse().read()
    server.stop(grace_s=20)
    assert idle.sock.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        _status(server.port)


def test_a_running_request_is_answered_before_the_end(server_of):
    models = _Models()
    server = server_of(models)
    server.start()
    seen = []
    client = threading.Thread(
        target=lambda: seen.append(
            _status(server.port, path="/v1/models/mask:predict", method="POST")
        )
    )
    client.start()
    models.is_asked.wait(20)
    stopping = threading.Thread(target=server.stop, args=(20,))
    stopping.start()
    models.may_go_on.set()
    stopping.join(20)
    client.join(20)
    assert seen == [404]


def test_a_request_that_outlasts_the_grace_is_given_up(server_of):
    models = _Models()
    server = server_of(models)
    server.start()
    seen = []
    client = threading.Thread(
        target=lambda: seen.append(
            _status(server.port, path="/v1/models/mask:predict", method="POST")
        )
    )
    client.start()
    models.is_asked.wait(20)
    server.stop(grace_s=0.2)
    client.join(20)
    models.may_go_on.set()
    assert seen == [503]


def test_stopping_twice_or_unstarted_is_no_harm(server_of):
    server = server_of()
    server.stop()
    server.stop()
