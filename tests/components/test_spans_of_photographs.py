import json

import pytest
from tfx import v1 as tfx

from components.spans_of_photographs import spans_of_photographs


@pytest.fixture
def examples(tmp_path):
    """Examples of two spans, of which the second delivers a photograph of the first again."""
    for span, names in (("span-1", ("a_01", "b_01")), ("span-12", ("b_01", "c_01"))):
        for place, ending in (("train", ".jpg"), ("train_masks", "_mask.png")):
            (tmp_path / span / place).mkdir(parents=True)
            for name in names:
                (tmp_path / span / place / f"{name}{ending}").write_bytes(b"")
    made = tfx.types.standard_artifacts.Examples()
    spans = [
        {"number": number, "version": None, "path": str(tmp_path / f"span-{number}")}
        for number in (1, 12)
    ]
    made.set_string_custom_property("spans", json.dumps(spans))
    return made


def test_the_newest_span_of_each_photograph(examples):
    assert spans_of_photographs(examples) == {"a_01": 1, "b_01": 12, "c_01": 12}


def test_folders_that_are_gone(examples, tmp_path, caplog):
    (tmp_path / "span-1" / "train").rename(tmp_path / "elsewhere")
    assert spans_of_photographs(examples) == {}
    assert "span-1: no photographs in train/" in caplog.text


def test_examples_that_name_none():
    assert spans_of_photographs(tfx.types.standard_artifacts.Examples()) == {}


def test_record_files_do_not_tell(tmp_path):
    (tmp_path / "x.tfrecord").write_bytes(b"")
    made = tfx.types.standard_artifacts.Examples()
    span = {"number": 0, "version": None, "path": str(tmp_path)}
    made.set_string_custom_property("spans", json.dumps([span]))
    assert spans_of_photographs(made) == {}
