"""Tells whether a version already bears a key's signature, for whoever could sign it with that."""

import tempfile
from pathlib import Path

from serving.errors import ServingError
from serving.signing.verifier import signature_verifier


def is_signed_with(version: Path, private_key: Path) -> bool:
    """Returns whether the signature in a version's directory is right, and of this key.

    Args:
        version: The directory.
        private_key: PEM file, see ``serving.signing.keys``.

    Raises:
        OSError: If the key cannot be read.
        ValueError: If it is none.
    """
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(private_key.read_bytes(), password=None)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with tempfile.NamedTemporaryFile(prefix="signing", suffix=".pub") as file:
        file.write(public)
        file.flush()
        try:
            signature_verifier(Path(file.name))(version)
        except ServingError:
            return False
    return True
