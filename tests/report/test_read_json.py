import pytest

from report.read_json import read_json


def test_what_is_there_and_what_is_not(tmp_path):
    (tmp_path / "a.json").write_text('{"x": [1, "\u8eca"]}')
    assert read_json(str(tmp_path), "a.json") == {"x": [1, "\u8eca"]}
    assert read_json(str(tmp_path), "b.json") is None
    assert read_json("", "a.json") is None


def test_a_file_that_holds_something_else_is_named(tmp_path):
    (tmp_path / "a.json").write_text("<html>")
    with pytest.raises(ValueError, match=r"a\.json holds no JSON"):
        read_json(str(tmp_path), "a.json")
