"""Which split a group belongs to: a hash of its id, so that no car is ever in two splits.

The hash depends on nothing but the id. A car stays where it is when others arrive, in every
retraining, and the test split never leaks into a later model's training split.
"""

import hashlib

from pipeline import features
from pipeline.config import DataConfig


def split_of(group_id: str, config: DataConfig) -> str:
    """Returns the split of a group.

    Args:
        group_id: The car's id.
        config: Gives the shares of val and test.

    Returns:
        One of ``features.SPLITS``.
    """
    digest = hashlib.sha256(group_id.encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < config.test_fraction:
        return features.TEST
    if place < config.test_fraction + config.val_fraction:
        return features.VAL
    return features.TRAIN
