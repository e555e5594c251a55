"""By what a model is told from all others, wherever its files are copied to."""

import hashlib
import os

from serving.rollback.files import ReadableFiles

_BLOCK = 2**20
_VARIABLES = "variables."


def model_digest(servable: str, files: ReadableFiles) -> str:
    """Returns the SHA-256 of a SavedModel's graph and weights, as 64 hex digits.

    It is what a model card states, and that of ``cat saved_model.pb variables/variables.* |
    sha256sum`` in its directory. What a push adds (warm-up requests, card, signature) does not
    count.

    Args:
        servable: The directory that holds ``saved_model.pb``.
        files: Where it lies.

    Raises:
        OSError: If there is no ``saved_model.pb``; of a URL a ``tf.errors.NotFoundError``.
    """
    variables = os.path.join(servable, "variables")
    names = sorted(str(name) for name in files.listdir(variables)) if files.isdir(variables) else []
    parts = [os.path.join(variables, name) for name in names if name.startswith(_VARIABLES)]
    digest = hashlib.sha256()
    for path in (os.path.join(servable, "saved_model.pb"), *parts):
        with files.open(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()
