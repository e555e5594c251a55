"""Writes a gate's verdict as TFX's Pusher and its resolver strategies read it."""

import os

from tfx import v1 as tfx


def write_blessing(blessing: tfx.dsl.Artifact, candidate: tfx.dsl.Artifact, blessed: bool) -> None:
    """Marks a ModelBlessing; call it when all else is written, for it lets the model pass.

    Args:
        blessing: The artifact.
        candidate: The model that was judged.
        blessed: The verdict.
    """
    blessing.set_int_custom_property("blessed", int(blessed))
    blessing.set_string_custom_property("current_model", candidate.uri)
    blessing.set_int_custom_property("current_model_id", candidate.id)
    marker = "BLESSED" if blessed else "NOT_BLESSED"
    with tfx.dsl.io.fileio.open(os.path.join(blessing.uri, marker), "w") as file:
        file.write("")
