"""When a new photograph is ready."""

import os

import pytest

from serving.client.watched_folder import WatchedFolder


@pytest.fixture
def photographs(tmp_path):
    paths = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for path in paths:
        path.write_bytes(b"whole")
    return paths


def test_two_looks_are_needed_and_one_answer_is_given(photographs):
    watched = WatchedFolder()
    assert watched.ready(photographs) == []
    assert watched.ready(photographs) == photographs
    assert watched.ready(photographs) == []


def test_a_file_that_grows_is_left_until_it_stands_still(photographs):
    watched = WatchedFolder()
    growing = photographs[0]
    for _ in range(3):
        with growing.open("ab") as file:
            file.write(b"more")
        assert growing not in watched.ready(photographs)
    assert watched.ready(photographs) == [growing]


def test_a_file_of_one_size_that_is_written_again_is_left_too(photographs):
    watched = WatchedFolder()
    for second in (1, 2, 3):
        os.utime(photographs[0], (second, second))
        assert photographs[0] not in watched.ready(photographs)
    assert watched.ready(photographs) == [photographs[0]]


def test_it_is_ready_again_when_it_has_changed(photographs):
    watched = WatchedFolder()
    watched.ready(photographs)
    watched.ready(photographs)
    photographs[1].write_bytes(b"repaired")
    assert watched.ready(photographs) == []
    assert watched.ready(photographs) == [photographs[1]]


def test_what_is_given_back_is_ready_again(photographs):
    watched = WatchedFolder()
    watched.ready(photographs)
    watched.ready(photographs)
    watched.give_back(photographs[:1])
    assert watched.ready(photographs) == photographs[:1]


def test_a_file_that_goes_is_forgotten(photographs):
    watched = WatchedFolder()
    watched.ready(photographs)
    content, times = photographs[0].read_bytes(), os.stat(photographs[0])
    photographs[0].unlink()
    assert watched.ready(photographs) == [photographs[1]]
    photographs[0].write_bytes(content)
    os.utime(photographs[0], ns=(times.st_atime_ns, times.st_mtime_ns))
    assert watched.ready(photographs) == []
    assert watched.ready(photographs) == [photographs[0]]
