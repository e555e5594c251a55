"""TLS and mTLS, the same over gRPC and REST, from threads and from an event loop."""

import dataclasses

import pytest
from cryptography.hazmat.primitives import serialization

from serving import Tls
from serving.client.errors import ServerUnavailable, TlsFailed
from tests.serving.client.certificates import make_certificates
from tests.serving.client.fake_servers import PNG_START, Script

_WANTS_CERTIFICATE = "closed the connection: .* whether it wants TLS or a certificate of the client"


@pytest.fixture
def mutual(certificates) -> Tls:
    return Tls(certificates.ca, certificates.client_cert, certificates.client_key)


@pytest.mark.parametrize("as_text", [False, True])
def test_a_server_that_proves_who_it_is(fake_server, ask, certificates, as_text):
    target = fake_server(Script(), certificates=certificates)
    tls = Tls(str(certificates.ca) if as_text else certificates.ca)
    assert ask(target, "mask", PNG_START, tls=tls) == PNG_START


def test_both_prove_who_they_are(fake_server, ask, certificates, mutual):
    target = fake_server(Script(), certificates=certificates, mtls=True)
    assert ask(target, "mask", PNG_START, tls=mutual) == PNG_START


def test_an_authority_that_is_not_trusted(fake_server, ask, certificates, tmp_path):
    target = fake_server(Script(), certificates=certificates)
    tls = Tls(make_certificates(tmp_path).ca)
    with pytest.raises(TlsFailed, match=f"^No TLS connection to {target}: check the CA file"):
        ask(target, "mask", PNG_START, tls=tls, retries=0)


def test_the_public_authorities_do_not_know_it(fake_server, ask, certificates):
    target = fake_server(Script(), certificates=certificates)
    with pytest.raises(TlsFailed, match="^No TLS connection to "):
        ask(target, "mask", PNG_START, tls=Tls(), retries=0)


def test_a_certificate_for_another_name(fake_server, ask, tmp_path):
    elsewhere = make_certificates(tmp_path, "masks.studio")
    target = fake_server(Script(), certificates=elsewhere)
    with pytest.raises(TlsFailed, match="^No TLS connection to "):
        ask(target, "mask", PNG_START, tls=Tls(elsewhere.ca), retries=0)
    named = Tls(elsewhere.ca, server_name="masks.studio")
    assert ask(target, "mask", PNG_START, tls=named) == PNG_START


def test_a_client_without_the_certificate_it_is_asked_for(fake_server, ask, certificates):
    script = Script()
    target = fake_server(script, certificates=certificates, mtls=True)
    with pytest.raises(ServerUnavailable, match=_WANTS_CERTIFICATE):
        ask(target, "mask", PNG_START, tls=Tls(certificates.ca), retries=0)
    assert script.asked == []


def test_a_client_that_another_authority_signed(fake_server, ask, certificates, tmp_path):
    other = make_certificates(tmp_path)
    script = Script()
    target = fake_server(script, certificates=certificates, mtls=True)
    tls = Tls(certificates.ca, other.client_cert, other.client_key)
    with pytest.raises(ServerUnavailable, match=_WANTS_CERTIFICATE):
        ask(target, "mask", PNG_START, tls=tls, retries=0)
    assert script.asked == []


def test_a_server_without_tls(fake_server, ask, certificates):
    target = fake_server(Script()).replace("http://", "https://")
    with pytest.raises(TlsFailed, match="^No TLS connection to "):
        ask(target, "mask", PNG_START, tls=Tls(certificates.ca), retries=0)


def test_a_server_with_tls_and_a_client_without(fake_server, ask, certificates):
    target = fake_server(Script(), certificates=certificates).replace("https://", "http://")
    with pytest.raises(ServerUnavailable, match=_WANTS_CERTIFICATE):
        ask(target, "mask", PNG_START, retries=0)


@pytest.mark.parametrize("field", ["ca_file", "client_cert_file", "client_key_file"])
@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_that_cannot_be_used_is_named(ask, protocol, mutual, tmp_path, field, content):
    bad = tmp_path / "bad.pem"
    if content is not None:
        bad.write_bytes(content)
    tls = dataclasses.replace(mutual, **{field: bad})
    with pytest.raises(TlsFailed, match=rf"^Cannot use .*{bad}.*: name readable PEM files"):
        ask("127.0.0.1:1", "mask", PNG_START, protocol=protocol, tls=tls)


def test_a_key_that_belongs_to_another_certificate(ask, protocol, mutual, tmp_path):
    other = make_certificates(tmp_path)
    tls = dataclasses.replace(mutual, client_key_file=other.client_key)
    with pytest.raises(TlsFailed, match="that belong together"):
        ask("127.0.0.1:1", "mask", PNG_START, protocol=protocol, tls=tls)


def test_an_encrypted_key_is_refused_and_not_asked_for(ask, protocol, mutual, tmp_path):
    key = serialization.load_pem_private_key(mutual.client_key_file.read_bytes(), None)
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    tls = dataclasses.replace(mutual, client_key_file=encrypted)
    with pytest.raises(TlsFailed, match="the key not encrypted"):
        ask("127.0.0.1:1", "mask", PNG_START, protocol=protocol, tls=tls)


@pytest.mark.parametrize("field", ["client_cert_file", "client_key_file"])
def test_a_certificate_needs_its_key(mutual, field):
    with pytest.raises(ValueError, match="belong together: give both or none"):
        dataclasses.replace(mutual, **{field: None})
