"""Looks at one photograph and its mask as they come out of the pipeline's records."""

import tensorflow as tf

from components.photograph_folder import Photograph
from evaluation.masked_photograph import decode_mask_png
from pipeline import features
from report.data.read_photograph import ReadPhotograph, look_at


def read_example(example: tf.train.Example, split: str) -> ReadPhotograph:
    """Takes the numbers of an example.

    Args:
        example: Follows the data contract, so that nothing is checked again; its mask may be
            absent.
        split: That it lies in.

    Raises:
        UnusablePhotograph: If OpenCV cannot decode the photograph.
    """
    value = example.features.feature
    mask = mask_of(example)
    return look_at(
        photograph_of(example),
        split,
        image_of(example),
        (value[features.HEIGHT].int64_list.value[0], value[features.WIDTH].int64_list.value[0]),
        None if mask is None else decode_mask_png(mask),
    )


def photograph_of(example: tf.train.Example) -> Photograph:
    """Returns what an example says of its photograph; paths are empty, as it has none."""
    value = example.features.feature

    def text(name: str) -> str:
        return value[name].bytes_list.value[0].decode()

    return Photograph(
        image_path="",
        mask_path="",
        image_id=text(features.IMAGE_ID),
        group_id=text(features.GROUP_ID),
        pose=value[features.POSE].int64_list.value[0],
        make=text(features.MAKE),
        model=text(features.MODEL),
        year=value[features.YEAR].int64_list.value[0],
    )


def image_of(example: tf.train.Example) -> bytes:
    """Returns the JPEG or PNG file."""
    return example.features.feature[features.IMAGE].bytes_list.value[0]


def mask_of(example: tf.train.Example) -> bytes | None:
    """Returns the mask's PNG file; None where the photograph has no mask."""
    masks = example.features.feature[features.MASK].bytes_list.value
    return masks[0] if masks else None
