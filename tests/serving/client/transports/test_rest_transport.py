"""What is particular to REST: deadlines over every step, and connections that are kept."""

import contextlib
import socket
import threading
import time

import pytest

from serving import MaskClient
from serving.client.errors import RequestTimedOut
from tests.serving.client.fake_servers import PNG_START

_REPLY = b'{"outputs": [{"b64": "YQ=="}]}'
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
def raw_server():
    """Starts a server that hands each connection to a function, and returns its address."""
    with contextlib.ExitStack() as stack:

        def start(converse):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def accept():
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listening.accept()
                        with connection:
                            converse(connection)

            thread = threading.Thread(target=accept)
            stack.callback(thread.join)
            stack.callback(listening.shutdown, socket.SHUT_RDWR)
            thread.start()
            return f"http://127.0.0.1:{listening.getsockname()[1]}"

        yield start


def _read_request(connection):
    """Reads a request; returns False where there is none any more."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(2**16)
        if not more:
            return False
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    [length] = [int(line[15:]) for line in head.split(b"\r\n") if line[:15] == b"Content-Length:"]
    while len(body) < length:
        body += connection.recv(2**20)
    return True


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_reply_that_trickles_in_does_not_outlast_the_deadline(raw_server, ask, part):
    ended = threading.Event()

    def converse(connection):
        _read_request(connection)
        head = _HEAD % len(_REPLY)
        slow = head + _REPLY
        if part == "body":
            connection.sendall(head)
            slow = _REPLY
        with contextlib.suppress(OSError):
            for place in range(len(slow)):
                if ended.wait(0.3):
                    return
                connection.sendall(slow[place : place + 1])

    target = raw_server(converse)
    started = time.monotonic()
    try:
        with pytest.raises(RequestTimedOut, match=r"within 0\.4 s"):
            ask(target, "mask", PNG_START, timeout_s=0.4)
        assert time.monotonic() - started < 6
    finally:
        ended.set()


def test_a_photograph_that_leaves_slowly_does_not_outlast_the_deadline(raw_server, ask):
    ended = threading.Event()

    def converse(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**12)
        with contextlib.suppress(OSError):
            while not ended.wait(0.05):
                connection.recv(2**12)

    target = raw_server(converse)
    started = time.monotonic()
    try:
        with pytest.raises(RequestTimedOut, match=r"within 0\.5 s"):
            ask(target, "mask", PNG_START + bytes(2**23), timeout_s=0.5)
        assert time.monotonic() - started < 8
    finally:
        ended.set()


def test_a_connection_is_used_again_and_a_broken_one_replaced(raw_server):
    conversations = []

    def converse(connection):
        conversations.append(0)
        # Hangs up after two requests, without a word.
        while conversations[-1] < 2 and _read_request(connection):
            conversations[-1] += 1
            connection.sendall(_HEAD % len(_REPLY) + _REPLY)

    with MaskClient(raw_server(converse)) as client:
        assert [client.mask(PNG_START) for _ in range(5)] == [b"a"] * 5
    assert conversations == [2, 2, 1]


def test_an_environment_s_proxy_does_not_stand_before_this_machine(raw_server, monkeypatch, ask):
    def converse(connection):
        _read_request(connection)
        connection.sendall(_HEAD % len(_REPLY) + _REPLY)

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert ask(raw_server(converse), "mask", PNG_START) == b"a"
