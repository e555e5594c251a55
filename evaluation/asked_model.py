"""Models as an evaluation asks them: bytes of a photograph in, bytes of a mask out."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import numpy as np

from serving.server.servable import Servable
from serving.server.versions.model_directory import version_directories
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES, PROBABILITY


class AskedModel(Protocol):
    """Something that masks photographs. Threads may ask at the same time."""

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Height and width that the model sees, pixels; None where it does not say."""

    def reply(self, image: bytes) -> bytes:
        """Returns the mask's PNG file; raises whatever went wrong."""

    def has_finite_probabilities(self, image: bytes) -> bool:
        """Says whether all probabilities behind the mask are numbers; True where nobody knows."""

    def close(self) -> None:
        """Frees what the model holds."""


class ServableModel(AbstractContextManager["ServableModel"]):
    """A SavedModel, loaded as TensorFlow Serving loads it."""

    def __init__(self, servable: Servable) -> None:
        """Takes over a loaded servable; use ``load``."""
        self._servable = servable

    @classmethod
    def load(cls, path: str) -> "ServableModel":
        """Loads a SavedModel.

        Args:
            path: Its directory, or a folder of numbered versions, of which the newest is taken.

        Raises:
            serving.errors.ServingError: If it cannot be loaded.
        """
        # TensorFlow's own threads: one thread per request was slower, alone and side by side.
        return cls(Servable.load(_newest_version(path)))

    @property
    def input_size(self) -> tuple[int, int] | None:
        """See ``AskedModel``."""
        signature = self._servable.signatures.get(PROBABILITY)
        if signature is None or PROBABILITY not in signature.outputs:
            return None
        sizes = [dim.size for dim in signature.outputs[PROBABILITY].tensor_shape.dim]
        return (sizes[1], sizes[2]) if len(sizes) == 3 and min(sizes[1:]) > 0 else None

    def reply(self, image: bytes) -> bytes:
        """See ``AskedModel``."""
        return self._servable.predict({IMAGE_BYTES: _batch_of_one(image)})[MASK_PNG_BYTES][0]

    def has_finite_probabilities(self, image: bytes) -> bool:
        """See ``AskedModel``."""
        if PROBABILITY not in self._servable.signatures:
            return True
        reply = self._servable.predict({IMAGE_BYTES: _batch_of_one(image)}, PROBABILITY)
        return bool(np.isfinite(reply[PROBABILITY]).all())

    def close(self) -> None:
        """See ``AskedModel``."""
        self._servable.close()

    def __exit__(self, *details: object) -> None:
        """Closes it."""
        self.close()


def _batch_of_one(image: bytes) -> np.ndarray:
    return np.array([image], dtype=object)


def _newest_version(path: str) -> str:
    if (Path(path) / "saved_model.pb").is_file() or not Path(path).is_dir():
        return path
    versions = version_directories(path)
    return str(versions[max(versions)]) if versions else path
