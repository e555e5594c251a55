import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import DataConfig
from pipeline.workdir import Workdir, WorkdirError
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

    def test_of_another_folder_does_not_matter(self, workdir, tmp_path):
        with workdir.locked():
            assert self.other_run(Workdir(tmp_path / "other")).returncode == 0


class TestSplit:
    FIRST, OTHER = DataConfig(0.1, 0.2), DataConfig(0.1, 0.25)

    def test_another_split_is_refused_once_a_model_was_pushed_with_the_first(self, workdir):
        push(workdir, "7")
        workdir.remember_split(self.FIRST)
        with pytest.raises(
            WorkdirError, match=r"'test_fraction': 0\.2}, this run asks for .*0\.25}.*--workdir"
        ):
            workdir.check_split(self.OTHER, warm_start=False)

    def test_the_same_split_passes_whatever_else_changes(self, workdir):
        push(workdir, "7")
        workdir.remember_split(self.FIRST)
        workdir.check_split(DataConfig(0.1, 0.2, max_quarantine_fraction=0.9), warm_start=True)

    def test_before_the_first_push_every_split_passes(self, workdir):
        workdir.path.mkdir(parents=True)
        workdir.check_split(self.FIRST, warm_start=False)
        workdir.remember_split(self.FIRST)
        workdir.check_split(self.OTHER, warm_start=False)

    def test_a_warm_start_remembers_models_that_were_removed(self, workdir):
        workdir.path.mkdir(parents=True)
        workdir.remember_split(self.FIRST)
        workdir.check_split(self.OTHER, warm_start=False)
        with pytest.raises(WorkdirError, match="were fitted with"):
            workdir.check_split(self.OTHER, warm_start=True)


class TestSchema:
    def test_path_changes_with_the_content_and_only_with_it(self, workdir, tmp_path):
        source = tmp_path / "schema.pbtxt"
        source.write_text("one")
        first = workdir.schema(source)
        assert (first.name, first.read_text()) == ("schema.pbtxt", "one")
        assert workdir.schema(source) == first
        source.write_text("two")
        second = workdir.schema(source)
        assert second != first
        assert (first.read_text(), second.read_text()) == ("one", "two")


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
