"""Key pairs as openssl writes them, and a version's directory to sign."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


class KeyPair(NamedTuple):
    private: Path
    public: Path


@pytest.fixture(scope="session")
def key_pair(tmp_path_factory) -> Callable[..., KeyPair]:
    """Makes a new key pair."""

    def make(curve: ec.EllipticCurve | None = None) -> KeyPair:
        folder = tmp_path_factory.mktemp("keys")
        pair = KeyPair(folder / "signing.key", folder / "signing.pub")
        key = ec.generate_private_key(curve or ec.SECP256R1())
        pair.private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        pair.public.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        return pair

    return make


@pytest.fixture(scope="session")
def keys(key_pair) -> KeyPair:
    """The key pair of most tests."""
    return key_pair()


@pytest.fixture
def version(tmp_path) -> Path:
    """A version's directory, with a subdirectory and a hidden file."""
    directory = tmp_path / "mask" / "17"
    (directory / "variables").mkdir(parents=True)
    (directory / "saved_model.pb").write_bytes(b"graph")
    (directory / "variables" / "variables.index").write_bytes(b"index")
    (directory / ".hidden").write_bytes(b"hidden")
    return directory
