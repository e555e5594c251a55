import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from batch_runner import main
from pipeline import gpu
from studio.config import StudioConfig
from studio.dataset import render_dataset
from tests.batch import exported_models

PROJECT = Path(__file__).parent.parent
NEEDED = ("--model", "m", "--input", "i", "--output", "o")


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Runs with arguments that must be refused before anything is written; returns the text."""

    def refused(*arguments):
        monkeypatch.chdir(tmp_path)
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert list(Path().iterdir()) == []
        return " ".join(result.output.split())

    return refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (NEEDED[2:], "--model is missing"),
        ((*NEEDED[:2], *NEEDED[4:]), "--input is missing"),
        (NEEDED[:4], "--output is missing"),
        ((*NEEDED, "--format", "png", "--gzip"), "--gzip need --format rle"),
        ((*NEEDED, "--background", "#fff"), "need --format composite"),
        ((*NEEDED, "--feather", "2"), "--feather has no meaning for --format rle"),
        ((*NEEDED, "--tile-overlap", "2"), "--tile-overlap needs --tile"),
        ((*NEEDED, "--tile", "20"), "'20' is no size: write WIDTHxHEIGHT"),
        ((*NEEDED, "--tile", "20x30", "--tile-overlap", "20"), "cannot overlap by 20 pixels"),
        ((*NEEDED, "--threshold", "1"), "Invalid value for '--threshold'"),
        ((*NEEDED, "--format", "gif"), "Invalid value for '--format'"),
        (("--check", "s.csv", *NEEDED), "leave out --input, --model, --output"),
        (("--check", "s.csv", "--gzip"), "--check validates a file: leave out --gzip"),
        (("--check", "s.csv", "--workdir", "w"), "leave out --workdir"),
        ((*NEEDED, "--image-size", "2x1"), "--image-size needs --check"),
        ((*NEEDED, "--workdir", "w"), "--workdir needs --model blessed"),
    ],
)
def test_flags_that_do_not_go_together(refused, arguments, message):
    assert message in refused(*arguments)


def test_of_a_gpus_memory_it_takes_what_it_needs(tmp_path, monkeypatch):
    growth, visible = "TF_FORCE_GPU_ALLOW_GROWTH", "CUDA_VISIBLE_DEVICES"
    monkeypatch.setenv(growth, "")  # So that it is set back in the end.
    monkeypatch.delenv(growth)
    monkeypatch.setenv(visible, "3")
    monkeypatch.setattr(gpu, "has_gpu", lambda: True)
    loaded = {}

    class BatchCommand(ModuleType):
        """Stands for batch.batch_command, which loads TensorFlow."""

        def __getattr__(self, name):
            loaded.update(os.environ)
            return lambda *_: 0

    monkeypatch.setitem(sys.modules, "batch.batch_command", BatchCommand("batch.batch_command"))
    arguments = (*NEEDED[:4], "--output", str(tmp_path / "out"))
    assert CliRunner().invoke(main, arguments, catch_exceptions=False).exit_code == 0
    assert loaded[growth] == "true"
    # It may well use the GPU.
    assert loaded[visible] == "3"


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("file/out", "file cannot be written: File exists; take another folder"),
        ("folder", "folder.log is a folder where a file belongs; remove it"),
    ],
)
def test_a_log_that_cannot_be_written(tmp_path, output, message):
    (tmp_path / "file").touch()
    (tmp_path / "folder.log").mkdir()
    result = CliRunner().invoke(main, [*NEEDED[:5], str(tmp_path / output)])
    assert result.exit_code == 1
    assert message in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.log"]


def test_help_names_every_flag():
    result = CliRunner().invoke(main, ["-h"])
    assert result.exit_code == 0
    for flag in ("--model", "--input", "--output", "--format", "--sample-submission", "--check"):
        assert flag in result.output


class TestCheck:
    @pytest.fixture
    def check(self, tmp_path):
        def check(text, *arguments):
            path = tmp_path / "submission.csv.gz"
            path.write_bytes(gzip.compress(text.encode()))
            return CliRunner().invoke(main, ["--check", str(path), *arguments])

        return check

    def test_a_good_one(self, check):
        result = check("img,rle_mask\na.jpg,1 2\nb.jpg,\n", "--image-size", "2x1")
        assert result.exit_code == 0
        assert "2 rows of 2x1, 1 without a mask: no fault" in result.output

    def test_a_bad_one(self, check, tmp_path):
        sample = tmp_path / "sample.csv"
        sample.write_text("img,rle_mask\na.jpg,1 1\nc.jpg,1 1\n")
        result = check(
            "img,rle_mask\na.jpg,2 2\n", "--image-size", "2x1", "--sample-submission", str(sample)
        )
        assert result.exit_code == 1
        assert "line 2: a.jpg: a run leaves the 2x1 image" in result.output
        assert "c.jpg is missing" in result.output
        assert "1 rows of 2x1, 0 without a mask: 2 faults" in result.output

    def test_the_size_is_the_challenges_if_none_is_given(self, check):
        assert check("img,rle_mask\na.jpg,2455040 1\n").exit_code == 0
        assert check("img,rle_mask\na.jpg,2455040 2\n").exit_code == 1


@pytest.mark.slow
def test_a_run_that_is_killed_twice_ends_with_every_photograph_once(tmp_path):
    studio = StudioConfig(cars=20, test_cars=0, width=96, height=64)
    folder = render_dataset(tmp_path / "studio", studio) / "train"
    expected = sorted(path.name for path in folder.iterdir())
    assert len(expected) == 320
    model = exported_models.export(tmp_path / "model" / "1")
    output = tmp_path / "out"
    command = [sys.executable, "batch_runner.py", "--model", str(tmp_path / "model")]
    command += ["--input", f"{folder}/*.jpg", "--output", str(output), "--shard-size", "4"]
    # One at a time, so that there is time to kill it.
    command += ["--batch-size", "1", "--beam-option", "direct_num_workers=1"]
    shards = output / "shards"

    done = 0
    for _ in range(2):
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 200
            while len(list(shards.glob("*.json"))) < done + 5:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        kept = len(list(shards.glob("*.json")))
        assert done < kept < 80
        done = kept
        assert not (output / "submission.csv").exists()

    last = subprocess.run(
        command, cwd=PROJECT, env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True
    )
    assert last.returncode == 0, last.stdout
    assert f"320 photographs; {4 * done} of them done before" in last.stdout
    lines = (output / "submission.csv").read_text().splitlines()
    assert lines[0] == "img,rle_mask"
    assert [line.split(",")[0] for line in lines[1:]] == expected
    summary = json.loads((output / "summary.json").read_text())
    assert summary["masks"] == 320
    assert summary["models"] == [model]
    assert summary["masked_by_this_run"] == 320 - 4 * done
    # As if it had never been killed.
    whole = subprocess.run(
        [*command[:7], str(tmp_path / "whole")], cwd=PROJECT, capture_output=True, text=True
    )
    assert whole.returncode == 0, whole.stdout
    assert (tmp_path / "whole" / "submission.csv").read_text().splitlines() == lines
