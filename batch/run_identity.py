"""All that decides what the results of a batch run are; a folder holds the results of one such."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from batch.batch_options import BatchOptions
from batch.listing import Listing
from batch.masking import Masking
from batch.pictures import Pictures
from report.model_card.model_digest import model_digest


def run_identity(
    options: BatchOptions, masking: Masking, pictures: Pictures | None, listing: Listing
) -> dict[str, Any]:
    """Describes a run, but for the machine that it is done on and how its results are listed.

    Args:
        options: What was asked for.
        masking: The models that are meant.
        pictures: What becomes of the masks; None for run lengths.
        listing: The photographs that were found.

    Returns:
        What JSON can hold; equal for runs that give the same results, as long as no photograph is
        replaced by another of its name. What a model's card says of its masks counts as part of the
        model, because much is made by it, and it may be edited.
    """
    files = hashlib.sha256()
    for each in listing.photographs:
        files.update(json.dumps([each.name, each.path]).encode())
    behind: Any = None
    if pictures is not None and pictures.kind == "composite":
        picture = pictures.background
        behind = list(pictures.colour) if picture is None else hashlib.sha256(picture).hexdigest()
    return {
        "format": options.kind,
        "models": [
            {
                "sha256": model_digest(member.path),
                "threshold": member.threshold,
                "enlarge": member.enlarge,
                "flip_average": member.flip_average,
            }
            for member in masking.members
        ],
        "threshold": options.threshold,
        "enlarge": options.enlarge,
        "flip_average": options.flip_average,
        "tile": None if options.tile is None else asdict(options.tile),
        "background": behind,
        "feather": options.feather_px,
        "jpeg_quality": options.jpeg_quality,
        "shard_size": options.shard_size,
        "photographs": len(listing.photographs),
        "input": files.hexdigest(),
    }
