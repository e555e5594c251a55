"""The key pair that models are signed with: an elliptic curve key in a PEM file.

Two commands of openssl make one, see docs/signing.md. Keys are looked at before any work starts:
one that cannot sign must not be found out after hours of fitting.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

# NIST P-256, P-384 and P-521: those that a Sigstore bundle can name.
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


class UnusableKey(ValueError):
    """A key file that cannot be used; the message says why and what to do."""


def fingerprint(private_key: Path) -> str:
    """Returns a digest by which a key pair is told from others, and which gives nothing away.

    Args:
        private_key: PEM file, without a password.

    Returns:
        The first 16 hex digits of the SHA-256 of the public key.

    Raises:
        UnusableKey: See ``check_public_key``; also if it is protected by a password.
    """
    from cryptography.hazmat.primitives import serialization

    key = _load(
        private_key, "private", lambda pem: serialization.load_pem_private_key(pem, password=None)
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(public).hexdigest()[:16]


def check_public_key(public_key: Path) -> None:
    """Makes sure that signatures can be checked with a key.

    Args:
        public_key: PEM file.

    Raises:
        UnusableKey: If it cannot be read, is no such key, or of another kind than an elliptic
            curve key on P-256, P-384 or P-521.
    """
    from cryptography.hazmat.primitives import serialization

    _load(public_key, "public", serialization.load_pem_public_key)


def _load(path: Path, kind: str, load: Callable[[bytes], Any]) -> Any:
    try:
        key = load(path.read_bytes())
    except OSError as error:
        raise UnusableKey(
            f"cannot read the {kind} key {path}: {error.strerror}; docs/signing.md says how to "
            "make one"
        ) from error
    except TypeError as error:
        raise UnusableKey(
            f"the {kind} key {path} is protected by a password; take one without, in a file that "
            "only its user can read"
        ) from error
    except Exception as error:
        # What is wrong with a file comes as ValueError, UnsupportedAlgorithm and more.
        raise UnusableKey(f"{path} holds no {kind} key in PEM format: {error}") from error
    curve = getattr(getattr(key, "curve", None), "name", "no elliptic curve")
    if curve not in _CURVES:
        raise UnusableKey(
            f"the {kind} key {path} is on {curve}; needed is one of {', '.join(_CURVES)}"
        )
    return key
