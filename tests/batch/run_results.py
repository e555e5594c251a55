"""What runs have written, and what they should have, for the tests of batch inference."""

import gzip
from pathlib import Path

import cv2
import numpy as np

from serving.server.servable import Servable


def rows(path: Path) -> dict[str, str]:
    """Reads a submission; the run lengths by the photographs' names."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    header, *lines = content.decode(errors="surrogateescape").splitlines()
    assert header == "img,rle_mask"
    return dict(line.split(",") for line in lines)


def served_masks(path: str, folder: Path) -> dict[str, bytes]:
    """Returns the server's masks, by the photographs' names."""
    with Servable.load(path) as servable:
        return {
            each.name: servable.predict(
                {"image_bytes": np.array([each.read_bytes()], dtype=object)}
            )["mask_png_bytes"][0]
            for each in sorted(folder.iterdir())
        }


def pixels(png: bytes) -> np.ndarray:
    """Decodes a mask, uint8 [H, W]."""
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
