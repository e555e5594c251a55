import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from pipeline import features
from pipeline.config import AugmentationConfig
from trainer import input_pipeline

UNCHANGED = AugmentationConfig(horizontal_flip=0.0, warp=0.0, hsv=0.0)


def pixels(row, name):
    return tf.io.parse_tensor(row[name], tf.uint8).numpy().astype(np.float32) * np.float32(1 / 255)


def stacked(rows):
    return tuple(
        np.stack([pixels(row, name) for row in rows])
        for name in (features.IMAGE_TENSOR, features.MASK_TENSOR)
    )


def fingerprints(batches):
    """Tells each photograph of an epoch by its sum, in order."""
    return [round(float(tf.reduce_sum(image)), 2) for images, _ in batches for image in images]


def test_examples_are_read_from_all_files_in_a_fixed_order(tmp_path, write_records):
    write_records(tmp_path / "b" / "x.gz", [b"3"])
    write_records(tmp_path / "a" / "2.gz", [b"1", b"2"])
    write_records(tmp_path / "a" / "1.gz", [b"0"])
    read = input_pipeline.examples([str(tmp_path / "b" / "*"), str(tmp_path / "a" / "*")])
    assert list(read.as_numpy_iterator()) == [b"0", b"1", b"2", b"3"]
    assert input_pipeline.count(read) == 4


def test_count_of_nothing_is_zero():
    assert input_pipeline.count(tf.data.Dataset.from_tensor_slices([b"1"]).take(0)) == 0


def test_scoring_batches_hold_every_example_unchanged_in_order(transformed):
    train = input_pipeline.examples(transformed.files["train"])
    batches = list(input_pipeline.scoring_batches(train, transformed.size, batch_size=3))
    assert [len(images) for images, _ in batches] == [3, 2]
    images, masks = stacked(transformed.features["train"])
    np.testing.assert_array_equal(np.concatenate([batch[0] for batch in batches]), images)
    np.testing.assert_array_equal(np.concatenate([batch[1] for batch in batches]), masks)
    assert images.max() <= 1.0
    assert masks.max() == 1.0


def test_training_batches_pair_each_image_with_its_mask(transformed):
    train = transformed.dataset("train")
    images, masks = stacked(transformed.features["train"])
    seen = []
    for batch in input_pipeline.training_batches(train, transformed.size, 2, UNCHANGED, seed=0):
        for image, mask in zip(*batch, strict=True):
            [index] = [i for i, known in enumerate(images) if np.allclose(known, image, atol=1e-6)]
            np.testing.assert_array_equal(mask, masks[index])
            seen.append(index)
    assert sorted(seen) == list(range(len(images)))


def epochs_of(batches, count):
    """Divides batches of equal epochs."""
    batches = list(batches)
    steps = len(batches) // count
    return [batches[start : start + steps] for start in range(0, len(batches), steps)]


def test_training_batches_come_in_another_order_each_epoch(transformed):
    train = transformed.dataset("train")
    batches = input_pipeline.training_batches(
        train, transformed.size, 2, UNCHANGED, seed=0, epochs=4
    )
    epochs = [fingerprints(epoch) for epoch in epochs_of(batches, 4)]
    assert len({tuple(epoch) for epoch in epochs}) > 1
    images, _ = stacked(transformed.features["train"])
    for epoch in epochs:
        np.testing.assert_allclose(
            sorted(epoch), sorted(images.sum(axis=(1, 2, 3))), rtol=0, atol=0.02
        )


def test_a_later_start_gives_what_a_whole_fit_would_have_got(transformed):
    train = transformed.dataset("train").repeat(3)
    arguments = (train, transformed.size, 4, AugmentationConfig(), 7)
    whole = epochs_of(input_pipeline.training_batches(*arguments, epochs=3), 3)
    [late] = epochs_of(input_pipeline.training_batches(*arguments, epochs=3, first_epoch=2), 1)
    for batch, same in zip(whole[2], late, strict=True):
        np.testing.assert_array_equal(batch[0], same[0])
        np.testing.assert_array_equal(batch[1], same[1])


@pytest.mark.parametrize("seed", [0, 1])
def test_the_global_seed_does_not_matter(transformed, seed):
    batches = []
    for global_seed in (0, 5):
        tf.random.set_seed(global_seed)
        batches.append(
            fingerprints(
                input_pipeline.training_batches(
                    transformed.dataset("train"), transformed.size, 2, UNCHANGED, seed
                )
            )
        )
    assert batches[0] == batches[1]


def test_image_ids_are_those_of_the_batch(transformed):
    train = transformed.dataset("train")
    rows = transformed.features["train"]
    images, _ = stacked(rows)
    batches = input_pipeline.training_batches(
        train, transformed.size, 2, UNCHANGED, seed=3, epochs=2
    )
    for epoch, steps in enumerate(epochs_of(batches, 2)):
        for step, (batch, _) in enumerate(steps):
            ids = input_pipeline.training_image_ids(train, transformed.size, 2, 3, epoch, step)
            expected = [
                rows[index][features.IMAGE_ID].decode()
                for image in batch
                for index, known in enumerate(images)
                if np.allclose(known, image, atol=1e-6)
            ]
            assert ids == expected


def test_training_batches_are_the_same_for_the_same_seed(transformed):
    # Augmentation and all.
    train = transformed.dataset("train").repeat(40)
    batches = [
        input_pipeline.training_batches(train, transformed.size, 4, AugmentationConfig(), seed)
        for seed in (5, 5, 6)
    ]
    one, same, other = [np.concatenate([images for images, _ in each]) for each in batches]
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_training_batches_are_augmented_otherwise_each_epoch(transformed):
    brightness = dataclasses.replace(UNCHANGED, brightness=0.3)
    one_photograph = transformed.dataset("train").take(1)
    batches = input_pipeline.training_batches(
        one_photograph, transformed.size, 1, brightness, seed=0, epochs=4
    )
    assert len(set(fingerprints(batches))) == 4


def test_training_batches_are_augmented(transformed):
    brightness = dataclasses.replace(UNCHANGED, brightness=0.5)
    batches = input_pipeline.training_batches(
        transformed.dataset("train"), transformed.size, 8, brightness, seed=0
    )
    images, masks = stacked(transformed.features["train"])
    [(changed, same)] = batches
    assert abs(np.sort(changed, axis=None) - np.sort(images, axis=None)).max() > 0.02
    np.testing.assert_array_equal(np.sort(same, axis=None), np.sort(masks, axis=None))


def test_full_size_masks_are_the_files_in_order(transformed):
    masks = input_pipeline.full_size_masks(transformed.dataset("val"))
    assert list(masks) == [
        raw.features.feature[features.MASK].bytes_list.value[0] for raw in transformed.raw["val"]
    ]


def test_average_mask_is_read_from_the_examples(transformed):
    average = input_pipeline.average_mask(transformed.dataset("train"), transformed.size)
    _, masks = stacked(transformed.features["train"])
    np.testing.assert_allclose(average, masks.mean(axis=0), atol=0.5 / 255 + 1e-6)


def test_average_mask_of_an_empty_split_is_an_error(transformed):
    with pytest.raises(ValueError, match="holds no example"):
        input_pipeline.average_mask(transformed.dataset("train").take(0), transformed.size)
