"""What a Pusher is told of the key to sign with."""

from pathlib import Path

from components.atomic_pusher import PRIVATE_KEY
from pipeline.config import SigningConfig
from serving.signing.keys import fingerprint as key_fingerprint


def pusher_config(signing: SigningConfig) -> dict[str, str]:
    """Returns where the key lies, and which one it is.

    The latter since TFX caches by parameters: with another key in the same file it pushes anew.

    Args:
        signing: Names a private key, or none.

    Returns:
        A Pusher's ``custom_config``; empty without a key.

    Raises:
        UnusableKey: If the key cannot sign.
    """
    if not signing.private_key:
        return {}
    path = Path(signing.private_key).expanduser().absolute()
    return {PRIVATE_KEY: str(path), "key": key_fingerprint(path)}
