"""An authority, and the certificates it signs for a server and for a client."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Certificates:
    """PEM files: an authority, and what it signed for a server and for a client."""

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path


def make_certificates(folder: Path, server_name: str = "127.0.0.1") -> Certificates:
    """Writes the files; the server's certificate is for this address or host name."""
    try:
        name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(server_name))
    except ValueError:
        name = x509.DNSName(server_name)
    ca_key, server_key, client_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    authority = x509.BasicConstraints(ca=True, path_length=None)
    server_names = x509.SubjectAlternativeName([name])
    client_names = x509.SubjectAlternativeName([x509.DNSName("studio")])
    files = {
        "ca.pem": _signed("authority", ca_key, authority, ca_key),
        "server.pem": _signed("server", server_key, server_names, ca_key),
        "server.key": _pem(server_key),
        "client.pem": _signed("client", client_key, client_names, ca_key),
        "client.key": _pem(client_key),
    }
    for file, content in files.items():
        (folder / file).write_bytes(content)
    return Certificates(*(folder / file for file in files))


def _signed(name: str, key: _Key, extension: x509.ExtensionType, ca_key: _Key) -> bytes:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(extension, critical=name == "authority")
        .sign(ca_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: _Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
