import pytest

from components.same_files import same_files

FILES = {"saved_model.pb": b"graph", "variables/data": b"w" * (2**20 + 7), "a/b/c": b""}


@pytest.fixture
def folder_of(tmp_path):
    def make(name, files):
        for path, content in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(content)
        return str(tmp_path / name)

    return make


def test_the_same_files(folder_of):
    one, other = folder_of("one", FILES), folder_of("two", FILES)
    assert same_files(one, other)
    assert same_files(one, folder_of("three", FILES | {"sig": b"1"}), ignored=["sig"])


@pytest.mark.parametrize(
    "change",
    [
        {"saved_model.pb": b"grapf"},
        {"variables/data": b"w" * (2**20 + 6) + b"v"},
        {"variables/data": b"w" * (2**20 + 8)},
        {"variables/data": b"w" * 2**20},
        {"a/b/d": b""},
        {"saved_model.pb": b""},
    ],
)
def test_any_difference_counts_both_ways(folder_of, change):
    one, other = folder_of("one", FILES), folder_of("two", FILES | change)
    assert not same_files(one, other)
    assert not same_files(other, one)


def test_a_missing_file_counts(folder_of):
    less = {name: content for name, content in FILES.items() if name != "a/b/c"}
    assert not same_files(folder_of("one", FILES), folder_of("two", less))
