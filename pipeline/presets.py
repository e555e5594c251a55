"""Named configurations; each is the record of an experiment."""

from pipeline.config import (
    AugmentationConfig,
    FitConfig,
    InputConfig,
    PipelineConfig,
    PredictionConfig,
    UNetConfig,
)
from studio.config import StudioConfig

# Brightness, contrast and colour of the light, and nothing of what a car may be painted.
_LIGHT = AugmentationConfig(hsv=0.0, warp=1.0, brightness=0.1, contrast=0.1, colour=0.02)

# What unknown cars need: other paint, other light, other places in the picture.
_CARS = AugmentationConfig(
    warp=0.8, saturation=0.08, value=0.06, brightness=0.1, contrast=0.2, colour=0.03
)

# Rendered photographs of 480x320: 48 cars, 8 poses (30 cars to fit, 11 val, 7 test).
# Test Dice: U-Net 0.9758, CNN 0.8536, average mask 0.7482. 122 s from photographs to push.
# Two cores of an AMD EPYC, no GPU, 2026-11-23: make run
SAMPLE = PipelineConfig(
    input=InputConfig(height=96, width=144),
    unet=UNetConfig(filters=8, depth=4, max_filters=64, decoder_convs=2),
    unet_fit=FitConfig(
        epochs=14, batch_size=8, learning_rate=3e-3, patience=14, augmentation=_LIGHT
    ),
    cnn_fit=FitConfig(epochs=12, batch_size=8, learning_rate=3e-3, augmentation=_LIGHT),
)

# The challenge's photographs of 1918x1280: 64 of its cars, 16 poses (45 to fit, 10 val, 9 test).
# Test Dice: U-Net 0.9873, CNN 0.8376, average mask 0.7475. 29 minutes from photographs to mask.
# Two cores of an AMD EPYC, no GPU, 2026-11-23:
#   python local_runner.py --preset carvana-128 --data DIR
CARVANA_128 = PipelineConfig(
    unet_fit=FitConfig(
        epochs=120,
        batch_size=8,
        learning_rate=1.5e-3,
        clip_norm=1.0,
        ema_momentum=0.998,
        patience=120,
        augmentation=_CARS,
    ),
    unet_prediction=PredictionConfig(flip_average=True, enlarge="logits"),
    cnn_fit=FitConfig(epochs=20, learning_rate=3e-3, patience=20, augmentation=_LIGHT),
)

# The recipe of the 2017 report: the row that others are compared with.
CARVANA_128_PAPER = PipelineConfig(
    unet=UNetConfig(filters=64, depth=4, max_filters=512, batchnorm_momentum=0.99),
    unet_fit=FitConfig(
        epochs=100,
        optimizer="rmsprop",
        learning_rate=1e-4,
        schedule="reduce_on_plateau",
        weight_decay=0.0,
        patience=8,
        min_delta=1e-4,
    ),
    cnn_fit=FitConfig(epochs=20, learning_rate=3e-3, patience=20, augmentation=_LIGHT),
)

PRESETS = {
    "sample": SAMPLE,
    "carvana-128": CARVANA_128,
    "carvana-128-paper": CARVANA_128_PAPER,
}

# What the preset `sample` renders when no other data is given.
SAMPLE_STUDIO = StudioConfig(cars=48, poses=8)
