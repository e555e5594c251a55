import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from serving.signing.signer import sign_version

DIGESTS = {
    ".hidden": hashlib.sha256(b"hidden").hexdigest(),
    "saved_model.pb": hashlib.sha256(b"graph").hexdigest(),
    "variables/variables.index": hashlib.sha256(b"index").hexdigest(),
}


def envelope_of(signature):
    return json.loads(signature.read_text())["dsseEnvelope"]


def statement_of(signature):
    return json.loads(base64.b64decode(envelope_of(signature)["payload"]))


def test_every_file_is_in_the_statement(version, keys):
    signature = sign_version(version, keys.private)
    assert signature == version / "model.sig"
    statement = statement_of(signature)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"][0]["name"] == "17"
    resources = statement["predicate"]["resources"]
    assert {each["name"]: each["digest"] for each in resources} == DIGESTS


def test_the_signature_is_ecdsa_of_the_envelopes_encoding(version, keys, key_pair):
    # https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md
    envelope = envelope_of(sign_version(version, keys.private))
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])

    def verify(pair):
        key = serialization.load_pem_public_key(pair.public.read_bytes())
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))

    verify(keys)
    with pytest.raises(InvalidSignature):
        verify(key_pair())


def test_signing_anew_replaces_the_signature(version, keys):
    sign_version(version, keys.private)
    (version / "assets").mkdir()
    (version / "assets" / "more").write_bytes(b"more")
    resources = statement_of(sign_version(version, keys.private))["predicate"]["resources"]
    names = [each["name"] for each in resources]
    assert names == [".hidden", "assets/more", "saved_model.pb", "variables/variables.index"]


def test_the_private_key_is_not_in_the_signature(version, keys):
    signature = sign_version(version, keys.private).read_text()
    secret = keys.private.read_text().splitlines()[1]
    assert secret not in signature
    assert base64.b64decode(secret + "==").hex() not in signature


def test_a_link_is_not_signed(version, keys, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"may change")
    (version / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="link' because it is a symlink"):
        sign_version(version, keys.private)
    assert not (version / "model.sig").exists()


def test_a_key_that_is_gone(version, tmp_path):
    with pytest.raises(FileNotFoundError):
        sign_version(version, tmp_path / "no.key")
    assert not (version / "model.sig").exists()
