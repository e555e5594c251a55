import errno
import io
import os
import sys

import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console

from pipeline.beam_runner import FLINK, PORTABLE, BeamRunner
from pipeline.config import BulkConfig, PipelineConfig
from pipeline.local_run import EXIT_FAILED, LocalRun
from pipeline.workdir import Workdir

CONFIG = PipelineConfig()


@pytest.fixture
def failed(tmp_path):
    """Runs on data that cannot be listed; returns the one line that says why."""

    def failed(data, *beam_options, config=CONFIG, **beam):
        console = Console(file=io.StringIO(), width=500)
        runner = BeamRunner(options=beam_options, **beam)
        run = LocalRun(config, data, Workdir(tmp_path), beam=runner)
        assert run.execute(console) == EXIT_FAILED
        return console.file.getvalue().strip().splitlines()[0]

    yield failed
    FileSystems.set_options(PipelineOptions([]))


def test_options_for_beam_reach_the_file_system(failed):
    assert failed("hdfs://photos/x") == "hdfs://photos/x: hdfs_host is not set"
    options = ("hdfs_host=127.0.0.1", "hdfs_port=1", "hdfs_user=somebody")
    assert "host='127.0.0.1', port=1" in failed("hdfs://photos/x", *options)


def test_a_pattern_that_nothing_fits(failed, tmp_path):
    pattern = f"{tmp_path}/span-{{SPAN}}"
    assert failed(pattern).startswith(f"{pattern}: no folder fits; there should be one such as ")


def test_a_scheme_that_nobody_knows(failed):
    assert failed("ftp://host/photos").startswith("ftp://host/photos: ")


def test_a_runner_that_lacks_an_option_stops_the_run_before_the_sample_is_rendered(
    failed, tmp_path
):
    assert failed(None, name=FLINK).startswith("FlinkRunner needs --beam-option flink_master=...")
    assert not (tmp_path / "photographs").exists()
    assert not (tmp_path / "metadata.sqlite").exists()


def test_workers_elsewhere_see_neither_the_data_nor_the_workdir(failed, tmp_path):
    options = ("job_endpoint=127.0.0.1:1", "environment_type=DOCKER", "environment_config=image")
    said = failed(str(tmp_path), *options, name=PORTABLE)
    assert said.startswith(f"--data {tmp_path} is on this machine")
    said = failed("gs://bucket/photographs", *options, name=PORTABLE)
    assert said.startswith(f"--workdir {tmp_path} is on this machine")
    said = failed(str(tmp_path), *options, name=PORTABLE, shared_folders=(str(tmp_path),))
    assert "job_endpoint=127.0.0.1:1: nobody answers there" in said


def test_nor_photographs_that_are_to_be_masked_in_the_end(failed, tmp_path):
    options = ("job_endpoint=127.0.0.1:1", "environment_type=DOCKER", "environment_config=image")
    beam = {"name": PORTABLE, "shared_folders": (str(tmp_path),)}
    for place in ("/photographs", "photographs"):
        config = PipelineConfig(bulk=BulkConfig(photographs=place))
        said = failed(str(tmp_path), *options, config=config, **beam)
        assert said.startswith(f"bulk.photographs {place} is on this machine")
    config = PipelineConfig(bulk=BulkConfig(photographs=f"{tmp_path}/photographs"))
    said = failed(str(tmp_path), *options, config=config, **beam)
    assert "nobody answers there" in said


def test_a_full_disk_is_one_line_even_if_the_log_lies_on_it(failed, monkeypatch, tmp_path):
    def fill(self, screen):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "photographs")

    monkeypatch.setattr(LocalRun, "_photographs", fill)
    with open("/dev/full", "wb", buffering=0) as log:
        stderr = io.TextIOWrapper(log, write_through=True)
        monkeypatch.setattr(sys, "stderr", stderr)
        line = failed("photographs")
        stderr.detach()
    assert line.startswith(f"no space is left on the disk of {tmp_path} (")
