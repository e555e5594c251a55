"""Lets the Trainer run anew when a weights file that its config names has changed."""

import hashlib
from pathlib import Path

from pipeline.config import PipelineConfig


class MissingWeights(ValueError):
    """A weights file that the config names does not exist."""


def weights_digests(config: PipelineConfig) -> dict[str, str]:
    """Returns a digest of the content of each weights file that a config names, by field.

    TFX caches a step by its parameters, which hold the paths alone.

    Raises:
        MissingWeights: If there is no such file.
    """
    digests = {}
    for field, name in (
        ("unet.encoder_weights", config.unet.encoder_weights),
        ("unet_fit.initial_weights", config.unet_fit.initial_weights),
    ):
        if not name:
            continue
        path = Path(name)
        if not path.is_file():
            raise MissingWeights(f"{field}: no file {path.absolute()}. Nothing is downloaded")
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(2**20):
                digest.update(block)
        digests[field] = digest.hexdigest()[:16]
    return digests
