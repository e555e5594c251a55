import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import PhotographLimits
from tests.trainer.photograph_files import JPEG, PNG, PNG_MAGIC, turned
from trainer.photograph.photograph_check import check_photograph, check_photographs, refuse

# The photographs have 48 x 32 pixels.
LIMITS = PhotographLimits(max_pixels=48 * 32, max_bytes=len(JPEG))


def fault(image, limits=LIMITS):
    return check_photograph(tf.constant(image), limits).fault.numpy().decode()


def test_limits_are_the_most_that_is_taken():
    assert fault(JPEG) == ""
    assert fault(JPEG + b"\0") == f"has {len(JPEG) + 1} bytes, and {len(JPEG)} are the most"
    narrow = PhotographLimits(max_pixels=48 * 32 - 1, max_bytes=10_000)
    assert fault(JPEG, narrow) == "has 1536 pixels, and 1535 are the most"
    assert fault(PNG, narrow) == "has 1536 pixels, and 1535 are the most"


def test_a_file_that_is_no_photograph_is_said_to_be_too_long_first():
    assert fault(b"x" * 10_000).startswith("has 10000 bytes")
    assert fault(PNG_MAGIC).startswith("is cut short")


def test_sizes_are_those_of_the_shown_photographs():
    images = tf.constant([JPEG, turned(6), turned(3, "PNG"), turned(5, "PNG")])
    in_graph = tf.function(check_photographs, autograph=False)
    checked, sizes = in_graph(images, PhotographLimits(), "image_bytes")
    assert checked.numpy().tolist() == images.numpy().tolist()
    # The stored ones are 48 wide and 32 high, or the other way round: all are shown as PIXELS.
    assert sizes.dtype == tf.int32
    np.testing.assert_array_equal(sizes, [[32, 48]] * 4)


def test_an_empty_batch_has_no_fault():
    images, sizes = check_photographs(tf.constant([], tf.string), LIMITS, "image_bytes")
    assert images.shape == (0,)
    assert sizes.shape == (0, 2)


def test_faults_are_told_by_their_place():
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        refuse(tf.constant(["", "is red", "", "is green"]), "photograph")
    assert "photograph[1] is red; photograph[3] is green" in caught.value.message


def test_no_more_than_four_are_told():
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        refuse(tf.constant(["is red"] * 7), "photograph")
    assert "photograph[3] is red; and 3 more" in caught.value.message
    assert "photograph[4]" not in caught.value.message


def test_nothing_happens_without_a_fault():
    refuse(tf.constant(["", ""]), "photograph")
    refuse(tf.constant([], tf.string), "photograph")
