"""The server under test, and what tests ask it with.

Without options the suite exports its models and starts ``studio-mask serve --embedded`` on them.
``--server-command`` starts another program instead; ``--server`` and ``--rest`` point the suite at
a server that runs already. See README.md beside this file.
"""

import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2, predict_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.server.services.rpc_services import MODEL_SERVICE, PREDICTION_SERVICE
from tests.conformance import models
from tests.conformance.launched_server import LaunchedServer

_TIMEOUT_S = 30.0


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "which server tests/conformance asks")
    group.addoption("--server", metavar="HOST:PORT", help="gRPC address of a running server")
    group.addoption("--rest", metavar="HOST:PORT", help="REST address of the same server")
    group.addoption(
        "--models", metavar="DIR", help="what it serves, by python -m tests.conformance.models DIR"
    )
    group.addoption(
        "--server-command",
        metavar="COMMAND",
        help="program to start servers with (default: studio-mask serve --embedded)",
    )


@dataclass(frozen=True)
class Target:
    """The server that all tests ask that do not need one of their own.

    Attributes:
        grpc: Its gRPC address.
        rest: Its REST address; None where none was given.
    """

    grpc: str
    rest: str | None


@pytest.fixture(scope="session")
def is_our_own(pytestconfig) -> bool:
    """Whether the server under test is the embedded one, which leaves some things out."""
    return not (_option(pytestconfig, "server") or _option(pytestconfig, "server_command"))


@pytest.fixture(scope="session")
def server_command(pytestconfig) -> list[str]:
    """The program that servers are started with."""
    command = _option(pytestconfig, "server_command")
    if command:
        return shlex.split(command)
    if _option(pytestconfig, "server"):
        pytest.skip("needs a server of its own: name its program with --server-command")
    beside = shutil.which("studio-mask", path=str(Path(sys.executable).parent))
    program = beside or shutil.which("studio-mask")
    assert program, "studio-mask is not installed: install the project, or use --server-command"
    return [program, "serve", "--embedded", "--host", "127.0.0.1"]


@pytest.fixture(scope="session")
def exported(pytestconfig, tmp_path_factory) -> Path:
    """What ``tests.conformance.models`` exports; of a running server, what it serves."""
    given = _option(pytestconfig, "models")
    if given:
        return Path(given).resolve()
    directory = tmp_path_factory.mktemp("conformance").resolve()
    models.export(directory)
    return directory


@pytest.fixture(scope="session")
def served(pytestconfig, exported) -> Path:
    """The folder of the models under test, for tests that change something in it."""
    if _option(pytestconfig, "server") and not _option(pytestconfig, "models"):
        pytest.skip("needs the folder of models that the server serves: name it with --models")
    return exported / "served"


@pytest.fixture(scope="session")
def launch(server_command, tmp_path_factory) -> Iterator[Callable[..., LaunchedServer]]:
    """Starts servers by their command line, and ends them after the tests."""
    logs = tmp_path_factory.mktemp("logs")
    servers: list[LaunchedServer] = []

    def start(*flags: str, **settings: Any) -> LaunchedServer:
        log = logs / f"{len(servers)}.log"
        servers.append(LaunchedServer(server_command, flags, log, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.ask_to_stop()
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def target(pytestconfig, request) -> Target:
    """The server under test."""
    address = _option(pytestconfig, "server")
    if address:
        return Target(address, _option(pytestconfig, "rest"))
    server = request.getfixturevalue("launch")(*models.flags(request.getfixturevalue("exported")))
    server.wait_until_it_listens()
    return Target(f"127.0.0.1:{server.port}", f"127.0.0.1:{server.rest_port}")


@pytest.fixture(scope="session")
def open_channel() -> Iterator[Callable[[str], grpc.Channel]]:
    """Opens gRPC channels, and closes them after the tests."""
    channels = []
    options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)]

    def connect(address: str) -> grpc.Channel:
        channels.append(grpc.insecure_channel(address, options=options))
        return channels[-1]

    yield connect
    for channel in channels:
        channel.close()


@pytest.fixture(scope="session")
def open_rest() -> Iterator[Callable[[str], httpx.Client]]:
    """Opens HTTP clients, and closes them after the tests."""
    clients = []

    def connect(address: str) -> httpx.Client:
        client = httpx.Client(base_url=f"http://{address}", timeout=_TIMEOUT_S, trust_env=False)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def channel(target, open_channel) -> grpc.Channel:
    """A gRPC channel to the server under test."""
    return open_channel(target.grpc)


