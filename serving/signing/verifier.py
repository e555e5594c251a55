"""Refuses versions that were not signed with a key, or altered since.

The server calls this before it loads a version. What fails is not loaded, and the version before
it goes on serving.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from serving.errors import ServingError, StatusCode
from serving.signing.keys import UnusableKey, check_public_key
from serving.signing.signer import SIGNATURE_FILE, hashing_of_a_version

_MOST_NAMES = 5
_BLOCK = 2**20


def signature_verifier(public_key: Path) -> Callable[[Path], None]:
    """Returns a function that verifies a version's directory.

    It takes the directory, returns if the signature in it is right, and otherwise raises
    ServingError: FAILED_PRECONDITION if there is no signature or it is another key's, DATA_LOSS if
    a file was added, removed or changed (the text names it) or the signature itself is damaged.

    Args:
        public_key: PEM file of the elliptic curve key that versions are signed with.

    Raises:
        ServingError: INVALID_ARGUMENT if the key cannot be used.
    """
    _check_key(public_key)

    def verify(version: Path) -> None:
        # Again: the file may be gone, or be another one, when a version comes days later.
        _check_key(public_key)
        _verify(version, public_key)

    return verify


def _check_key(public_key: Path) -> None:
    try:
        check_public_key(public_key)
    except UnusableKey as error:
        raise ServingError(StatusCode.INVALID_ARGUMENT, str(error)) from error


def _verify(version: Path, public_key: Path) -> None:
    from cryptography.exceptions import InvalidSignature
    from model_signing import verifying

    signature = version / SIGNATURE_FILE
    if not signature.is_file():
        raise ServingError(
            StatusCode.FAILED_PRECONDITION,
            f"{version} is not signed: it holds no {SIGNATURE_FILE}. Push it anew with "
            "signing.private_key set, or serve without --require_signature.",
        )
    # Its own hashing, not the one that the signature asks for: nothing may be passed over.
    config = verifying.Config().set_hashing_config(hashing_of_a_version())
    config.use_elliptic_key_verifier(public_key=public_key)
    try:
        config.verify(version, signature)
    except InvalidSignature as error:
        raise ServingError(
            StatusCode.DATA_LOSS,
            f"{signature} was altered: it is not what the key {public_key} has signed.",
        ) from error
    except Exception as error:
        # Whatever else a damaged bundle may raise: what cannot be verified is not served.
        text = " ".join(str(error).split())
        if text.startswith("Key mismatch"):
            raise ServingError(
                StatusCode.FAILED_PRECONDITION,
                f"{version} is signed, but not with the key that {public_key} belongs to.",
            ) from error
        what = _differences(version, signature) or f"{type(error).__name__}: {text}"
        raise ServingError(
            StatusCode.DATA_LOSS, f"{version} is not as it was signed: {what}."
        ) from error


def _differences(version: Path, signature: Path) -> str:
    """Says which files differ from those that the signature lists; empty if it cannot be said.

    For the reader only: nothing is decided by it. (The library's own text quotes raw digests.)
    """
    try:
        payload = json.loads(signature.read_bytes())["dsseEnvelope"]["payload"]
        resources = json.loads(base64.b64decode(payload))["predicate"]["resources"]
        signed = {str(resource["name"]): resource["digest"] for resource in resources}
        found = {
            path.relative_to(version).as_posix(): _sha256(path)
            for path in sorted(version.rglob("*"))
            if path.is_file() and path != signature
        }
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    kinds = {
        "changed": [name for name in found if name in signed and found[name] != signed[name]],
        "missing": [name for name in signed if name not in found],
        "added": [name for name in found if name not in signed],
    }
    return "; ".join(f"{kind} {_named(names)}" for kind, names in kinds.items() if names)


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
