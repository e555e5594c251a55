"""A photograph with its true mask, as it comes out of the pipeline's records."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline import features

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class MaskedPhotograph:
    """One example of the data contract.

    Attributes:
        image: The JPEG or PNG file.
        mask: The true mask, a one-channel PNG file of the same size.
        values: All other features by name: str, int or float.
    """

    image: bytes
    mask: bytes
    values: dict[str, Any]

    @property
    def image_id(self) -> str:
        """File name without extension."""
        return self.values[features.IMAGE_ID]

    @property
    def group_id(self) -> str:
        """The car."""
        return self.values[features.GROUP_ID]

    def truth(self) -> NDArray[np.uint8]:
        """Decodes the mask: uint8 [H, W], 0 or 255."""
        return decode_mask_png(self.mask)

    @classmethod
    def parse(cls, record: bytes) -> "MaskedPhotograph":
        """Reads a serialized ``tf.train.Example`` that follows the data contract."""
        values: dict[str, Any] = {}
        for name, feature in tf.train.Example.FromString(record).features.feature.items():
            kind = feature.WhichOneof("kind")
            content = list(getattr(feature, kind).value) if kind else []
            if content:
                values[name] = content[0]
        image, mask = values.pop(features.IMAGE), values.pop(features.MASK)
        return cls(
            image,
            mask,
            {
                name: value.decode(errors="replace") if isinstance(value, bytes) else value
                for name, value in values.items()
            },
        )


def decode_mask_png(png: bytes) -> NDArray[np.uint8]:
    """Decodes a mask.

    Args:
        png: A one-channel 8-bit PNG file.

    Returns:
        uint8 [H, W].

    Raises:
        ValueError: If the bytes are no such file.
    """
    # OpenCV would read a JPEG as well.
    is_png = png.startswith(_PNG_MAGIC)
    mask = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED) if is_png else None
    if mask is None or mask.ndim != 2 or mask.dtype != np.uint8:
        raise ValueError("the mask is no one-channel PNG")
    return mask


def split_files(examples_uri: str, split: str) -> list[str]:
    """Lists the gzipped TFRecord files of a split of an Examples artifact, sorted."""
    return sorted(tf.io.gfile.glob(os.path.join(examples_uri, f"Split-{split}", "*.gz")))


def records_of(paths: list[str]) -> Iterator[bytes]:
    """Yields the records of gzipped TFRecord files, one in memory at a time."""
    return iter(tf.data.TFRecordDataset(paths, compression_type="GZIP").as_numpy_iterator())


def find_photographs(paths: list[str], image_ids: set[str]) -> dict[str, MaskedPhotograph]:
    """Reads a few photographs, files and all, by their ids from gzipped TFRecord files."""
    photographs = map(MaskedPhotograph.parse, records_of(paths))
    return {each.image_id: each for each in photographs if each.image_id in image_ids}