@pytest.fixture(scope="session")
def prediction_service(channel) -> SimpleNamespace:
    return PREDICTION_SERVICE.stub(channel)


@pytest.fixture(scope="session")
def model_service(channel) -> SimpleNamespace:
    return MODEL_SERVICE.stub(channel)


@pytest.fixture(scope="session")
def rest(target, open_rest) -> httpx.Client:
    """An HTTP client of the server under test."""
    if target.rest is None:
        pytest.skip("asks over REST: name the server's REST address with --rest")
    return open_rest(target.rest)


@pytest.fixture(scope="session")
def predict_request() -> Callable[..., predict_pb2.PredictRequest]:
    """Makes a Predict request; arrays become tensors."""

    def make(
        model: str = "half_plus_two",
        inputs: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        label: str | None = None,
        signature: str = "",
        outputs: tuple[str, ...] = (),
    ) -> predict_pb2.PredictRequest:
        request = predict_pb2.PredictRequest(output_filter=outputs)
        request.model_spec.name = model
        request.model_spec.signature_name = signature
        if version is not None:
            request.model_spec.version.value = version
        if label is not None:
            request.model_spec.version_label = label
        if inputs is None:
            inputs = {"x": np.float32([[1]])}
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        return request

    return make


@pytest.fixture(scope="session")
def predict(prediction_service, predict_request) -> Callable[..., predict_pb2.PredictResponse]:
    """Asks for a prediction over gRPC."""

    def ask(*args: Any, timeout: float = _TIMEOUT_S, **kwargs: Any) -> predict_pb2.PredictResponse:
        return prediction_service.Predict(predict_request(*args, **kwargs), timeout=timeout)

    return ask


@pytest.fixture(scope="session")
def refusal() -> Callable[..., tuple[str, str]]:
    """Makes a call that must fail, and returns its status code's name and its text."""

    def call(method: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, str]:
        with pytest.raises(grpc.RpcError) as caught:
            method(*args, **kwargs)
        return caught.value.code().name, caught.value.details()

    return call


@pytest.fixture(scope="session")
def states(model_service) -> Callable[[str], dict[int, str]]:
    """Asks for the states of a model's versions, in the order of the reply; of none if unknown."""

    def ask(model: str) -> dict[int, str]:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model
        try:
            reply = model_service.GetModelStatus(request, timeout=_TIMEOUT_S)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return {}
        return {
            row.version: get_model_status_pb2.ModelVersionStatus.State.Name(row.state)
            for row in reply.model_version_status
        }

    return ask


@pytest.fixture(scope="session")
def reload(model_service) -> Callable[..., model_management_pb2.ReloadConfigResponse]:
    """Gives the server another configuration."""

    def send(
        config: model_server_config_pb2.ModelServerConfig, timeout: float = _TIMEOUT_S
    ) -> model_management_pb2.ReloadConfigResponse:
        request = model_management_pb2.ReloadConfigRequest(config=config)
        return model_service.HandleReloadConfigRequest(request, timeout=timeout)

    return send


@pytest.fixture
def server_config(served, reload) -> Iterator[model_server_config_pb2.ModelServerConfig]:
    """The server's configuration, to be changed and sent; the server gets the old one back."""
    text = (served.parent / "model_config.txt").read_text()
    yield text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    reload(text_format.Parse(text, model_server_config_pb2.ModelServerConfig()))


@pytest.fixture(scope="session")
def push(exported) -> Callable[[str, Path], None]:
    """Puts a SavedModel of the library where a server finds it, all of it at once."""

    def push_to(source: str, destination: Path) -> None:
        destination.parent.mkdir(parents=True, exist_ok=True)
        partial = destination.with_name(f"{destination.name}.partial")
        shutil.copytree(exported / "library" / source, partial)
        partial.rename(destination)

    return push_to


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Waits until something is true."""

    def wait(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "it never became true"
            time.sleep(0.05)

    return wait


def _option(config: pytest.Config, name: str) -> str | None:
    """Returns an option; None where a run of all tests has met this file too late for it."""
    return config.getoption(name, default=None)
