"""Reads the file of ``--ssl_config_file``: the server's certificate and key."""

import os

from serving.errors import ServingError, StatusCode
from serving.server.ssl_options import SslOptions
from serving.server.text_proto import message_type, read_text_proto

_MESSAGE = message_type(
    "SSLConfig",
    {
        "server_key": "string",
        "server_cert": "string",
        "custom_ca": "string",
        "client_verify": "bool",
    },
)


def read_ssl_config(path: str | os.PathLike[str]) -> SslOptions:
    r"""Reads an SSLConfig in text format.

    Its fields hold PEM texts, not paths; a line of a PEM file becomes ``"...\n"``.

    Args:
        path: The file.

    Returns:
        Certificate, key, and whether clients must show a certificate.

    Raises:
        ServingError: The file cannot be read, or names no key, no certificate, or no authority to
            check clients against.
    """
    message = read_text_proto(path, _MESSAGE)
    for name in ("server_key", "server_cert"):
        if not getattr(message, name):
            raise ServingError(
                StatusCode.INVALID_ARGUMENT, f"{path} has no {name}: give its PEM text."
            )
    if message.client_verify and not message.custom_ca:
        raise ServingError(
            StatusCode.INVALID_ARGUMENT,
            f"{path} has client_verify but no custom_ca: give the PEM text of the certificates "
            "that clients' certificates are signed with.",
        )
    return SslOptions(
        server_key=message.server_key,
        server_cert=message.server_cert,
        custom_ca=message.custom_ca,
        client_verify=message.client_verify,
    )
