"""Ports, sockets, certificates and arguments of the gRPC side."""

import socket

import grpc
import pytest
from tensorflow_serving.apis import get_model_status_pb2

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.served_models import ServedModels
from serving.server.server_options import ServerOptions
from serving.server.services.grpc_server import GrpcServer
from serving.server.services.rpc_services import MODEL_SERVICE
from serving.server.ssl_options import SslOptions
from tests.serving.client.certificates import make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def ssl(certificates):
    """Makes what an ssl_config_file holds."""

    def make(**settings):
        return SslOptions(
            **{
                "server_key": certificates.server_key.read_text(),
                "server_cert": certificates.server_cert.read_text(),
                **settings,
            }
        )

    return make


@pytest.fixture
def open_server():
    """Opens servers without a model, and stops them after the test."""
    servers = []

    def start(**options):
        server_options, metrics = ServerOptions(**options), ServerMetrics()
        models = ServedModels(server_options, metrics)
        servers.append(GrpcServer(models, server_options, metrics))
        return servers[-1]

    yield start
    for server in servers:
        server.stop_accepting(1)
        server.wait()


def _ask(address, credentials=None):
    """Returns what the server says of a model that it does not have, or why it was not reached."""
    if credentials is None:
        channel = grpc.insecure_channel(address)
    else:
        channel = grpc.secure_channel(address, credentials)
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "nope"
    with channel, pytest.raises(grpc.RpcError) as caught:
        MODEL_SERVICE.stub(channel).GetModelStatus(request, timeout=10)
    return caught.value.code().name


def _credentials(certificates, with_own=False):
    return grpc.ssl_channel_credentials(
        certificates.ca.read_bytes(),
        certificates.client_key.read_bytes() if with_own else None,
        certificates.client_cert.read_bytes() if with_own else None,
    )


def test_a_free_port_is_taken_unless_one_is_named(open_server, free_port):
    server = open_server()
    assert _ask(f"127.0.0.1:{server.port}") == "NOT_FOUND"
    assert open_server(port=free_port).port == free_port


@pytest.mark.parametrize("with_ssl", [False, True])
def test_a_port_that_is_taken_is_an_error(open_server, ssl, with_ssl):
    taken = open_server().port
    with pytest.raises(ServingError, match=f"127.0.0.1:{taken}: is the port taken") as caught:
        open_server(port=taken, ssl=ssl() if with_ssl else None)
    assert caught.value.code is StatusCode.UNAVAILABLE


def test_a_unix_socket_is_listened_on_besides(open_server, tmp_path):
    server = open_server(grpc_socket_path=tmp_path / "socket")
    assert _ask(f"unix:{tmp_path}/socket") == "NOT_FOUND"
    assert _ask(f"127.0.0.1:{server.port}") == "NOT_FOUND"


def test_a_socket_that_cannot_be_made_is_an_error(open_server, tmp_path):
    with pytest.raises(ServingError, match=f"Cannot listen on unix:{tmp_path}/no/socket"):
        open_server(grpc_socket_path=tmp_path / "no" / "socket")


def test_with_a_certificate_only_encrypted_calls_are_answered(open_server, ssl, certificates):
    target = f"127.0.0.1:{open_server(ssl=ssl()).port}"
    assert _ask(target, _credentials(certificates)) == "NOT_FOUND"
    assert _ask(target) == "UNAVAILABLE"


def test_a_unix_socket_is_encrypted_too(open_server, ssl, certificates, tmp_path):
    open_server(ssl=ssl(), grpc_socket_path=tmp_path / "socket")
    assert _ask(f"unix:{tmp_path}/socket") == "UNAVAILABLE"


def test_clients_may_have_to_show_a_certificate(open_server, ssl, certificates):
    options = ssl(custom_ca=certificates.ca.read_text(), client_verify=True)
    target = f"127.0.0.1:{open_server(ssl=options).port}"
    assert _ask(target, _credentials(certificates, with_own=True)) == "NOT_FOUND"
    assert _ask(target, _credentials(certificates)) == "UNAVAILABLE"


def test_a_certificate_that_is_none_is_an_error(open_server, ssl):
    with pytest.raises(ServingError, match="the key or the certificate not what"):
        open_server(ssl=ssl(server_cert="no certificate"))


def test_clients_cannot_be_checked_without_an_authority(open_server, ssl):
    with pytest.raises(ServingError, match=r"ssl_config_file: .*root certificates") as caught:
        open_server(ssl=ssl(client_verify=True))
    assert caught.value.code is StatusCode.INVALID_ARGUMENT


def test_channel_arguments_reach_grpc(open_server):
    arguments = (("grpc.max_receive_message_length", 10),)
    server = open_server(grpc_channel_arguments=arguments)
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "longer than ten bytes"
    with (
        grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        MODEL_SERVICE.stub(channel).GetModelStatus(request, timeout=10)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_server_that_cannot_open_all_leaves_nothing_open(open_server, free_port, tmp_path):
    with pytest.raises(ServingError):
        open_server(port=free_port, grpc_socket_path=tmp_path / "no" / "socket")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", free_port))
