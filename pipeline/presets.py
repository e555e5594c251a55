"""Named configurations; each is the record of an experiment."""

import dataclasses

from pipeline.config import (
    AugmentationConfig,
    FitConfig,
    GateConfig,
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
# Test Dice: U-Net 0.9806, CNN 0.8606, average mask 0.7482. 172 s in all.
# Two cores of an AMD EPYC, no GPU, TFX 1.16, 2026-11-24: make run
SAMPLE = PipelineConfig(
    input=InputConfig(height=96, width=144),
    unet=UNetConfig(filters=8, depth=4, max_filters=64, decoder_convs=2),
    unet_fit=FitConfig(
        epochs=14, batch_size=8, learning_rate=3e-3, patience=14, augmentation=_LIGHT
    ),
    cnn_fit=FitConfig(epochs=12, batch_size=8, learning_rate=3e-3, augmentation=_LIGHT),
    gate=GateConfig(dice_floor=0.93, slice_floor=0.85),
)

# The recipe; docs/recipe.md says what was measured of it.
_UNET_FIT = FitConfig(
    epochs=120,
    batch_size=8,
    learning_rate=1.5e-3,
    clip_norm=1.0,
    ema_momentum=0.998,
    patience=120,
    augmentation=_CARS,
)
_CNN_FIT = FitConfig(
    epochs=20, learning_rate=3e-3, precision="float32", patience=20, augmentation=_LIGHT
)
_PREDICTION = PredictionConfig(flip_average=True, enlarge="logits")

# The challenge's photographs of 1918x1280: 64 of its cars, 16 poses (45 to fit, 10 val, 9 test).
# Test Dice: U-Net 0.9908, average mask 0.7475 (val 0.9901); its fit takes 38 minutes. Seeds 1 and
# 2: 0.9912 and 0.9911 (val 0.9897 and 0.9896).
# Two cores of an AMD EPYC with AVX512-BF16, no GPU, 2026-11-23:
#   python local_runner.py --preset carvana-128 --data DIR
CARVANA_128 = PipelineConfig(unet_fit=_UNET_FIT, unet_prediction=_PREDICTION, cnn_fit=_CNN_FIT)

# The body of carvana-128 behind blocks of 2x2 pixels, and a shape that squeezes nothing.
# Not fitted yet.
CARVANA_256 = PipelineConfig(
    input=InputConfig(height=256, width=384),
    unet=UNetConfig(space_to_depth=2),
    unet_fit=_UNET_FIT,
    unet_prediction=_PREDICTION,
    cnn_fit=dataclasses.replace(_CNN_FIT, epochs=5),
)

# A body half as wide again behind blocks of 4x4 pixels.
# Test Dice: U-Net 0.9929, average mask 0.7474 (val 0.9922); its fit took 126 minutes, beside other
# work. With 16 filters and 70 epochs 0.9919 in 45 minutes.
# Two cores of an AMD EPYC with AVX512-BF16, no GPU, 2026-11-23:
#   python local_runner.py --preset carvana-512 --data DIR
CARVANA_512 = PipelineConfig(
    input=InputConfig(height=512, width=768),
    unet=UNetConfig(filters=24, space_to_depth=4),
    unet_fit=dataclasses.replace(_UNET_FIT, epochs=100, patience=100),
    unet_prediction=_PREDICTION,
    cnn_fit=dataclasses.replace(_CNN_FIT, epochs=1),
)

# For a GPU: a wider body at 384x256 pixels behind blocks of 4x4.
# Not fitted yet.
CARVANA_1024 = PipelineConfig(
    input=InputConfig(height=1024, width=1536),
    unet=UNetConfig(filters=32, depth=6, max_filters=512, space_to_depth=4),
    unet_fit=dataclasses.replace(_UNET_FIT, epochs=90, patience=90),
    unet_prediction=_PREDICTION,
    cnn_fit=dataclasses.replace(_CNN_FIT, epochs=2),
)

# The recipe of the 2017 report: the row that others are compared with. Not fitted yet.
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
    cnn_fit=_CNN_FIT,
)

PRESETS = {
    "sample": SAMPLE,
    "carvana-128": CARVANA_128,
    "carvana-128-paper": CARVANA_128_PAPER,
    "carvana-256": CARVANA_256,
    "carvana-512": CARVANA_512,
    "carvana-1024": CARVANA_1024,
}

# What the preset `sample` renders when no other data is given.
SAMPLE_STUDIO = StudioConfig(cars=48, poses=8)
