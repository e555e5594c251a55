"""Which versions are loaded as directories come and go; a "model" here is a file with a word."""

import shutil
import threading

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.model_config import ModelConfig
from serving.server.server_options import ServerOptions
from serving.server.versions.version_life import LoadSettings
from serving.server.versions.version_manager import VersionManager
from serving.server.versions.version_policy import VersionPolicy
from serving.server.versions.version_table import VersionTable

POLL_S = 0.02


class _Loaded:
    """Stands in for a Servable."""

    def __init__(self, directory):
        self.directory = directory

    def close(self):
        """Nothing to free."""


class _Loader:
    """Stands in for a VersionLoader: loads what does not say "bad"; "slow" waits to be let go."""

    def __init__(self):
        self.tries = []
        self.may_end = threading.Event()

    def load(self, directory, version, is_cancelled):
        self.tries.append(version)
        word = (directory / "model").read_text()
        if word == "slow":
            assert self.may_end.wait(10)
        if word == "bad":
            raise ServingError(StatusCode.DATA_LOSS, f"version {version} is bad")
        return _Loaded(directory)


class _Watched:
    """A manager with the story of its versions, as "version STATE"."""

    def __init__(self, base_path, poll_wait_s=POLL_S, policy=None, **options):
        self.config = ModelConfig("mask", base_path, policy=policy or VersionPolicy())
        self.story = []
        self.loader = _Loader()
        self.table = VersionTable("mask", self._note)
        options = {"max_num_load_retries": 0, **options}
        settings = LoadSettings(ServerOptions(**options), self.loader)
        self.manager = VersionManager(self.table, settings, poll_wait_s=poll_wait_s)
        self.manager.configure(self.config)

    def _note(self, name, status):
        self.story.append(f"{status.version} {status.state.name}")

    def states(self):
        return {status.version: status.state.name for status in self.table.statuses()}

    def newest(self):
        with self.table.borrow() as loaded:
            return loaded.directory.name

    def stop(self):
        self.loader.may_end.set()
        self.manager.configure(None)
        self.manager.join()


@pytest.fixture
def base_path(tmp_path):
    (tmp_path / "mask").mkdir()
    return tmp_path / "mask"


@pytest.fixture
def put(base_path):
    """Puts a version where the manager looks, in one step."""

    def put_version(version, word="good"):
        partial = base_path / f".{version}.partial"
        partial.mkdir()
        (partial / "model").write_text(word)
        partial.rename(base_path / str(version))

    return put_version


@pytest.fixture
def watch(base_path):
    """Starts managers, and stops them after the test."""
    started = []

    def start(**settings):
        started.append(_Watched(base_path, **settings))
        return started[-1]

    yield start
    for watched in started:
        watched.stop()


def test_only_the_newest_version_is_loaded(watch, put, eventually):
    for version in ("1", "00000010", "9"):
        put(version)
    watched = watch()
    eventually(lambda: watched.states() == {10: "AVAILABLE"})
    assert watched.newest() == "00000010"
    assert watched.story == ["10 START", "10 LOADING", "10 AVAILABLE"]


@pytest.mark.parametrize(
    ("policy", "available"),
    [
        (VersionPolicy(2), [3, 8]),
        (VersionPolicy(None), [-5, 1, 3, 8]),
        (VersionPolicy(None, frozenset({1, 3, 99})), [1, 3]),
    ],
)
def test_the_policy_decides_which_versions_are_loaded(watch, put, eventually, policy, available):
    for version in (-5, 1, 3, 8):
        put(version)
    watched = watch(policy=policy)
    eventually(lambda: watched.table.available() == available)
    assert set(watched.states()) == set(available)
    # The newest is loaded first.
    assert watched.loader.tries[0] == available[-1]


