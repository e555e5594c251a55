import io

import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console

from pipeline.config import PipelineConfig
from pipeline.local_run import EXIT_FAILED, LocalRun
from pipeline.workdir import Workdir


@pytest.fixture
def failed(tmp_path):
    """Runs on data that cannot be listed; returns the one line that says why."""

    def failed(data, *beam_options):
        console = Console(file=io.StringIO(), width=500)
        run = LocalRun(PipelineConfig(), data, Workdir(tmp_path), beam_options=beam_options)
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
