"""Named configurations; each is the record of an experiment."""

from pipeline.config import (
    FitConfig,
    InputConfig,
    PipelineConfig,
    UNetConfig,
)
from studio.config import StudioConfig

# Filled in below by measured runs.
SAMPLE = PipelineConfig(
    input=InputConfig(height=96, width=144),
    unet=UNetConfig(filters=8, depth=4, max_filters=64, decoder_convs=2),
    unet_fit=FitConfig(epochs=14, batch_size=8, learning_rate=3e-3, patience=14),
    cnn_fit=FitConfig(epochs=12, batch_size=8, learning_rate=3e-3),
)

CARVANA_128 = PipelineConfig(
    unet_fit=FitConfig(epochs=40, patience=40),
    cnn_fit=FitConfig(epochs=20, learning_rate=3e-3, patience=20),
)

PRESETS = {"sample": SAMPLE, "carvana-128": CARVANA_128}

# What the preset `sample` renders when no other data is given.
SAMPLE_STUDIO = StudioConfig(cars=48, poses=8)
