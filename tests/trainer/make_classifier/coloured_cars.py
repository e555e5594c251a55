"""Makes that are told by their colour, and a fit that learns that in a second."""

from pipeline.config import AugmentationConfig, MakeFitConfig

COLOURS = {"Acme": (220, 30, 30), "Bolt": (30, 220, 30), "Cyan & Co": (30, 220, 220)}
OTHER = (128, 128, 128)
_STILL = AugmentationConfig(horizontal_flip=0.0, warp=0.0, hsv=0.0, brightness=0.05)
FIT = MakeFitConfig(
    epochs=30, batch_size=4, learning_rate=0.01, seed=3, precision="float32", augmentation=_STILL
)
