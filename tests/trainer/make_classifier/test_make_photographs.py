import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import AugmentationConfig, InputConfig, MakeFitConfig
from trainer.input_pipeline import examples
from trainer.make_classifier.make_photographs import (
    makes_and_cars,
    scoring_batches,
    training_batches,
    with_make,
)

SIZE = InputConfig(16, 24)
MAKES = ["Bolt", "Acme"]
UNCHANGED = AugmentationConfig(horizontal_flip=0.0, warp=0.0, hsv=0.0)
CONFIG = MakeFitConfig(epochs=3, batch_size=4, seed=5, augmentation=UNCHANGED)


@pytest.fixture(scope="module")
def photographs(photographs_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    cars = (("Acme", "a"), ("", "n"), ("Bolt", "b"), ("Zeta", "z"), ("Bolt", "c"), ("Aсme", "u"))
    return examples(photographs_of(folder, *cars))


@pytest.fixture(scope="module")
def known(photographs):
    return with_make(photographs, MAKES)


def test_makes_and_cars_of_every_photograph_in_order(photographs):
    cars = [("Acme", "a"), ("", "n"), ("Bolt", "b"), ("Zeta", "z"), ("Bolt", "c"), ("Aсme", "u")]
    assert makes_and_cars(photographs) == [car for car in cars for _ in range(2)]


def test_unknown_and_foreign_makes_are_left_out(known):
    kept = [("Acme", "a"), ("Bolt", "b"), ("Bolt", "c")]
    assert makes_and_cars(known) == [car for car in kept for _ in range(2)]


def test_scoring_batches_are_photographs_with_the_place_of_their_make(known, coloured):
    batches = [
        (images.numpy(), classes.numpy())
        for images, classes in scoring_batches(known, MAKES, SIZE, 4)
    ]
    assert [len(images) for images, _ in batches] == [4, 2]
    assert np.concatenate([classes for _, classes in batches]).tolist() == [1, 1, 0, 0, 0, 0]
    # The seventh record is the fourth photograph of a Bolt.
    expected = [coloured("Acme", 0), coloured("Acme", 1), coloured("Bolt", 4), coloured("Bolt", 5)]
    np.testing.assert_allclose(batches[0][0], np.stack(expected) / 255.0, rtol=1e-6)


def _epochs(known, config, first_epoch=0):
    batches = list(training_batches(known, MAKES, SIZE, config, first_epoch))
    return [batches[i : i + 2] for i in range(0, len(batches), 2)]


def test_every_epoch_has_every_photograph_once_in_another_order(known, coloured):
    epochs = _epochs(known, CONFIG)
    assert len(epochs) == 3
    orders = []
    for epoch in epochs:
        images = np.concatenate([images for images, _ in epoch])
        classes = np.concatenate([classes for _, classes in epoch])
        # Red is an Acme, green a Bolt.
        np.testing.assert_array_equal(images[..., 0].mean(axis=(1, 2)) > 0.5, classes == 1)
        assert sorted(classes) == [0, 0, 0, 0, 1, 1]
        orders.append([image.tobytes() for image in images])
    assert len({frozenset(order) for order in orders}) == 1
    assert orders[0] != orders[1]
    assert orders[1] != orders[2]


def test_a_fit_that_goes_on_sees_what_it_would_have_seen(known):
    light = dataclasses.replace(UNCHANGED, brightness=0.2)
    config = dataclasses.replace(CONFIG, augmentation=light)
    whole, rest = _epochs(known, config), _epochs(known, config, first_epoch=2)
    assert len(rest) == 1
    for (images, classes), (same_images, same_classes) in zip(whole[2], rest[0], strict=True):
        np.testing.assert_array_equal(images, same_images)
        np.testing.assert_array_equal(classes, same_classes)


def test_only_training_photographs_are_augmented(known):
    dark = dataclasses.replace(UNCHANGED, brightness=0.4)
    [(images, _), _] = _epochs(known, dataclasses.replace(CONFIG, augmentation=dark, epochs=1))[0]
    plain, _ = next(iter(scoring_batches(known, MAKES, SIZE, 6)))
    brightness = {round(float(image.numpy().mean()), 4) for image in images}
    assert not brightness & {round(float(image.numpy().mean()), 4) for image in plain}
    assert images.dtype == tf.float32
    assert float(tf.reduce_min(images)) >= 0.0
    assert float(tf.reduce_max(images)) <= 1.0
