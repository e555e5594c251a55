"""The server's certificate and key, and whether clients must show theirs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SslOptions:
    """The fields of TensorFlow Serving's SSLConfig: PEM texts, not paths.

    Attributes:
        server_key: The server's private key.
        server_cert: Its certificate, followed by the chain if there is one.
        custom_ca: The certificates that clients' certificates are checked against.
        client_verify: Refuse clients that show no certificate signed by ``custom_ca`` (mTLS).
    """

    server_key: str
    server_cert: str
    custom_ca: str = ""
    client_verify: bool = False
