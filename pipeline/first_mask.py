"""The proof at the end of a run: a mask of a test photograph, asked for over gRPC."""

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf

from pipeline import features
from pipeline.mask_panel import mask_panel
from serving.atomic_file import write_atomically
from serving.client.mask_client import MaskClient
from serving.server.embedded_server import EmbeddedServer
from trainer.dice import hard_dice
from trainer.preprocessing import decode_image

_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class FirstMask:
    """What was asked for and what came.

    Attributes:
        image_id: Of the photograph.
        picture: File with photograph, mask and overlay.
        mask: File with the mask, as the server sent it.
        dice: Against the photograph's own mask.
    """

    image_id: str
    picture: Path
    mask: Path
    dice: float


def ask_for_a_mask(serving_directory: Path, test_examples: Path, out: Path) -> FirstMask:
    """Starts the embedded server on the pushed model and masks the first test photograph.

    Args:
        serving_directory: Of numbered versions.
        test_examples: Folder of the test split's TFRecords.
        out: Folder for the pictures; made if it is not there.

    Returns:
        Where the pictures lie and how good the mask is.

    Raises:
        serving.client.errors.MaskServiceError: If no mask came.
    """
    records = tf.data.TFRecordDataset(
        sorted(map(str, test_examples.glob("*.gz"))), compression_type="GZIP"
    )
    # The order of the records is not fixed; the smallest id is.
    feature = min(
        (tf.train.Example.FromString(record.numpy()).features.feature for record in records),
        key=lambda feature: feature[features.IMAGE_ID].bytes_list.value[0],
    )
    image_id = feature[features.IMAGE_ID].bytes_list.value[0].decode()
    image = feature[features.IMAGE].bytes_list.value[0]
    truth = _gray(feature[features.MASK].bytes_list.value[0])

    server = EmbeddedServer(serving_directory, model_name="mask")
    server.start(_START_TIMEOUT_S)
    try:
        with MaskClient(server.target) as client:
            png = client.mask(image)
    finally:
        server.stop()

    # An id may come from a user's own records; as a file name it must stay inside the folder.
    name = re.sub(r"[^\w-]", "_", image_id)
    mask_path, picture = out / f"{name}_mask.png", out / f"{name}.png"
    write_atomically(mask_path, png)
    photograph = cv2.cvtColor(decode_image(image).numpy(), cv2.COLOR_RGB2BGR)
    _, panel = cv2.imencode(".png", mask_panel(photograph, _gray(png)))
    write_atomically(picture, panel.tobytes())
    return FirstMask(image_id, picture, mask_path, hard_dice(truth, _gray(png)))


def _gray(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
