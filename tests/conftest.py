"""Small photographs, masks, folders and examples for every test that needs some."""

import csv
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

# Said before TensorFlow is imported. What matters of its C++ chatter also comes as an exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The first call of a TensorFlow operation takes longer than all others together.
settings.register_profile("studio-mask", deadline=None, max_examples=50, database=None)
settings.load_profile("studio-mask")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the slow files first: begun last, one process would work on them alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def pixels_of_mask() -> Callable[..., np.ndarray]:
    """Makes a mask of 0 and 255: a rectangle whose place depends on the seed."""

    def make(width: int = 32, height: int = 32, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        top, left = rng.integers(1, 1 + height // 3), rng.integers(1, 1 + width // 3)
        bottom, right = rng.integers(height // 2, height), rng.integers(width // 2, width)
        mask = np.zeros((height, width), np.uint8)
        mask[top:bottom, left:right] = 255
        return mask

    return make


@pytest.fixture(scope="session")
def pixels_of_image(pixels_of_mask) -> Callable[..., np.ndarray]:
    """Makes an RGB photograph: where the mask of that seed is car, red; elsewhere a noisy blue."""

    def make(width: int = 32, height: int = 32, seed: int = 0) -> np.ndarray:
        image = np.random.default_rng(seed).integers(0, 40, (height, width, 3), np.uint8)
        car = pixels_of_mask(width, height, seed) > 0
        image[..., 0] += np.where(car, 200, 10).astype(np.uint8)
        image[..., 2] += np.where(car, 10, 200).astype(np.uint8)
        return image

    return make


@pytest.fixture(scope="session")
def file_of() -> Callable[..., bytes]:
    """Encodes pixels, or a PIL image, as a file of a format: JPEG, PNG, GIF ..."""

    def encode(picture: np.ndarray | Image.Image, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    return encode


@pytest.fixture(scope="session")
def palette_gif(file_of) -> Callable[[np.ndarray], bytes]:
    """Encodes a mask as Kaggle does: a GIF with the palette indices 0 and 1."""

    def encode(mask: np.ndarray) -> bytes:
        image = Image.fromarray((mask > 0).astype(np.uint8)).convert("P")
        image.putpalette([0, 0, 0, 255, 255, 255])
        # Pillow would renumber the indices of a mask that has only one of them.
        return file_of(image, "GIF", optimize=False)

    return encode


@pytest.fixture(scope="session")
def image_file(pixels_of_image, file_of) -> Callable[..., bytes]:
    """Makes a photograph's file."""

    def make(width: int = 32, height: int = 32, seed: int = 0, kind: str = "JPEG") -> bytes:
        return file_of(pixels_of_image(width, height, seed), kind)

    return make


@pytest.fixture(scope="session")
def mask_file(pixels_of_mask, palette_gif, file_of) -> Callable[..., bytes]:
    """Makes the file of the mask that belongs to the photograph of the same seed."""

    def make(width: int = 32, height: int = 32, seed: int = 0, kind: str = "GIF") -> bytes:
        mask = pixels_of_mask(width, height, seed)
        return palette_gif(mask) if kind == "GIF" else file_of(mask, kind)

    return make


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory) -> Callable[..., Path]:
    """Writes a folder in Kaggle's layout: photographs and masks by file name, rows of metadata."""

    def write(
        images: Mapping[str, bytes],
        masks: Mapping[str, bytes],
        metadata: list[dict[str, str]] | None = None,
        name: str = "photographs",
    ) -> Path:
        folder = tmp_path_factory.mktemp("data") / name
        for place, files in (("train", images), ("train_masks", masks)):
            (folder / place).mkdir(parents=True)
            for file, content in files.items():
                (folder / place / file).write_bytes(content)
        if metadata is not None:
            with (folder / "metadata.csv").open("w", newline="") as file:
                rows = csv.DictWriter(file, metadata[0].keys())
                rows.writeheader()
                rows.writerows(metadata)
        return folder

    return write


@pytest.fixture(scope="session")
def raw_example(image_file, mask_file) -> Callable[..., Any]:
    """Makes an example of the data contract; keyword arguments replace features, None drops one."""

    def make(
        image_id: str = "car_01", width: int = 32, height: int = 32, seed: int = 0, **changes: Any
    ) -> Any:
        import tensorflow as tf

        group_id, _, pose = image_id.rpartition("_")
        values: dict[str, Any] = {
            "image": image_file(width, height, seed),
            "mask": mask_file(width, height, seed, "PNG"),
            "image_id": image_id.encode(),
            "group_id": group_id.encode(),
            "pose": int(pose),
            "make": b"Acme",
            "model": b"Roadster",
            "year": 2012,
            "height": height,
            "width": width,
        } | changes
        return tf.train.Example(
            features=tf.train.Features(
                feature={
                    name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                    if isinstance(value, bytes)
                    else tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
                    for name, value in values.items()
                    if value is not None
                }
            )
        )

    return make


@pytest.fixture(scope="session")
def write_records() -> Callable[..., Path]:
    """Writes serialized examples, or any bytes, as one gzipped TFRecord file."""

    def write(path: Path, examples: list[Any]) -> Path:
        import tensorflow as tf

        path.parent.mkdir(parents=True, exist_ok=True)
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for example in examples:
                writer.write(example if isinstance(example, bytes) else example.SerializeToString())
        return path

    return write


@pytest.fixture(scope="session")
def photograph_statistics() -> Callable[..., Any]:
    """Makes one photograph's numbers; keyword arguments replace any of them."""

    def make(image_id: str = "car_01", **changes: Any) -> Any:
        from components.photograph_folder import Photograph
        from report.data.data_statistics import PhotographStatistics

        group_id, _, pose = image_id.rpartition("_")
        about = {"make": "Acme", "model": "Roadster", "year": 2012} | {
            name: changes.pop(name) for name in ("make", "model", "year") if name in changes
        }
        known: dict[str, Any] = {
            "photograph": Photograph(
                f"train/{image_id}.jpg", "mask.gif", image_id, group_id, int(pose), **about
            ),
            "split": "train",
            "height": 20,
            "width": 30,
            "brightness": 100.0,
            "colour": (90.0, 100.0, 110.0),
            "saturation": 0.25,
            "mask_area": 0.2,
        }
        return PhotographStatistics(**known | changes)

    return make
