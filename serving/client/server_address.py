"""Where a client finds its server, and what it speaks there."""

import contextlib
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from serving.client.tls import Tls

ServerProtocol = Literal["grpc", "rest"]

# The ports that TensorFlow Serving's documentation uses.
_USUAL: dict[ServerProtocol, str] = {"grpc": "127.0.0.1:8500", "rest": "127.0.0.1:8501"}


@dataclass(frozen=True)
class ServerAddress:
    """One server, as a client reaches it.

    Attributes:
        protocol: ``grpc`` or ``rest``.
        target: For gRPC a target such as ``host:port``; for REST a URL without a slash at its end.
        tls: How the connection is secured; None leaves it in the clear.
    """

    protocol: ServerProtocol
    target: str
    tls: Tls | None = None

    @classmethod
    def resolve(
        cls, target: str | None, protocol: ServerProtocol = "grpc", tls: Tls | None = None
    ) -> "ServerAddress":
        """Reads what a user gives.

        Args:
            target: ``host:port``, or a URL, which means REST; a path in it is put before
                TensorFlow Serving's own. None is this machine, at the usual port.
            protocol: What ``host:port`` speaks.
            tls: Certificates; an ``https`` URL without them trusts the public authorities.

        Raises:
            ValueError: The three do not fit together.
        """
        if protocol not in _USUAL:
            raise ValueError(f"protocol is {protocol!r}: use 'grpc' or 'rest'.")
        target = target or _USUAL[protocol]
        if "://" not in target:
            if protocol == "grpc":
                return cls("grpc", target, tls)
            target = f"{'http' if tls is None else 'https'}://{target}"
        scheme = _checked_scheme(target)
        if scheme == "http" and tls is not None:
            raise ValueError(f"{target} is not secured by TLS: write https, or give no tls.")
        if scheme == "https" and tls is None:
            tls = Tls()
        return cls("rest", target.rstrip("/"), tls)

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine: no proxy stands between."""
        if self.target.startswith("unix:"):
            return True
        host = urlsplit(self.target if "://" in self.target else f"//{self.target}").hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    def __str__(self) -> str:
        """Returns the target, as error texts name it."""
        return self.target


def _checked_scheme(target: str) -> str:
    with contextlib.suppress(ValueError):
        url = urlsplit(target)
        # Reading the port checks it.
        is_place = url.hostname and url.port != 0 and not url.query and not url.fragment
        if url.scheme in ("http", "https") and is_place:
            return url.scheme
    raise ValueError(
        f"{target} is no address of a model server: write HOST:PORT, or http(s)://HOST:PORT for "
        "REST."
    )
