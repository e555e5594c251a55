"""Where inside a TFX Model artifact the SavedModel lies that a server loads."""

import os

from tfx import v1 as tfx

FORMAT_SERVING = "Format-Serving"


def servable_path(model: tfx.types.standard_artifacts.Model) -> str:
    """Returns the SavedModel's directory inside a Trainer's Model artifact."""
    return os.path.join(model.uri, FORMAT_SERVING)
