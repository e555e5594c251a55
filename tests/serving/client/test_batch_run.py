"""Whole runs over folders, with a server that is a function."""

import json
import threading
import time

import pytest

from serving.client.batch_run import BatchRun
from serving.client.errors import InvalidPhotograph, ServerUnavailable
from serving.client.mask_screen import MaskScreen
from serving.client.photograph_plan import PlanError
from serving.client.result_store import PictureFiles
from serving.client.run_tally import RunTally
from serving.client.stop_request import StopRequest


@pytest.fixture
def folder(tmp_path):
    source = tmp_path / "in"
    (source / "deep").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "deep/c.jpg"):
        (source / name).write_bytes(name.encode())
    return source


@pytest.fixture
def make_run(folder, tmp_path, monkeypatch):
    """Makes runs of the folder into ``out``; what they say is in ``run.said``."""
    monkeypatch.setattr("serving.client.batch_run._LOOK_EVERY_S", 0.02)

    def make(*, force=False, stop=None):
        # A request that nobody made yet is false.
        stop = StopRequest() if stop is None else stop
        screen = MaskScreen()
        said = []
        monkeypatch.setattr(screen, "say", said.append)
        store = PictureFiles(folder, tmp_path / "out", (".png",), force)
        run = BatchRun(folder, tmp_path / "out", store, screen, in_flight=2, stop=stop)
        run.said = said
        return run

    return make


@pytest.fixture
def watch(make_run, eventually):
    """Watches the folder in a thread until the test is over."""
    started = []

    def start(make_result, **settings):
        stop = StopRequest()
        run = make_run(stop=stop, **settings)
        thread = threading.Thread(target=run.watch, args=(make_result,), daemon=True)
        thread.start()
        started.append((stop, thread))
        return run

    yield start
    for stop, thread in started:
        stop.signal_number = 2
        thread.join(timeout=10)
        assert not thread.is_alive()


def _upper(task, photograph):
    return photograph.upper()


def _refuse_b(task, photograph):
    if photograph == b"b.jpg":
        raise InvalidPhotograph("no picture")
    return photograph.upper()


def _failures(tmp_path):
    lines = (tmp_path / "out" / "mask_failures.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_second_run_skips_what_is_done(make_run, tmp_path):
    run = make_run()
    run.once(_upper)
    assert run.tally == RunTally(masked=3)
    assert (tmp_path / "out" / "deep" / "c.png").read_bytes() == b"DEEP/C.JPG"
    (tmp_path / "out" / "a.png").unlink()
    again = make_run()
    asked = []
    again.once(lambda task, photograph: asked.append(task.name) or photograph)
    assert asked == ["a.jpg"]
    assert again.tally == RunTally(masked=1, already_there=2)
    assert (tmp_path / "out" / "b.png").read_bytes() == b"B.JPG"


def test_force_does_all_again(make_run, tmp_path):
    make_run().once(_upper)
    run = make_run(force=True)
    run.once(lambda task, photograph: photograph)
    assert run.tally == RunTally(masked=3)
    assert (tmp_path / "out" / "b.png").read_bytes() == b"b.jpg"


def test_what_fails_is_told_listed_and_tried_again(make_run, folder, tmp_path):
    run = make_run()
    run.once(_refuse_b)
    run.save_failures()
    assert run.tally == RunTally(masked=2, failed=1)
    assert run.said == [f"{folder / 'b.jpg'}: no picture"]
    assert _failures(tmp_path) == [{"photograph": "b.jpg", "reason": "no picture"}]
    again = make_run()
    again.once(_upper)
    again.save_failures()
    assert again.tally == RunTally(masked=1, already_there=2)
    assert not (tmp_path / "out" / "mask_failures.jsonl").exists()


def test_what_is_refused_by_its_name_is_listed_too(make_run, folder, tmp_path):
    (folder / "a.png").write_bytes(b"another a")
    run = make_run()
    run.once(_upper)
    run.save_failures()
    assert run.tally == RunTally(masked=3, failed=1)
    [failure] = _failures(tmp_path)
    assert failure["photograph"] == "a.png"
    assert failure["reason"].startswith("Its result would overwrite that of ")


def test_a_run_that_is_stopped_says_what_is_left(make_run):
    stop = StopRequest()

    def make_result(task, photograph):
        stop.signal_number = 2
        return photograph

    run = make_run(stop=stop)
    run.once(make_result)
    assert 1 <= run.tally.masked <= 2
    assert run.tally.not_done == 3 - run.tally.masked


def test_without_a_server_all_is_left(make_run):
    def make_result(task, photograph):
        raise ServerUnavailable("nobody there")

    run = make_run()
    with pytest.raises(ServerUnavailable):
        run.once(make_result)
    assert run.tally == RunTally(not_done=3)


def test_a_folder_without_photographs(make_run, folder):
    for name in ("a.jpg", "b.jpg", "deep/c.jpg"):
        (folder / name).unlink()
    with pytest.raises(PlanError, match="No JPEG or PNG files in "):
        make_run().once(_upper)


def test_watching_does_what_is_there_and_what_comes(watch, folder, tmp_path, eventually):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"old")
    run = watch(_upper)
    eventually(lambda: run.tally.masked == 2)
    (folder / "new").mkdir()
    (folder / "new" / "d.jpg").write_bytes(b"d")
    eventually(lambda: run.tally.masked == 3)
    assert (tmp_path / "out" / "new" / "d.png").read_bytes() == b"D"
    assert (tmp_path / "out" / "a.png").read_bytes() == b"old"
    assert run.tally == RunTally(masked=3, already_there=1)


