"""Which versions are loaded as directories come and go."""

import shutil
import threading

import numpy as np
import pytest

from serving.errors import ServingError, StatusCode
from serving.server.version_manager import VersionManager
from serving.server.version_table import VersionTable

POLL_S = 0.05


class _Watched:
    """A manager with the story of its versions, as "version STATE"."""

    def __init__(self, base_path, **settings):
        self.base_path = base_path
        self.story = []
        self.table = VersionTable("mask", self._note)
        self.manager = VersionManager(self.table, base_path, **{"poll_wait_s": POLL_S, **settings})

    def _note(self, status):
        self.story.append(f"{status.version} {status.state.name}")

    def answer(self):
        with self.table.borrow("mask") as servable:
            return servable.version, float(servable.predict({"x": np.float32(0)})["y"])

    def states(self):
        return {each.version: each.state.name for each in self.table.statuses("mask")}


@pytest.fixture
def watch(tmp_path):
    """Starts managers, and stops them after the test."""
    started = []

    def start(**settings):
        watched = _Watched(tmp_path / "mask", **settings)
        started.append(watched)
        watched.manager.start()
        return watched

    (tmp_path / "mask").mkdir()
    yield start
    for watched in started:
        watched.manager.stop()


@pytest.fixture
def base_path(tmp_path):
    return tmp_path / "mask"


def test_only_the_newest_version_is_loaded(watch, push, base_path, affine_models):
    push(affine_models[1], base_path / "1")
    push(affine_models[2], base_path / "10")
    push(affine_models[3], base_path / "9")
    watched = watch()
    watched.manager.wait_until_available(20)
    assert watched.answer() == (10, 2.0)
    assert watched.story == ["10 LOADING", "10 AVAILABLE"]


def test_a_new_version_is_there_before_the_old_one_goes(
    watch, push, base_path, affine_models, eventually
):
    push(affine_models[1], base_path / "1")
    watched = watch()
    watched.manager.wait_until_available(20)
    push(affine_models[2], base_path / "2")
    eventually(lambda: watched.story[-1] == "1 END")
    assert watched.answer() == (2, 2.0)
    assert watched.story[2:] == ["2 LOADING", "2 AVAILABLE", "1 UNLOADING", "1 END"]


def test_the_older_version_comes_back_when_the_newer_is_deleted(
    watch, push, base_path, affine_models, eventually
):
    push(affine_models[1], base_path / "1")
    push(affine_models[2], base_path / "2")
    watched = watch()
    watched.manager.wait_until_available(20)
    shutil.rmtree(base_path / "2")
    eventually(lambda: watched.story[-1] == "2 END")
    assert watched.answer() == (1, 1.0)
    assert watched.story[2:] == ["1 LOADING", "1 AVAILABLE", "2 UNLOADING", "2 END"]


def test_without_any_version_nothing_is_served_and_without_base_path_it_goes_on(
    watch, push, base_path, affine_models, eventually
):
    push(affine_models[1], base_path / "1")
    watched = watch()
    watched.manager.wait_until_available(20)
    base_path.rename(base_path.with_name("away"))
    threading.Event().wait(4 * POLL_S)
    assert watched.answer() == (1, 1.0)
    base_path.mkdir()
    eventually(lambda: watched.states() == {1: "END"})
    with pytest.raises(ServingError, match=r"Latest\(mask\)"):
        watched.answer()


def test_a_bad_new_version_leaves_the_old_one_serving(
    watch, push, base_path, affine_models, eventually
):
    push(affine_models[1], base_path / "1")
    watched = watch()
    watched.manager.wait_until_available(20)
    (base_path / "2").mkdir()
    eventually(lambda: watched.states() == {2: "END", 1: "AVAILABLE"})
    newest = watched.table.statuses("mask")[0]
    assert newest.error.code is StatusCode.NOT_FOUND
    assert watched.answer() == (1, 1.0)
    # Once more in case it was half copied, then no more: the files are what they were.
    threading.Event().wait(4 * POLL_S)
    assert watched.story[2:] == ["2 LOADING", "2 LOADING", "2 END"]


def test_a_bad_version_is_tried_again_when_its_files_change(
    watch, push, base_path, affine_models, eventually
):
    push(affine_models[1], base_path / "1")
    watched = watch()
    watched.manager.wait_until_available(20)
    (base_path / "2").mkdir()
    shutil.copy(affine_models[2] / "saved_model.pb", base_path / "2")
    eventually(lambda: watched.states() == {2: "END", 1: "AVAILABLE"})
    shutil.copytree(affine_models[2], base_path / "2", dirs_exist_ok=True)
    eventually(lambda: watched.states() == {2: "AVAILABLE", 1: "END"})
    assert watched.answer() == (2, 2.0)


def test_a_version_that_is_gone_before_its_second_try_has_ended(
    watch, push, base_path, affine_models, eventually
):
    push(affine_models[1], base_path / "1")
    (base_path / "2").mkdir()
    watched = watch(poll_wait_s=1)
    eventually(lambda: "2 LOADING" in watched.story)
    (base_path / "2").rmdir()
    watched.manager.wait_until_available(20)
    assert watched.story == ["2 LOADING", "2 END", "1 LOADING", "1 AVAILABLE"]


def test_a_bad_first_version_is_fatal(watch, base_path):
    (base_path / "4").mkdir()
    watched = watch()
    with pytest.raises(ServingError) as caught:
        watched.manager.wait_until_available(20)
    assert caught.value.code is StatusCode.UNKNOWN
    assert caught.value.message.startswith(
        "1 servable(s) did not become available: {{{name: mask version: 4} due to error: NOT_FOUND"
    )
    assert caught.value.message.endswith("}, }")


def test_waiting_ends_with_its_deadline_or_with_stop(watch):
    watched = watch()
    with pytest.raises(ServingError, match=r"DEADLINE_EXCEEDED.*within 0\.01 s"):
        watched.manager.wait_until_available(0.01)
    threading.Timer(0.1, watched.manager.stop).start()
    with pytest.raises(ServingError, match="CANCELLED"):
        watched.manager.wait_until_available()


def test_a_poll_wait_of_zero_keeps_the_first_version(watch, push, base_path, affine_models):
    push(affine_models[1], base_path / "1")
    watched = watch(poll_wait_s=0)
    watched.manager.wait_until_available(20)
    push(affine_models[2], base_path / "2")
    watched.manager._thread.join(timeout=10)
    assert not watched.manager._thread.is_alive()
    assert watched.answer() == (1, 1.0)


def test_stop_frees_what_is_loaded(watch, push, base_path, affine_models):
    push(affine_models[1], base_path / "1")
    watched = watch()
    watched.manager.wait_until_available(20)
    watched.manager.stop()
    assert watched.story[-2:] == ["1 UNLOADING", "1 END"]
