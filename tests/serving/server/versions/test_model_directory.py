"""Version directories, named as TensorFlow Serving names them."""

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.server.versions.model_directory import content_stamp, version_directories


def test_names_are_integers_and_all_else_is_ignored(tmp_path):
    for name in ("9", "10", "00000123", "-5", "abc", "1.5", ".7.partial", "8_0", "8 ", "٣", "1e3"):
        (tmp_path / name).mkdir()
    (tmp_path / "77").write_text("a file, not a directory")
    found = version_directories(tmp_path)
    assert list(found) == [-5, 9, 10, 123]
    assert found[123] == tmp_path / "00000123"


def test_a_number_beyond_64_bits_is_no_version(tmp_path):
    (tmp_path / str(2**63)).mkdir()
    (tmp_path / str(2**63 - 1)).mkdir()
    assert list(version_directories(tmp_path)) == [2**63 - 1]


def test_a_missing_base_path_is_told_apart_from_an_empty_one(tmp_path):
    assert version_directories(tmp_path) == {}
    with pytest.raises(FileNotFoundError):
        version_directories(tmp_path / "missing")


def test_a_base_path_that_is_moved_away_while_it_is_listed_has_its_versions(tmp_path, monkeypatch):
    base_path = tmp_path / "models"
    (base_path / "1").mkdir(parents=True)
    real_scandir = os.scandir

    @contextlib.contextmanager
    def scandir(path):
        with real_scandir(path) as entries:
            listed = list(entries)
        base_path.rename(tmp_path / "away")
        yield listed

    monkeypatch.setattr(os, "scandir", scandir)
    assert list(version_directories(base_path)) == [1]


@given(st.sets(st.integers(-(2**63), 2**63 - 1), max_size=5))
def test_versions_come_in_numerical_order(tmp_path_factory, versions):
    base_path = tmp_path_factory.mktemp("versions")
    for version in versions:
        (base_path / str(version)).mkdir()
    assert list(version_directories(base_path)) == sorted(versions)


def test_a_stamp_changes_with_the_files_and_not_without(tmp_path):
    assert content_stamp(tmp_path / "missing") == frozenset()
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "data").write_bytes(b"half")
    half = content_stamp(tmp_path)
    assert half == content_stamp(tmp_path)
    (tmp_path / "variables" / "data").write_bytes(b"all of it")
    assert content_stamp(tmp_path) != half
