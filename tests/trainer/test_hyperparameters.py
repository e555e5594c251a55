import dataclasses

import keras_tuner

from pipeline.config import AugmentationConfig, FitConfig
from trainer.hyperparameters import tuned

CONFIG = FitConfig(
    epochs=7,
    learning_rate=0.01,
    loss="focal_dice",
    augmentation=AugmentationConfig(rotate=5.0, brightness=0.2, hsv=0.3),
)


def test_the_space_lies_around_the_preset():
    space = keras_tuner.HyperParameters()
    tuned(CONFIG, space)
    by_name = {each.name: each for each in space.space}
    assert sorted(by_name) == ["hsv", "learning_rate", "loss", "weight_decay"]
    rate = by_name["learning_rate"]
    assert (rate.min_value, rate.max_value, rate.default) == (0.0025, 0.04, 0.01)
    assert by_name["loss"].values == ["bce_dice", "boundary_dice", "focal_dice", "lovasz"]
    assert by_name["hsv"].values == [0.0, 0.3, 0.5, 0.8]
    # Without a draw it is the preset.
    assert tuned(CONFIG, keras_tuner.HyperParameters()) == CONFIG


def test_drawn_values_are_taken_and_the_rest_stays():
    trial = keras_tuner.HyperParameters()
    tuned(CONFIG, trial)
    drawn = {
        "learning_rate": 0.02,
        "weight_decay": 1e-3,
        "loss": "lovasz",
        "hsv": 0.8,
    }
    trial.values |= drawn
    hsv = drawn.pop("hsv")
    assert tuned(CONFIG, trial) == dataclasses.replace(
        CONFIG, **drawn, augmentation=dataclasses.replace(CONFIG.augmentation, hsv=hsv)
    )
