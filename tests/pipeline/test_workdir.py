import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import DataConfig
from pipeline.workdir import Workdir, WorkdirError
from pipeline.writable import NotWritable
from studio.config import StudioConfig


@pytest.fixture
def workdir(tmp_path):
    return Workdir(tmp_path / "runs" / "sample")


def push(workdir, *versions):
    for version in versions:
        (workdir.serving_directory / version).mkdir(parents=True)


class TestServedVersion:
    def test_before_the_first_push_there_is_none(self, workdir):
        assert workdir.served_version() is None
        push(workdir, ".incoming", "notes")
        assert workdir.served_version() is None

    def test_is_the_highest_number(self, workdir):
        push(workdir, "9", "100", "20", ".999", "999x")
        assert workdir.served_version() == workdir.serving_directory / "100"


class TestLock:
    # In a process of its own, as another run would be.
    PROGRAM = (
        "import sys; from pathlib import Path; from pipeline.workdir import Workdir\n"
        "with Workdir(Path(sys.argv[1])).locked(): print('got it')"
    )

    def other_run(self, workdir):
        return subprocess.run(
            [sys.executable, "-c", self.PROGRAM, str(workdir.path)], capture_output=True, text=True
        )

    def test_keeps_another_run_away_until_it_is_let_go(self, workdir):
        with workdir.locked():
            kept_away = self.other_run(workdir)
        assert kept_away.returncode == 1
        assert f"another run is at work in {workdir.path}" in kept_away.stderr
        assert self.other_run(workdir).stdout == "got it\n"

    def test_is_let_go_when_a_run_fails(self, workdir):
        def fail():
            with workdir.locked():
                raise ValueError("a step")

        with pytest.raises(ValueError, match="a step"):
            fail()
        assert self.other_run(workdir).returncode == 0

    def test_dies_with_a_killed_run_though_what_it_started_lives_on(self, workdir):
        program = (
            "import os, subprocess, sys, time; from pathlib import Path\n"
            "from pipeline.workdir import Workdir\n"
            "with Workdir(Path(sys.argv[1])).locked():\n"
            "    started = subprocess.Popen(['sleep', '60'])\n"
            "    forked = os.fork()\n"
            "    if forked:\n"
            "        print(started.pid, forked, flush=True)\n"
            "    time.sleep(60)"
        )
        run = subprocess.Popen(
            [sys.executable, "-c", program, str(workdir.path)], stdout=subprocess.PIPE, text=True
        )
        children = [int(pid) for pid in run.stdout.readline().split()]
        try:
            assert "another run is at work" in self.other_run(workdir).stderr
            run.kill()
            run.wait()
            assert self.other_run(workdir).stdout == "got it\n"
            for child in children:
                os.kill(child, 0)  # Raises if it is gone.
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
            run.stdout.close()

    def test_of_another_folder_does_not_matter(self, workdir, tmp_path):
        with workdir.locked():
            assert self.other_run(Workdir(tmp_path / "other")).returncode == 0


class TestSplit:
    FIRST, OTHER = DataConfig(0.1, 0.2), DataConfig(0.1, 0.25)

    def test_another_split_is_refused_once_a_model_was_pushed_with_the_first(self, workdir):
        push(workdir, "7")
        workdir.conclude_split(self.FIRST, pushed=True)
        with pytest.raises(
            WorkdirError, match=r"'test_fraction': 0\.2}, this run asks for .*0\.25}.*--workdir"
        ):
            workdir.check_split(self.OTHER, warm_start=False)

    def test_the_same_split_passes_whatever_else_changes(self, workdir):
        push(workdir, "7")
        workdir.conclude_split(self.FIRST, pushed=True)
        workdir.check_split(DataConfig(0.1, 0.2, max_quarantine_fraction=0.9), warm_start=True)

    def test_before_the_first_push_every_split_passes(self, workdir):
        workdir.path.mkdir(parents=True)
        workdir.check_split(self.FIRST, warm_start=False)
        workdir.conclude_split(self.FIRST, pushed=True)
        workdir.check_split(self.OTHER, warm_start=False)

    def test_a_warm_start_remembers_models_that_were_removed(self, workdir):
        workdir.path.mkdir(parents=True)
        workdir.conclude_split(self.FIRST, pushed=True)
        workdir.check_split(self.OTHER, warm_start=False)
        with pytest.raises(WorkdirError, match="were fitted with"):
            workdir.check_split(self.OTHER, warm_start=True)


class TestSplitOfAKilledRun:
    FIRST, OTHER = DataConfig(0.1, 0.2), DataConfig(0.1, 0.25)

    def test_that_pushed_is_remembered(self, workdir):
        push(workdir, "6")
        workdir.announce_split(self.FIRST)
        push(workdir, "7")
        with pytest.raises(WorkdirError, match=r"'test_fraction': 0\.2}, this run asks"):
            workdir.check_split(self.OTHER, warm_start=False)
        workdir.check_split(self.FIRST, warm_start=False)

    def test_that_pushed_nothing_is_forgotten(self, workdir):
        push(workdir, "6")
        workdir.conclude_split(self.OTHER, pushed=True)
        workdir.announce_split(self.FIRST)
        workdir.check_split(self.OTHER, warm_start=False)
        # Also later, when another run has pushed.
        push(workdir, "7")
        workdir.check_split(self.OTHER, warm_start=False)

    def test_before_the_first_push_is_forgotten(self, workdir):
        workdir.path.mkdir(parents=True)
        workdir.announce_split(self.FIRST)
        workdir.check_split(self.OTHER, warm_start=True)
        assert list(workdir.path.iterdir()) == []

    def test_a_run_that_ends_leaves_nothing_to_settle(self, workdir):
        workdir.path.mkdir(parents=True)
        workdir.announce_split(self.FIRST)
        workdir.conclude_split(self.FIRST, pushed=False)
        assert list(workdir.path.iterdir()) == []


class TestWritable:
    def test_a_new_one_is_made_and_left_empty(self, workdir):
        workdir.check_writable()
        assert list(workdir.path.iterdir()) == []

    @pytest.mark.parametrize("name", [".lock", "metadata.sqlite", "logs/local_runner.log"])
    def test_a_folder_where_a_file_belongs_is_refused(self, workdir, name):
        (workdir.path / name).mkdir(parents=True)
        with pytest.raises(NotWritable, match=f"{name} is a folder where a file belongs"):
            workdir.check_writable()

    @pytest.mark.parametrize("name", ["pipeline", "serving_models/mask", "logs", "report"])
    def test_a_file_where_a_folder_belongs_is_refused(self, workdir, name):
        (workdir.path / name).parent.mkdir(parents=True)
        (workdir.path / name).touch()
        with pytest.raises(NotWritable, match=f"{name} cannot be written: File exists"):
            workdir.check_writable()


class TestPhotographs:
    SMALL = StudioConfig(cars=1, test_cars=0, width=48, height=32, poses=1)

    def test_a_rendering_of_another_version_is_removed(self, workdir):
        folder = workdir.path / "photographs"
        folder.mkdir(parents=True)
        (folder / "studio.json").write_text("{}")
        assert workdir.photographs(self.SMALL) == folder
        assert not folder.exists()

    def test_a_folder_that_the_studio_did_not_write_stays(self, workdir):
        folder = workdir.path / "photographs"
        folder.mkdir(parents=True)
        (folder / "mine.jpg").touch()
        workdir.photographs(self.SMALL)
        assert [path.name for path in Path(folder).iterdir()] == ["mine.jpg"]
