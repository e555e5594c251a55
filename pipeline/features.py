"""The names of all features, so that no step spells one a second time.

The raw features are the contract between the steps: one ``tf.train.Example`` per photograph.
The transformed features are what Transform derives from them for the Trainer.
"""

from typing import Final

# Raw features: what PhotographExampleGen writes and the schema describes.
IMAGE: Final = "image"  # bytes: the original JPEG or PNG file
MASK: Final = "mask"  # bytes: one-channel 8-bit PNG, 0 or 255, the photograph's size; may be absent
IMAGE_ID: Final = "image_id"  # bytes: file name without extension
GROUP_ID: Final = "group_id"  # bytes: what a split must never cut through, the car
POSE: Final = "pose"  # int64: 1..16, -1 where unknown
MAKE: Final = "make"  # bytes, empty where unknown
MODEL: Final = "model"  # bytes, empty where unknown
YEAR: Final = "year"  # int64, -1 where unknown
HEIGHT: Final = "height"  # int64, pixels
WIDTH: Final = "width"  # int64, pixels

# What an evaluation derives from a photograph's mask: its share of the photograph, in bands of 5%.
MASK_AREA: Final = "mask_area"
SLICEABLE: Final = (IMAGE_ID, GROUP_ID, POSE, MAKE, MODEL, YEAR, HEIGHT, WIDTH, MASK_AREA)

# Transformed features. The three tensors are serialized uint8 TensorProtos: as floats the
# materialized examples of a 1024x1024 model would take 12 MB a photograph instead of 3 MB.
IMAGE_TENSOR: Final = "image_tensor"  # uint8 [H, W, 3], RGB, 0..255
MASK_TENSOR: Final = "mask_tensor"  # uint8 [H, W, 1], soft: 255 times the share of car in the pixel
AVERAGE_MASK_TENSOR: Final = "average_mask_tensor"  # uint8 [H, W, 1], the same in every example

# The vocabulary that Transform makes of the training split's makes, most photographs first.
MAKE_VOCABULARY: Final = "make"

# Splits.
TRAIN: Final = "train"
VAL: Final = "val"
TEST: Final = "test"
SPLITS: Final = (TRAIN, VAL, TEST)
