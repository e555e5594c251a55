"""One version's loading, its retries and its end, with a loader that does what the test says."""

import threading

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.server_options import ServerOptions
from serving.server.versions.version_life import LoadSettings, VersionLife
from serving.server.versions.version_table import VersionTable
from serving.version_status import VersionState

BAD = ServingError(StatusCode.DATA_LOSS, "damaged")


class _Loaded:
    """Stands in for a Servable."""

    def __init__(self, close_error=None):
        self.is_closed = False
        self._close_error = close_error

    def close(self):
        self.is_closed = True
        if self._close_error is not None:
            raise self._close_error


class _Loader:
    """Stands in for a VersionLoader: each load gives or raises the next outcome."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.loads = []
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()

    def load(self, directory, version, is_cancelled):
        self.loads.append((directory, version))
        self.began.set()
        assert self.may_end.wait(10)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, ServingError):
            raise outcome
        return outcome


class _Owner:
    """A table, its story, and a way to wait until a life has changed."""

    def __init__(self, directory, loader, **options):
        self.story = []
        self.table = VersionTable("mask", self._note)
        self.changed = threading.Semaphore(0)
        options = {"load_retry_interval_micros": 1000, **options}
        self.settings = LoadSettings(ServerOptions(**options), loader)
        self.directory = directory
        self.life = self.new_life(1)

    def new_life(self, version):
        return VersionLife(version, self.directory, self.table, self.settings, self.changed.release)

    def _note(self, name, status):
        self.story.append(f"{status.version} {status.state.name}")

    def wait(self):
        assert self.changed.acquire(timeout=10)
        return self.life


def test_a_version_that_loads_is_available_and_lent(tmp_path):
    loaded = _Loaded()
    owner = _Owner(tmp_path, _Loader(loaded))
    life = owner.wait()
    assert (life.state, life.error) == (VersionState.AVAILABLE, None)
    assert owner.story == ["1 START", "1 LOADING", "1 AVAILABLE"]
    with owner.table.borrow() as lent:
        assert lent is loaded


def test_a_failed_load_is_tried_again_as_often_as_told_and_no_more(tmp_path):
    loader = _Loader(BAD, BAD, BAD)
    owner = _Owner(tmp_path, loader, max_num_load_retries=2)
    life = owner.wait()
    assert loader.loads == [(tmp_path, 1)] * 3
    assert life.state is VersionState.END
    assert str(life.error) == "DATA_LOSS: damaged"
    assert owner.story == ["1 START", "1 LOADING", "1 END"]
    assert owner.table.statuses()[0].error is life.error
    assert life.error.__traceback__ is None


def test_without_retries_there_is_one_try(tmp_path):
    loader = _Loader(BAD)
    assert _Owner(tmp_path, loader, max_num_load_retries=0).wait().state is VersionState.END
    assert len(loader.loads) == 1


def test_a_later_try_may_succeed(tmp_path):
    life = _Owner(tmp_path, _Loader(BAD, _Loaded())).wait()
    assert (life.state, life.error) == (VersionState.AVAILABLE, None)


def test_a_wait_for_the_next_try_ends_when_the_version_is_not_wanted(tmp_path, eventually):
    loader = _Loader(BAD)
    owner = _Owner(tmp_path, loader, load_retry_interval_micros=3_600_000_000)
    eventually(lambda: owner.life.error is not None)
    assert owner.life.state is VersionState.LOADING
    owner.life.cancel()
    assert owner.wait().state is VersionState.END
    assert str(owner.life.error) == "DATA_LOSS: damaged"
    assert len(loader.loads) == 1


def test_a_version_that_waits_for_its_turn_can_be_cancelled(tmp_path):
    loader = _Loader(_Loaded())
    loader.may_end.clear()
    owner = _Owner(tmp_path, loader)
    assert loader.began.wait(10)
    second = owner.new_life(2)
    second.cancel()
    assert owner.story[-1] == "2 START"
    loader.may_end.set()
    owner.wait()
    owner.wait()
    assert owner.life.state is VersionState.AVAILABLE
    assert second.state is VersionState.END
    assert owner.table.statuses()[0].error.code is StatusCode.CANCELLED
    assert loader.loads == [(tmp_path, 1)]


@pytest.mark.parametrize(("threads", "side_by_side"), [(0, 1), (1, 1), (2, 2)])
def test_no_more_versions_are_loaded_at_a_time_than_told(
    tmp_path, eventually, threads, side_by_side
):
    loader = _Loader(_Loaded(), _Loaded(), _Loaded())
    loader.may_end.clear()
    owner = _Owner(tmp_path, loader, num_load_threads=threads)
    for version in (2, 3):
        owner.new_life(version)
    eventually(lambda: len(loader.loads) >= side_by_side)
    threading.Event().wait(0.05)
    assert len(loader.loads) == side_by_side
    loader.may_end.set()
    for _ in range(3):
        owner.wait()
    assert len(loader.loads) == 3


def test_a_failed_version_leaves_its_turn_to_others_between_two_tries(tmp_path, eventually):
    loader = _Loader(BAD, _Loaded())
    owner = _Owner(tmp_path, loader, load_retry_interval_micros=3_600_000_000)
    eventually(lambda: owner.life.error is not None)
    second = owner.new_life(2)
    owner.wait()
    assert second.state is VersionState.AVAILABLE
    owner.life.cancel()
    owner.wait()


def test_it_is_freed_once_nobody_holds_it(tmp_path):
    loaded = _Loaded()
    owner = _Owner(tmp_path, _Loader(loaded))
    owner.wait()
    with owner.table.borrow():
        owner.life.unload()
        assert owner.life.state is VersionState.UNLOADING
        assert not owner.changed.acquire(timeout=0.05)
        assert not loaded.is_closed
    assert owner.wait().state is VersionState.END
    assert loaded.is_closed
    assert owner.story[3:] == ["1 UNLOADING", "1 END"]


def test_a_model_that_cannot_be_closed_has_ended_all_the_same(tmp_path):
    owner = _Owner(tmp_path, _Loader(_Loaded(close_error=RuntimeError("stuck"))))
    owner.wait()
    owner.life.unload()
    assert owner.wait().state is VersionState.END


def test_changed_files_are_noticed_after_a_failure(tmp_path):
    owner = _Owner(tmp_path, _Loader(BAD), max_num_load_retries=0)
    life = owner.wait()
    assert not life.files_have_changed()
    (tmp_path / "saved_model.pb").write_bytes(b"at last")
    assert life.files_have_changed()


def test_files_that_change_during_the_load_have_changed_too(tmp_path):
    loader = _Loader(BAD)
    loader.may_end.clear()
    owner = _Owner(tmp_path, loader, max_num_load_retries=0)
    assert loader.began.wait(10)
    (tmp_path / "saved_model.pb").write_bytes(b"at last")
    loader.may_end.set()
    assert owner.wait().files_have_changed()
