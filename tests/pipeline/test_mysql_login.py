"""Against a server that says what it is told to; real ones are in test_metadata_check.py."""

import contextlib
import hashlib
import socket
import struct
import threading

import pytest

from pipeline.mysql_login import LoginRefused, log_in

SALT = bytes(range(1, 21))
GREETING = (
    b"\x0a8.4.0\0"
    + struct.pack("<I", 7)
    + SALT[:8]
    + b"\0"
    + struct.pack("<HBHHB", 0xFFFF, 33, 2, 0xFFFF, 21)
    + bytes(10)
    + SALT[8:]
    + b"\0caching_sha2_password\0"
)


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


@pytest.fixture
def logged_in():
    """Logs in to a server that sends packets in turn; returns what the client sent."""
    with contextlib.ExitStack() as stack:

        def logged_in(*packets, password="secret"):
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            received = []

            def serve():
                with server.accept()[0] as connection:
                    for number, payload in enumerate(packets):
                        connection.sendall(packet(2 * number, payload))
                        if number + 1 < len(packets):
                            received.append(connection.recv(4096))

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                log_in(server.getsockname(), "ann", password, encrypted=False, seconds=5)
            finally:
                thread.join()
            return received

        yield logged_in


def proof(password, salt):
    once = hashlib.sha1(password).digest()
    both = hashlib.sha1(salt + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, both, strict=True))


def test_a_login(logged_in):
    [answer] = logged_in(GREETING, b"\x00\0\0")
    assert answer[36:] == b"ann\0\x14" + proof(b"secret", SALT) + b"mysql_native_password\0"
    [answer] = logged_in(GREETING, b"\x00\0\0", password="")
    assert answer[36:] == b"ann\0\0mysql_native_password\0"


def test_a_server_that_asks_once_more(logged_in):
    other = bytes(range(30, 50))
    switch = b"\xfemysql_native_password\0" + other + b"\0"
    _, second = logged_in(GREETING, switch, b"\x00\0\0")
    assert second == packet(3, proof(b"secret", other))


def test_an_account_that_logs_in_otherwise(logged_in):
    message = "'ann' logs in by caching_sha2_password, .*: give the account mysql_native_password"
    with pytest.raises(LoginRefused, match=message):
        logged_in(GREETING, b"\xfecaching_sha2_password\0" + SALT + b"\0")


@pytest.mark.parametrize(
    ("packets", "message"),
    [
        ((b"\xff\x10\x04Too many connections",), "^Too many connections$"),
        ((GREETING, b"\xff\x15\x04#28000Access denied for ann"), "^Access denied for ann$"),
        ((b"\x0a8.4.0\0",), "hung up"),
        ((b"\x0a8.4.0",), "no MySQL server"),
        ((b"HTTP",), "no MySQL server"),
        ((), "hung up"),
    ],
)
def test_a_refusal(logged_in, packets, message):
    with pytest.raises(LoginRefused, match=message):
        logged_in(*packets)
