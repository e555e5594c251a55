"""Every row of the challenge's own ``train_masks.csv``, where a folder with it is named."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from batch.submission_check import check_submission
from trainer.rle import decode, decode_in_graph, encode, encode_in_graph

FOLDER = os.environ.get("STUDIO_MASK_CARVANA", "")

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="no STUDIO_MASK_CARVANA names a folder with the challenge's train_masks.csv"
)


@pytest.fixture(scope="module")
def rows():
    header, *lines = Path(FOLDER, "train_masks.csv").read_text().splitlines()
    assert header == "img,rle_mask"
    return dict(line.split(",") for line in lines)


def test_each_row_is_that_of_its_mask_and_back(rows):
    in_graph = tf.function(
        encode_in_graph, input_signature=[tf.TensorSpec([None, None], tf.bool)], autograph=False
    )
    back = tf.function(
        decode_in_graph,
        input_signature=[tf.TensorSpec([], tf.string), *[tf.TensorSpec([], tf.int32)] * 2],
        autograph=False,
    )
    masks = sorted(Path(FOLDER, "train_masks").glob("*_mask.gif"))
    assert [path.name.replace("_mask.gif", ".jpg") for path in masks] == sorted(rows)
    for path in masks:
        runs = rows[path.name.replace("_mask.gif", ".jpg")]
        with Image.open(path) as image:
            mask = np.asarray(image.convert("L")) > 0
        assert encode(mask.view(np.uint8)) == runs, path.name
        assert in_graph(mask).numpy().decode() == runs, path.name
        np.testing.assert_array_equal(decode(runs, *mask.shape), mask, path.name)
        np.testing.assert_array_equal(back(runs, *mask.shape), mask, path.name)


def test_it_has_no_fault(rows):
    check = check_submission(str(Path(FOLDER, "train_masks.csv")), 1280, 1918, rows)
    assert (check.rows, check.empty, check.faults) == (len(rows), 0, ())