def test_a_new_version_is_there_before_the_old_one_goes(watch, put, eventually):
    put(1)
    watched = watch()
    eventually(lambda: watched.table.available() == [1])
    put(2, "slow")
    eventually(lambda: watched.states() == {1: "AVAILABLE", 2: "LOADING"})
    assert watched.newest() == "1"
    watched.loader.may_end.set()
    eventually(lambda: watched.states() == {1: "END", 2: "AVAILABLE"})
    eventually(lambda: watched.story[-1] == "1 END")
    assert watched.story[3:] == ["2 START", "2 LOADING", "2 AVAILABLE", "1 UNLOADING", "1 END"]


def test_of_several_old_versions_one_is_kept_until_a_new_one_answers(watch, put, eventually):
    put(1)
    put(2)
    watched = watch(policy=VersionPolicy(2))
    eventually(lambda: watched.table.available() == [1, 2])
    watched.loader.may_end.clear()
    put(3, "slow")
    put(4, "slow")
    # Between the two, 2 and 3 may have been wanted: then 1 has gone already.
    eventually(lambda: watched.states().get(1) == "END" and watched.states()[2] == "AVAILABLE")
    assert watched.newest() == "2"
    watched.loader.may_end.set()
    eventually(lambda: watched.table.available() == [3, 4])


def test_the_older_version_comes_back_when_the_newer_is_deleted(watch, put, base_path, eventually):
    put(1)
    put(2)
    watched = watch()
    eventually(lambda: watched.table.available() == [2])
    shutil.rmtree(base_path / "2")
    eventually(lambda: watched.story[-1] == "2 END")
    assert watched.newest() == "1"
    assert watched.story[3:] == ["1 START", "1 LOADING", "1 AVAILABLE", "2 UNLOADING", "2 END"]


def test_without_any_version_nothing_is_served_and_without_base_path_it_goes_on(
    watch, put, base_path, eventually
):
    put(1)
    watched = watch()
    eventually(lambda: watched.table.available() == [1])
    base_path.rename(base_path.with_name("away"))
    threading.Event().wait(4 * POLL_S)
    assert watched.newest() == "1"
    base_path.mkdir()
    eventually(lambda: watched.states() == {1: "END"})
    with pytest.raises(ServingError, match=r"Latest\(mask\)"):
        watched.newest()
    base_path.rmdir()
    base_path.with_name("away").rename(base_path)
    eventually(lambda: watched.states() == {1: "AVAILABLE"})


def test_a_version_that_comes_back_while_it_is_being_unloaded_is_loaded_anew(
    watch, put, base_path, eventually
):
    put(1)
    watched = watch()
    eventually(lambda: watched.table.available() == [1])
    with watched.table.borrow():
        shutil.rmtree(base_path / "1")
        eventually(lambda: watched.states() == {1: "UNLOADING"})
        put(1)
        threading.Event().wait(4 * POLL_S)
        assert watched.states() == {1: "UNLOADING"}
    eventually(lambda: watched.states() == {1: "AVAILABLE"})
    assert watched.story[3:] == [
        "1 UNLOADING",
        "1 END",
        "1 START",
        "1 LOADING",
        "1 AVAILABLE",
    ]


def test_a_bad_new_version_leaves_the_old_one_serving(watch, put, eventually):
    put(1)
    watched = watch(max_num_load_retries=2, load_retry_interval_micros=1000)
    eventually(lambda: watched.table.available() == [1])
    put(2, "bad")
    eventually(lambda: watched.states() == {2: "END", 1: "AVAILABLE"})
    assert watched.table.statuses()[0].error.message == "version 2 is bad"
    assert watched.manager.failures() == {}
    # It is not tried again while its files are what they were.
    threading.Event().wait(4 * POLL_S)
    assert watched.loader.tries == [1, 2, 2, 2]
    assert watched.newest() == "1"


def test_a_bad_version_is_tried_again_when_its_files_change(watch, put, base_path, eventually):
    put(1)
    watched = watch()
    eventually(lambda: watched.table.available() == [1])
    put(2, "bad")
    eventually(lambda: watched.states() == {2: "END", 1: "AVAILABLE"})
    (base_path / "2" / "model").write_text("good, now")
    eventually(lambda: watched.states() == {2: "AVAILABLE", 1: "END"})
    assert watched.newest() == "2"


