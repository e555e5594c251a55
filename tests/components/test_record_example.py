import pytest
import tensorflow as tf

from components.quarantine import Reason, UnusablePhotograph
from components.record_example import check_example, parse_record
from pipeline import features
from pipeline.config import PhotographLimits

LIMITS = PhotographLimits()


def refused(reason, detail):
    return pytest.raises(UnusablePhotograph, match=f"^{reason.value}: {detail}")


def test_a_whole_example_passes(raw_example):
    example = parse_record(raw_example(width=40, height=30).SerializeToString())
    assert example == raw_example(width=40, height=30)
    check_example(example, LIMITS)


def test_bytes_that_are_no_example():
    with refused(Reason.BROKEN_CONTRACT, r"no tf.train.Example"):
        parse_record(b"no example")


@pytest.mark.parametrize("record", [b"", tf.train.Example().SerializeToString()])
def test_an_example_without_an_id(record):
    with refused(Reason.BROKEN_CONTRACT, "no image_id"):
        parse_record(record)


def with_id(raw_example, image_id):
    example = raw_example()
    example.features.feature[features.IMAGE_ID].bytes_list.value[:] = [image_id]
    return example


def test_an_id_that_is_no_text(raw_example):
    with refused(Reason.BROKEN_CONTRACT, "image_id is not UTF-8"):
        parse_record(with_id(raw_example, b"\xff").SerializeToString())


@pytest.mark.parametrize("name", [features.GROUP_ID, features.MAKE, features.MODEL])
def test_other_texts_that_are_none(raw_example, name):
    with refused(Reason.BROKEN_CONTRACT, f"{name} is not UTF-8"):
        check_example(raw_example(**{name: b"Citro\xebn"}), LIMITS)


@pytest.mark.parametrize(
    "name",
    [
        features.IMAGE,
        features.GROUP_ID,
        features.POSE,
        features.MAKE,
        features.MODEL,
        features.YEAR,
        features.HEIGHT,
        features.WIDTH,
    ],
)
def test_a_feature_that_is_missing(raw_example, name):
    example = raw_example()
    del example.features.feature[name]
    with refused(Reason.BROKEN_CONTRACT, f"{name} must hold one value"):
        check_example(example, LIMITS)


def test_a_mask_that_is_missing(raw_example):
    with refused(Reason.MISSING_MASK, "mask must hold one value in its bytes_list"):
        check_example(raw_example(mask=None), LIMITS)


@pytest.mark.parametrize(("name", "value"), [("pose", b"7"), ("make", 7)])
def test_a_feature_of_another_type(raw_example, name, value):
    with refused(Reason.BROKEN_CONTRACT, f"{name} must hold one value in its"):
        check_example(raw_example(**{name: value}), LIMITS)


def test_a_feature_with_two_values(raw_example):
    example = raw_example()
    example.features.feature[features.POSE].int64_list.value.append(2)
    with refused(Reason.BROKEN_CONTRACT, "pose must hold one value"):
        check_example(example, LIMITS)


def test_a_size_that_is_not_the_images(raw_example):
    example = raw_example(width=40, height=30)
    example.features.feature[features.WIDTH].int64_list.value[:] = [41]
    with refused(Reason.BROKEN_CONTRACT, "height and width say 41x30, the image is shown as 40x30"):
        check_example(example, LIMITS)


def test_faults_of_image_and_mask_are_found(
    raw_example, image_file, mask_file, pixels_of_mask, file_of
):
    with refused(Reason.TRUNCATED_IMAGE, "it is cut short: the JPEG"):
        check_example(raw_example(image=image_file()[:-100]), LIMITS)
    with refused(Reason.EMPTY_MASK, "no pixel is car"):
        check_example(raw_example(mask=file_of(0 * pixels_of_mask(), "PNG")), LIMITS)
    with refused(Reason.MASK_SIZE, "mask is 30x40, photograph is 40x30"):
        check_example(raw_example(width=40, height=30, mask=mask_file(30, 40, kind="PNG")), LIMITS)


def test_a_mask_that_training_would_read_otherwise(raw_example, mask_file, pixels_of_mask, file_of):
    """Each of these is a good mask of a folder of photographs, but not what the contract says."""
    mask = pixels_of_mask(32, 32)
    for file in (
        mask_file(kind="GIF"),
        file_of(mask // 255, "PNG"),
        file_of(mask // 255 * 254, "PNG"),
        file_of(mask[..., None].repeat(3, axis=2), "PNG"),
    ):
        with refused(Reason.BROKEN_CONTRACT, "mask must be a one-channel PNG file of 0 and 255"):
            check_example(raw_example(mask=file), LIMITS)
