"""Clients of each kind, and servers that answer them what a test says."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serving import AsyncMaskClient, MaskClient
from tests.serving.client.certificates import Certificates, make_certificates
from tests.serving.client.fake_servers import FakeGrpc, FakeRest, Script


@pytest.fixture(params=["grpc", "rest"])
def protocol(request) -> str:
    """What the test's servers and clients speak."""
    return request.param


@pytest.fixture(params=["sync", "asyncio"])
def ask(request) -> Callable[..., Any]:
    """Asks with a client of each kind: ``ask(target, "mask", photograph, timeout_s=1)``."""

    def ask_sync(target, method, *arguments, **settings):
        with MaskClient(target, **settings) as client:
            return getattr(client, method)(*arguments)

    def ask_async(target, method, *arguments, **settings):
        async def run():
            async with AsyncMaskClient(target, **settings) as client:
                answer = getattr(client, method)(*arguments)
                assert inspect.isawaitable(answer)
                return await answer

        return asyncio.run(run())

    return ask_sync if request.param == "sync" else ask_async


@pytest.fixture
def fake_server(protocol) -> Iterator[Callable[..., str]]:
    """Starts a server of a script, and returns its address."""
    servers = []

    def start(script, **settings) -> str:
        kind = FakeGrpc if protocol == "grpc" else FakeRest
        servers.append(kind(script, **settings))
        return servers[-1].target

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def _shared_servers() -> Iterator[dict[str, tuple[FakeGrpc | FakeRest, Script]]]:
    scripts = {"grpc": Script(), "rest": Script()}
    servers = {
        "grpc": (FakeGrpc(scripts["grpc"]), scripts["grpc"]),
        "rest": (FakeRest(scripts["rest"]), scripts["rest"]),
    }
    yield servers
    for server, _ in servers.values():
        server.stop()


@pytest.fixture
def answering(protocol, _shared_servers) -> Callable[..., str]:
    """Makes a server that all tests share give this reply, and returns its address."""

    def answer(reply) -> str:
        server, script = _shared_servers[protocol]
        script.replies = [reply]
        return server.target

    return answer


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Certificates:
    """Certificates for a server that is reached as 127.0.0.1."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
