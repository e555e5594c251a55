"""How a client proves a server's identity, and its own.

gRPC and HTTP take the same PEM files in different forms. Both forms come from here, and both are
checked by the same library first, so that a bad file is the same error on either.
"""

import functools
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from serving.client.errors import TlsFailed

if TYPE_CHECKING:
    import grpc


@dataclass(frozen=True)
class Tls:
    """What a client needs for TLS, and with a certificate of its own for mTLS.

    Attributes:
        ca_file: PEM file of the authorities that may have signed the server's certificate; None
            trusts the public ones that gRPC and httpx bring.
        client_cert_file: PEM file of the certificate the server asks for (mTLS), intermediate
            ones after it; needs ``client_key_file``.
        client_key_file: PEM file of its private key, not encrypted.
        server_name: The name that the server's certificate must hold; None takes it from the
            address. For a server that is reached through another name than its certificate's.
    """

    ca_file: str | Path | None = None
    client_cert_file: str | Path | None = None
    client_key_file: str | Path | None = None
    server_name: str | None = None

    def __post_init__(self) -> None:
        """Refuses a certificate without its key, and a key without its certificate."""
        if (self.client_cert_file is None) != (self.client_key_file is None):
            raise ValueError(
                "client_cert_file and client_key_file belong together: give both or none."
            )

    def ssl_context(self) -> ssl.SSLContext:
        """Returns what httpx takes.

        Raises:
            TlsFailed: A file cannot be read, or is not what it should be.
        """
        import httpx

        # Its default trusts certifi's authorities, and obeys SSL_CERT_FILE.
        context = httpx.create_ssl_context() if self.ca_file is None else self._context()
        self._load_client_certificate(context)
        return context

    def grpc_credentials(self) -> "grpc.ChannelCredentials":
        """Returns what a gRPC channel takes.

        Raises:
            TlsFailed: A file cannot be read, or is not what it should be.
        """
        import grpc

        # gRPC itself says nothing about a bad file before the first request fails.
        self._load_client_certificate(self._context())
        return grpc.ssl_channel_credentials(
            root_certificates=_content(self.ca_file),
            private_key=_content(self.client_key_file),
            certificate_chain=_content(self.client_cert_file),
        )

    def _context(self) -> ssl.SSLContext:
        """Returns a context that trusts the CA file, and nobody else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca_file is not None:
            try:
                context.load_verify_locations(self.ca_file)
            except OSError as error:
                raise _unusable(f"the CA file {self.ca_file}", error) from error
        return context

    def _load_client_certificate(self, context: ssl.SSLContext) -> None:
        if self.client_cert_file is None or self.client_key_file is None:
            return
        try:
            # A password, so that an encrypted key fails instead of asking at the terminal.
            load = functools.partial(context.load_cert_chain, password="")
            load(self.client_cert_file, self.client_key_file)
        except OSError as error:
            files = f"{self.client_cert_file} with the key {self.client_key_file}"
            raise _unusable(f"the client certificate {files}", error) from error


def _content(file: str | Path | None) -> bytes | None:
    return None if file is None else Path(file).read_bytes()


def _unusable(what: str, error: OSError) -> TlsFailed:
    # An SSLError is an OSError, and its strerror a line of OpenSSL's.
    return TlsFailed(
        f"Cannot use {what}: name readable PEM files that belong together, the key not encrypted. "
        f"({error.strerror or error})"
    )
