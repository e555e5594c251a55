import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from serving.signing.keys import UnusableKey, check_public_key, fingerprint


def test_a_fingerprint_tells_key_pairs_apart(keys, key_pair):
    other = key_pair()
    assert len(fingerprint(keys.private)) == 16
    assert fingerprint(keys.private) == fingerprint(keys.private)
    assert fingerprint(keys.private) != fingerprint(other.private)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_curves_that_can_sign(key_pair, curve):
    pair = key_pair(curve)
    fingerprint(pair.private)
    check_public_key(pair.public)


def test_the_documented_commands_make_a_pair_that_works(tmp_path):
    for command in (
        "openssl ecparam -name prime256v1 -genkey -noout -out signing.key",
        "openssl ec -in signing.key -pubout -out signing.pub",
    ):
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    fingerprint(tmp_path / "signing.key")
    check_public_key(tmp_path / "signing.pub")


def test_other_curves_are_named(key_pair):
    pair = key_pair(ec.SECP256K1())
    with pytest.raises(UnusableKey, match=r"the private key .*signing\.key is on secp256k1; need"):
        fingerprint(pair.private)
    with pytest.raises(UnusableKey, match=r"the public key .*signing\.pub is on secp256k1; needed"):
        check_public_key(pair.public)


def test_a_key_of_another_kind(tmp_path):
    path = tmp_path / "rsa.key"
    path.write_bytes(
        rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(UnusableKey, match=r"rsa\.key is on no elliptic curve; needed is one of"):
        fingerprint(path)


def test_a_key_behind_a_password(tmp_path):
    path = tmp_path / "locked.key"
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(UnusableKey, match=r"locked\.key is protected by a password; take one with"):
        fingerprint(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnusableKey, match=r"cannot read the private key .*no\.key: No such file"):
        fingerprint(tmp_path / "no.key")
    with pytest.raises(UnusableKey, match=r"cannot read the public key .*: Is a directory"):
        check_public_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN PUBLIC KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UnusableKey, match="file holds no private key in PEM format: "):
        fingerprint(path)
    with pytest.raises(UnusableKey, match="file holds no public key in PEM format: "):
        check_public_key(path)


def test_the_two_halves_are_not_mixed_up(keys):
    with pytest.raises(UnusableKey, match=r"signing\.pub holds no private key"):
        fingerprint(keys.public)
    with pytest.raises(UnusableKey, match=r"signing\.key holds no public key"):
        check_public_key(keys.private)
