from pathlib import Path

from pipeline.schema_copy import SCHEMA_FILE, schema_path, write_schema_copy


def test_path_changes_with_the_content_and_only_with_it(tmp_path):
    source = tmp_path / "schema.pbtxt"
    source.write_text("one")
    first = write_schema_copy(tmp_path / "copies", source)
    assert (first.name, first.read_text()) == ("schema.pbtxt", "one")
    assert write_schema_copy(tmp_path / "copies", source) == first
    source.write_text("two")
    second = write_schema_copy(tmp_path / "copies", source)
    assert second != first
    assert (first.read_text(), second.read_text()) == ("one", "two")


def test_the_path_is_known_before_the_copy_is_made(tmp_path):
    expected = Path(schema_path(tmp_path))
    assert not expected.exists()
    assert write_schema_copy(tmp_path) == expected
    assert expected.read_bytes() == SCHEMA_FILE.read_bytes()