def test_a_version_that_is_gone_before_its_next_try_has_ended(watch, put, base_path, eventually):
    put(1)
    put(2, "bad")
    watched = watch(max_num_load_retries=5, load_retry_interval_micros=3_600_000_000)
    eventually(lambda: watched.manager.last_error() is not None)
    assert watched.states() == {2: "LOADING"}
    shutil.rmtree(base_path / "2")
    eventually(lambda: watched.states() == {2: "END", 1: "AVAILABLE"})
    assert watched.loader.tries == [2, 1]


def test_a_newer_version_is_loaded_while_a_bad_one_waits_for_its_next_try(watch, put, eventually):
    put(1, "bad")
    watched = watch(max_num_load_retries=5, load_retry_interval_micros=3_600_000_000)
    eventually(lambda: watched.manager.last_error() is not None)
    put(2)
    eventually(lambda: watched.states() == {1: "END", 2: "AVAILABLE"})


def test_failures_are_told_once_no_wanted_version_is_left(watch, put, eventually):
    put(1, "bad")
    put(2, "slow")
    watched = watch(policy=VersionPolicy(None), num_load_threads=2)
    eventually(lambda: watched.states() == {1: "END", 2: "LOADING"})
    assert watched.manager.failures() == {}
    watched.loader.may_end.set()
    eventually(lambda: watched.table.available() == [2])
    assert watched.manager.failures() == {}


def test_failures_name_every_version_that_was_wanted(watch, put, eventually):
    put(1, "bad")
    put(2, "bad")
    watched = watch(policy=VersionPolicy(None))
    eventually(lambda: len(watched.manager.failures()) == 2)
    assert watched.manager.failures()[1].message == "version 1 is bad"


@pytest.mark.parametrize(("poll_wait_s", "versions"), [(0, [1]), (-1, [])])
def test_a_poll_wait_of_zero_looks_once_and_below_never(
    watch, put, eventually, poll_wait_s, versions
):
    put(1)
    watched = watch(poll_wait_s=poll_wait_s)
    eventually(lambda: watched.table.available() == versions)
    put(2)
    threading.Event().wait(0.1)
    assert watched.table.available() == versions


def test_a_new_configuration_looks_at_once(watch, put, eventually):
    put(1)
    put(2)
    watched = watch(poll_wait_s=3600)
    eventually(lambda: watched.table.available() == [2])
    watched.manager.configure(
        ModelConfig("mask", watched.config.base_path, policy=VersionPolicy(2))
    )
    eventually(lambda: watched.table.available() == [1, 2])


def test_a_model_can_be_given_up_and_taken_back(watch, put, eventually):
    put(1)
    watched = watch()
    eventually(lambda: watched.table.available() == [1])
    watched.manager.configure(None)
    watched.manager.join()
    assert watched.states() == {1: "END"}
    watched.manager.configure(watched.config)
    eventually(lambda: watched.table.available() == [1])


def test_the_end_waits_for_borrowers_and_frees_everything(watch, put, eventually):
    put(1)
    watched = watch()
    eventually(lambda: watched.table.available() == [1])
    ending = threading.Thread(target=watched.stop)
    with watched.table.borrow():
        ending.start()
        ending.join(timeout=0.1)
        assert ending.is_alive()
    ending.join(timeout=10)
    assert watched.story[-2:] == ["1 UNLOADING", "1 END"]


def test_the_end_does_not_wait_for_the_next_try(watch, put, eventually):
    put(1, "bad")
    watched = watch(max_num_load_retries=5, load_retry_interval_micros=3_600_000_000)
    eventually(lambda: watched.manager.last_error() is not None)
    watched.stop()
    assert watched.states() == {1: "END"}


def test_the_end_during_a_load_frees_what_was_loaded(watch, put, eventually):
    put(1, "slow")
    watched = watch()
    eventually(lambda: watched.states() == {1: "LOADING"})
    watched.stop()
    assert watched.states() == {1: "END"}
