"""Asks a MySQL or MariaDB server why it lets nobody in: ML Metadata's client does not say.

All it reports, whatever the cause, is ``errno: , error: ``. The packets are those of
https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html.
"""

import hashlib
import socket
import ssl
import struct

_NATIVE = "mysql_native_password"
# LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH.
_CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000
_SSL = 0x800
_OK, _SWITCH, _ERROR = 0x00, 0xFE, 0xFF
_UTF8 = 33


class LoginRefused(Exception):
    """What the server said, or what came instead of an answer."""


def log_in(
    address: tuple[str, int] | str, user: str, password: str, encrypted: bool, seconds: float
) -> None:
    """Logs in the way ML Metadata's client does, and leaves again.

    Args:
        address: Host and port, or the path of a socket.
        user: Name.
        password: The same; may be empty.
        encrypted: Whether to talk TLS; no certificate is checked.
        seconds: Patience with each answer.

    Raises:
        LoginRefused: If that fails.
    """
    try:
        with _connected(address, seconds) as connection:
            _log_in(connection, user, password, encrypted)
    except (BrokenPipeError, ConnectionResetError, EOFError) as error:
        # Which of them is chance: whether the server had read what was sent before it left.
        raise LoginRefused("it hung up") from error
    except OSError as error:
        raise LoginRefused(str(error) or type(error).__name__) from error
    except (IndexError, struct.error, ValueError) as error:
        raise LoginRefused("what answers there is no MySQL server") from error


def _connected(address: tuple[str, int] | str, seconds: float) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address, seconds)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(seconds)
    connection.connect(address)
    return connection


def _log_in(connection: socket.socket, user: str, password: str, encrypted: bool) -> None:
    number, greeting = _receive(connection)
    if greeting[0] == _ERROR:
        raise LoginRefused(greeting[3:].decode(errors="replace"))
    if greeting[0] != 10:
        raise LoginRefused("what answers there is no MySQL server")
    rest = greeting[greeting.index(b"\0", 1) + 1 :]
    salt = rest[4:12] + rest[31:43]
    head = struct.pack("<IIB23x", _CAPABILITIES | (_SSL if encrypted else 0), 1 << 24, _UTF8)
    if not encrypted:
        _prove(connection, number + 1, head, user, password, salt)
        return
    _send(connection, number + 1, head)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(connection) as secret:
        _prove(secret, number + 2, head, user, password, salt)


def _prove(
    connection: socket.socket, number: int, head: bytes, user: str, password: str, salt: bytes
) -> None:
    proof = _proof(password, salt)
    account = user.encode() + b"\0" + bytes([len(proof)]) + proof + _NATIVE.encode() + b"\0"
    _send(connection, number, head + account)
    number, answer = _receive(connection)
    if answer[0] == _SWITCH:
        plugin, _, salt = answer[1:].partition(b"\0")
        if plugin.decode() != _NATIVE:
            raise LoginRefused(
                f"user {user!r} logs in by {plugin.decode()}, which ML Metadata's client does not "
                f"know: give the account {_NATIVE}"
            )
        _send(connection, number + 1, _proof(password, salt[:20]))
        _, answer = _receive(connection)
    if answer[0] == _ERROR:
        # Error number and, after a #, five signs of SQL state.
        raise LoginRefused(answer[9:].decode(errors="replace"))
    if answer[0] != _OK:
        raise LoginRefused(f"the server asks for more than a password ({answer[0]:#x})")


def _proof(password: str, salt: bytes) -> bytes:
    """Returns SHA1(password) XOR SHA1(salt + SHA1(SHA1(password))); nothing for no password."""
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    mixed = hashlib.sha1(salt + hashlib.sha1(once).digest()).digest()
    return bytes(one ^ other for one, other in zip(once, mixed, strict=True))


def _send(connection: socket.socket, number: int, payload: bytes) -> None:
    connection.sendall(struct.pack("<I", len(payload))[:3] + bytes([number]) + payload)


def _receive(connection: socket.socket) -> tuple[int, bytes]:
    """Returns a packet's number and what is in it."""
    head = _exactly(connection, 4)
    return head[3], _exactly(connection, int.from_bytes(head[:3], "little"))


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        more = connection.recv(count - len(received))
        if not more:
            raise EOFError
        received += more
    return received
