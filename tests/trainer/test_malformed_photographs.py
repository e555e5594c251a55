"""What the exported model does with each kind of file: a right mask, or INVALID_ARGUMENT."""

import re
from collections import Counter

import cv2
import numpy as np
import pytest

from benchmarks.mutations import mutated
from serving.errors import ServingError, StatusCode
from tests.trainer.malformed_photographs import READ_AS_FAR_AS_IT_GOES, REFUSED, RIGHT, UNDECODABLE
from tests.trainer.photograph_files import JPEG, PIXELS, PNG, PNG_MAGIC, TRUTH, file, turned
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES, PROBABILITY, RLE


@pytest.fixture
def reply(red_is_object):
    def reply(*files, signature="serving_default", output=MASK_PNG_BYTES):
        images = np.array(files, dtype=object)
        return red_is_object.predict({IMAGE_BYTES: images}, signature)[output]

    return reply


@pytest.fixture
def masks_of(reply):
    def masks_of(*files):
        return [
            cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
            for png in reply(*files)
        ]

    return masks_of


@pytest.mark.parametrize("name", RIGHT)
def test_a_photograph_gets_the_right_mask(name, masks_of):
    [mask] = masks_of(RIGHT[name])
    np.testing.assert_array_equal(mask, TRUTH)


@pytest.mark.parametrize("name", READ_AS_FAR_AS_IT_GOES)
def test_other_pixels_than_the_header_says_get_a_mask_of_its_size(name, masks_of):
    content, expected = READ_AS_FAR_AS_IT_GOES[name]
    [mask], [size] = masks_of(content), [cv2.imdecode(np.frombuffer(content, np.uint8), 0).shape]
    assert mask.shape == size
    if expected is not None:
        np.testing.assert_array_equal(mask, expected)


def message(reply, *files, **signature):
    with pytest.raises(ServingError) as caught:
        reply(*files, **signature)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    return caught.value.message.partition("\n")[0]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_photograph_is_refused(name, reply, masks_of):
    content, text = REFUSED[name]
    said = message(reply, content)
    if text is not UNDECODABLE:
        text = rf"^assertion failed: \[{IMAGE_BYTES}\[0\] " + text.replace("$", r"\]$")
    assert re.search(text, said), said
    [mask] = masks_of(JPEG)
    np.testing.assert_array_equal(mask, TRUTH)


class TestSeveralFiles:
    """The text says which file of the request it was."""

    @pytest.mark.parametrize("name", REFUSED)
    def test_the_one_at_fault_is_named(self, name, reply):
        said = message(reply, JPEG, PNG, REFUSED[name][0], PNG)
        assert said.startswith("assertion failed: [image_bytes[2] "), said
        assert said.count("image_bytes[") == 1

    def test_pixels_that_cannot_be_decoded(self, reply):
        broken = [content for content, text in REFUSED.values() if text is UNDECODABLE]
        assert message(reply, PNG, broken[0]) == (
            "assertion failed: [image_bytes[1] is broken: its header is whole, but its pixels "
            "cannot be decoded]"
        )
        assert message(reply, *broken[:2]).count("cannot be decoded") == 2

    def test_many_faults_are_counted(self, reply):
        said = message(reply, b"", JPEG, *[b"GIF89a"] * 5)
        assert said == (
            "assertion failed: [image_bytes[0] is empty; "
            "image_bytes[2] is no JPEG or PNG file: it is a GIF file; "
            "image_bytes[3] is no JPEG or PNG file: it is a GIF file; "
            "image_bytes[4] is no JPEG or PNG file: it is a GIF file; and 2 more]"
        )

    def test_no_text_is_cut_by_tensorflow_serving(self, reply):
        for name in ("arithmetic JPEG", "PNG without a header", "PNG of an unknown compression"):
            with pytest.raises(ServingError) as caught:
                reply(*[REFUSED[name][0]] * 6)
            assert 400 < len(caught.value.message) < 1024

    def test_right_ones_keep_their_order(self, masks_of):
        files = [RIGHT[name] for name in sorted(RIGHT)[::5]] + [file(255 - PIXELS, "PNG")]
        *masks, inverted = masks_of(*files)
        for mask in masks:
            np.testing.assert_array_equal(mask, TRUTH)
        np.testing.assert_array_equal(inverted, 255 - TRUTH)


@pytest.mark.parametrize(("signature", "output"), [("rle", RLE), ("probability", PROBABILITY)])
def test_the_other_signatures_have_the_same_door(signature, output, reply):
    assert message(reply, PNG, b"GIF89a", signature=signature, output=output) == (
        "assertion failed: [image_bytes[1] is no JPEG or PNG file: it is a GIF file]"
    )
    assert len(reply(PNG, turned(6), signature=signature, output=output)) == 2
    [upright, lying] = reply(PNG, turned(6, "PNG"), signature=signature, output=output)
    np.testing.assert_array_equal(upright, lying)


MUTATED = ("JPEG", "progressive JPEG", "JPEG of orientation 6", "PNG", "palette PNG")


@pytest.mark.parametrize("name", MUTATED)
def test_a_damaged_file_gets_a_mask_or_is_refused(name, reply, masks_of):
    rng = np.random.default_rng(0)
    outcomes = Counter()
    for _ in range(80):
        try:
            [png] = reply(mutated(RIGHT[name], rng))
        except ServingError as error:
            outcomes[error.code] += 1
        else:
            outcomes[png[:8]] += 1
        [mask] = masks_of(PNG)
        np.testing.assert_array_equal(mask, TRUTH)
    # Not a bit of a PNG file can change unseen: it has checksums.
    expected = {StatusCode.INVALID_ARGUMENT} | ({PNG_MAGIC} if "JPEG" in name else set())
    assert set(outcomes) == expected
