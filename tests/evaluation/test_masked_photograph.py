import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from evaluation.masked_photograph import MaskedPhotograph, decode_mask_png, records_of, split_files


def parse(example):
    return MaskedPhotograph.parse(example.SerializeToString())


def test_every_feature_of_the_contract_is_kept(raw_example, image_file, mask_file):
    photograph = parse(raw_example("roadster_07", 20, 10, seed=3))
    assert photograph.image == image_file(20, 10, 3)
    assert photograph.mask == mask_file(20, 10, 3, "PNG")
    assert photograph.values == {
        "image_id": "roadster_07",
        "group_id": "roadster",
        "pose": 7,
        "make": "Acme",
        "model": "Roadster",
        "year": 2012,
        "height": 10,
        "width": 20,
    }
    assert (photograph.image_id, photograph.group_id) == ("roadster_07", "roadster")


def test_text_is_utf8_and_what_is_not_is_replaced(raw_example):
    values = parse(raw_example(make="Citroën".encode(), model=b"\xff4")).values
    assert (values["make"], values["model"]) == ("Citroën", "\ufffd4")


def test_other_features_come_along_and_those_without_value_do_not(raw_example):
    example = raw_example(make=None)
    example.features.feature["sharpness"].float_list.value.append(0.25)
    example.features.feature["colour"].bytes_list.value.extend([])
    example.features.feature["nothing"].SetInParent()
    values = parse(example).values
    assert values["sharpness"] == 0.25
    assert not {"make", "colour", "nothing"} & set(values)


def test_the_truth_is_the_mask_of_the_contract(raw_example, pixels_of_mask):
    truth = parse(raw_example(width=20, height=10, seed=3)).truth()
    assert truth.dtype == np.uint8
    np.testing.assert_array_equal(truth, pixels_of_mask(20, 10, 3))


def test_a_bilevel_png_is_a_mask_too(pixels_of_mask, file_of):
    mask = pixels_of_mask(20, 10)
    png = file_of(Image.fromarray(mask).convert("1"), "PNG")
    np.testing.assert_array_equal(decode_mask_png(png), mask)


@pytest.mark.parametrize(
    "no_mask",
    [
        b"",
        b"text",
        b"\x89PNG\r\n\x1a\n",
        cv2.imencode(".jpg", np.zeros((8, 8), np.uint8))[1].tobytes(),
        cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes(),
        cv2.imencode(".png", np.zeros((8, 8), np.uint16))[1].tobytes(),
        cv2.imencode(".png", np.zeros((80, 80), np.uint8))[1].tobytes()[:-20],
    ],
    ids=["nothing", "text", "signature only", "grey JPEG", "colours", "16 bits", "cut off"],
)
def test_what_is_no_mask_is_refused(no_mask):
    with pytest.raises(ValueError, match="^the mask is no one-channel PNG$"):
        decode_mask_png(no_mask)


def test_files_of_a_split(write_records, tmp_path):
    for name in ("Split-test/b.gz", "Split-test/a.gz", "Split-test/notes.txt", "Split-train/c.gz"):
        write_records(tmp_path / name, [])
    test = [str(tmp_path / "Split-test" / name) for name in ("a.gz", "b.gz")]
    assert split_files(str(tmp_path), "test") == test
    assert split_files(str(tmp_path), "val") == []


def test_records_come_in_the_order_of_the_files(write_records, tmp_path):
    paths = [
        str(write_records(tmp_path / "b.gz", [b"1", b"2"])),
        str(write_records(tmp_path / "none.gz", [])),
        str(write_records(tmp_path / "a.gz", [zlib.compress(b"3")])),
    ]
    assert list(records_of(paths)) == [b"1", b"2", zlib.compress(b"3")]
