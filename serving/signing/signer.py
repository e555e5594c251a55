"""Signs a version's directory as the OpenSSF Model Signing specification says.

The signature is a Sigstore bundle around an in-toto statement with the SHA-256 of every file, so
that any tool of that specification can verify it. It lies in the directory itself and is pushed
with it; TensorFlow Serving passes over files that it does not know.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from model_signing import hashing

SIGNATURE_FILE: Final = "model.sig"


def sign_version(version: Path, private_key: Path) -> Path:
    """Signs all files of a version's directory, those in its subdirectories too.

    Args:
        version: The directory; an older signature in it is replaced.
        private_key: PEM file, see ``serving.signing.keys``.

    Returns:
        The signature's file, ``version / SIGNATURE_FILE``.

    Raises:
        ValueError: If the directory holds a link (what it points to could change later), or the
            key cannot be used.
        OSError: If a file cannot be read or the signature not be written.
    """
    # Takes half a second to import, and more on a busy machine: only where a model is signed.
    from model_signing import signing

    signature = version / SIGNATURE_FILE
    config = signing.Config().set_hashing_config(hashing_of_a_version())
    config.use_elliptic_key_signer(private_key=private_key).sign(version, signature)
    return signature


def hashing_of_a_version() -> "hashing.Config":
    """Returns which files count: all but the signature, those of git too."""
    from model_signing import hashing

    return hashing.Config().set_ignored_paths(paths=[SIGNATURE_FILE], ignore_git_paths=False)
