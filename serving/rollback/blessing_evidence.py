"""Who says that a version was blessed and pushed, and not put into its folder by hand."""

import os
from typing import TYPE_CHECKING

from serving.rollback.files import ReadableFiles

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2

# What the Pusher puts beside a model, and only beside one that was blessed.
_CARD = "model_card.json"


def blessing_evidence(
    base: str,
    version: int,
    files: ReadableFiles,
    metadata: "metadata_store_pb2.ConnectionConfig | None",
) -> str | None:
    """Returns who says it, in a few words; None where nobody does.

    ML Metadata, where it can be asked, has the last word. Elsewhere the record of a run on Kubeflow
    beside the serving directory counts, or the card inside the version.

    Args:
        base: The serving directory.
        version: Which version.
        files: Where it lies.
        metadata: Connection to the pipeline's store; None where there is none to ask.
    """
    path = os.path.join(base, str(version))
    if metadata is not None:
        from pipeline.lineage import lineage_of_push

        try:
            lineage = lineage_of_push(metadata, path)
        except LookupError:
            return None
        name = os.path.basename(path)
        runs = [p.run for p in lineage.pushes if os.path.basename(p.destination) == name]
        return f"pushed by the run {runs[-1]}" if runs else None
    parent, name = os.path.split(base.rstrip("/"))
    if files.exists(os.path.join(parent, "blessed", name, f"{version}.json")):
        return "a record of its push"
    return f"its {_CARD}" if files.exists(os.path.join(path, _CARD)) else None
