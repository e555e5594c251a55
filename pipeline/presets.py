"""Named configurations; each is the record of an experiment."""

from pipeline.config import (
    FitConfig,
    InputConfig,
    PipelineConfig,
    UNetConfig,
)
from studio.config import StudioConfig

# Rendered photographs of 480x320: 48 cars, 8 poses (30 cars to fit, 11 val, 7 test).
# Test Dice: U-Net 0.9758, CNN 0.8536, average mask 0.7482. 122 s from photographs to push.
# Two cores of an AMD EPYC, no GPU, 2026-11-23: make run
SAMPLE = PipelineConfig(
    input=InputConfig(height=96, width=144),
    unet=UNetConfig(filters=8, depth=4, max_filters=64, decoder_convs=2),
    unet_fit=FitConfig(epochs=14, batch_size=8, learning_rate=3e-3, patience=14),
    cnn_fit=FitConfig(epochs=12, batch_size=8, learning_rate=3e-3),
)

# The challenge's photographs of 1918x1280: 64 of its cars, 16 poses (45 to fit, 10 val, 9 test).
# Test Dice: U-Net 0.9873, CNN 0.8376, average mask 0.7475. 29 minutes from photographs to mask.
# Two cores of an AMD EPYC, no GPU, 2026-11-23:
#   python local_runner.py --preset carvana-128 --data DIR
CARVANA_128 = PipelineConfig(
    unet_fit=FitConfig(epochs=40, patience=40),
    cnn_fit=FitConfig(epochs=20, learning_rate=3e-3, patience=20),
)

PRESETS = {"sample": SAMPLE, "carvana-128": CARVANA_128}

# What the preset `sample` renders when no other data is given.
SAMPLE_STUDIO = StudioConfig(cars=48, poses=8)