def test_watching_tries_again_what_failed_when_it_has_changed(watch, folder, tmp_path, eventually):
    run = watch(_refuse_b)
    eventually(lambda: run.tally.failed == 1 and run.tally.masked == 2)
    eventually(lambda: (tmp_path / "out" / "mask_failures.jsonl").exists())
    time.sleep(0.2)
    assert run.said == [f"{folder / 'b.jpg'}: no picture"]
    (folder / "b.jpg").write_bytes(b"repaired")
    eventually(lambda: run.tally == RunTally(masked=3))
    assert (tmp_path / "out" / "b.png").exists()
    eventually(lambda: not (tmp_path / "out" / "mask_failures.jsonl").exists())


def test_watching_outlives_its_server(watch, tmp_path, eventually):
    has_server = threading.Event()

    def make_result(task, photograph):
        if not has_server.is_set():
            raise ServerUnavailable("nobody there:")
        return photograph

    run = watch(make_result)
    eventually(lambda: len(run.said) == 1)
    time.sleep(0.2)
    assert run.said == ["nobody there: Trying again."]
    has_server.set()
    eventually(lambda: run.tally.masked == 3)
    assert run.tally.failed == 0


def test_watching_outlives_its_folder(watch, folder, tmp_path, eventually):
    run = watch(_upper)
    eventually(lambda: run.tally.masked == 3)
    folder.rename(tmp_path / "away")
    eventually(lambda: len(run.said) == 1)
    assert run.said[0].startswith(f"There is no {folder}: ")
    (tmp_path / "away" / "late.jpg").write_bytes(b"late")
    (tmp_path / "away").rename(folder)
    eventually(lambda: run.tally.masked == 4)
    assert run.tally == RunTally(masked=4)


def test_watching_tells_of_a_refusal_once(watch, folder, eventually):
    (folder / "a.png").write_bytes(b"another a")
    run = watch(_upper)
    eventually(lambda: run.tally.masked == 3)
    time.sleep(0.2)
    assert run.tally.failed == len(run.said) == 1


def test_watching_with_force_does_each_photograph_once(watch, folder, tmp_path, eventually):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"old")
    run = watch(_upper, force=True)
    eventually(lambda: run.tally.masked == 3)
    time.sleep(0.2)
    assert run.tally == RunTally(masked=3)
    (folder / "a.jpg").write_bytes(b"changed")
    eventually(lambda: run.tally.masked == 4)
    assert (tmp_path / "out" / "a.png").read_bytes() == b"CHANGED"
