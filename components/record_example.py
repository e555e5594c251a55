"""Checks an example that came ready-made in a TFRecord file against the data contract."""

import cv2
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from components.photograph_example import check_image, read_mask
from components.quarantine import Reason, UnusablePhotograph
from pipeline import features
from pipeline.config import PhotographLimits

_KINDS = {
    features.IMAGE: "bytes_list",
    features.MASK: "bytes_list",
    features.IMAGE_ID: "bytes_list",
    features.GROUP_ID: "bytes_list",
    features.POSE: "int64_list",
    features.MAKE: "bytes_list",
    features.MODEL: "bytes_list",
    features.YEAR: "int64_list",
    features.HEIGHT: "int64_list",
    features.WIDTH: "int64_list",
}
_TEXTS = (features.IMAGE_ID, features.GROUP_ID, features.MAKE, features.MODEL)
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def parse_record(record: bytes) -> tf.train.Example:
    """Parses a record.

    Raises:
        UnusablePhotograph: If it is no ``tf.train.Example`` with an ``image_id``.
    """
    try:
        example = tf.train.Example.FromString(record)
    except DecodeError as error:
        raise UnusablePhotograph(Reason.BROKEN_CONTRACT, "no tf.train.Example") from error
    if len(example.features.feature[features.IMAGE_ID].bytes_list.value) != 1:
        raise UnusablePhotograph(Reason.BROKEN_CONTRACT, f"no {features.IMAGE_ID}")
    _check_text(example, features.IMAGE_ID)
    return example


def check_example(example: tf.train.Example, limits: PhotographLimits) -> None:
    """Makes sure that an example holds what the contract says.

    Args:
        example: All features of pipeline/features.py.
        limits: What the photograph may be.

    Raises:
        UnusablePhotograph: Names the first feature that is missing or wrong.
    """
    for name, kind in _KINDS.items():
        feature = example.features.feature.get(name)
        if feature is None or len(getattr(feature, kind).value) != 1:
            reason = Reason.MISSING_MASK if name == features.MASK else Reason.BROKEN_CONTRACT
            raise UnusablePhotograph(reason, f"{name} must hold one value in its {kind}")
    for name in _TEXTS:
        _check_text(example, name)
    value = example.features.feature
    size = check_image(value[features.IMAGE].bytes_list.value[0], limits)
    stated = (
        value[features.HEIGHT].int64_list.value[0],
        value[features.WIDTH].int64_list.value[0],
    )
    if size != stated:
        raise UnusablePhotograph(
            Reason.BROKEN_CONTRACT,
            f"height and width say {stated[1]}x{stated[0]}, the image is shown as "
            f"{size[1]}x{size[0]}",
        )
    mask = value[features.MASK].bytes_list.value[0]
    pixels = read_mask(mask)
    if pixels.shape != size:
        raise UnusablePhotograph(
            Reason.MASK_SIZE,
            f"mask is {pixels.shape[1]}x{pixels.shape[0]}, photograph is {size[1]}x{size[0]}",
        )
    # Training reads the file as it is: a mask of 0 and 1 would be a target of nearly nothing.
    decoded = cv2.imdecode(np.frombuffer(mask, np.uint8), cv2.IMREAD_UNCHANGED)
    if not mask.startswith(_PNG_MAGIC) or not np.array_equal(decoded, pixels):
        raise UnusablePhotograph(
            Reason.BROKEN_CONTRACT, "mask must be a one-channel PNG file of 0 and 255"
        )


def _check_text(example: tf.train.Example, name: str) -> None:
    try:
        example.features.feature[name].bytes_list.value[0].decode()
    except UnicodeDecodeError as error:
        raise UnusablePhotograph(Reason.BROKEN_CONTRACT, f"{name} is not UTF-8") from error
