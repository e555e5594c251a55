"""A whole run whose photographs are masked by two worker processes of a Beam job server."""

import io
import json
import time

import pytest
from rich.console import Console

from batch import progress_line
from batch.batch_command import run_batch
from batch.batch_options import BatchOptions
from pipeline.beam_runner import PORTABLE, BeamRunner
from studio.config import StudioConfig
from studio.dataset import render_dataset
from tests.two_worker_engine import two_worker_engine

pytestmark = [pytest.mark.slow, pytest.mark.cluster]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with two_worker_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def run(tmp_path, exported):
    """Runs with a runner; returns exit code, screen, and the output folder."""
    studio = StudioConfig(cars=1, poses=12, test_cars=0, width=96, height=64)
    folder = render_dataset(tmp_path / "studio", studio) / "train"
    (folder / "broken.jpg").write_bytes(next(folder.iterdir()).read_bytes()[:300])

    def run(name, runner, **choices):
        options = BatchOptions(
            (exported(),),
            (str(folder),),
            str(tmp_path / name),
            batch_size=2,
            shard_size=3,
            runner=runner,
            **choices,
        )
        screen = io.StringIO()
        code = run_batch(options, Console(file=screen, width=400), tmp_path / "out.log")
        return code, screen.getvalue(), tmp_path / name

    run.folder = folder
    return run


def test_two_workers_of_a_job_server_write_the_same_submission(run, engine, tmp_path, monkeypatch):
    for name in ("_LINE_EVERY_S", "_LOOK_EVERY_S"):
        monkeypatch.setattr(progress_line, name, 0.2)
    names = sorted(path.name for path in run.folder.glob("*_??.jpg"))
    assert len(names) == 12
    _, _, by_threads = run("threads", BeamRunner())
    runner = BeamRunner(PORTABLE, engine.options, "", (str(tmp_path.parent),))

    started = time.monotonic()
    code, screen, by_workers = run("workers", runner)
    seconds = time.monotonic() - started
    assert code == 0, screen
    assert engine.started_workers() == 2
    header, *rows = (by_workers / "submission.csv").read_text().splitlines()
    assert header == "img,rle_mask"
    assert [row.partition(",")[0] for row in rows] == names
    for what in ("submission.csv", "quarantine.jsonl"):
        assert (by_workers / what).read_bytes() == (by_threads / what).read_bytes()
    [aside] = (by_workers / "quarantine.jsonl").read_text().splitlines()
    assert json.loads(aside)["reason"] == "truncated image"
    # Workers elsewhere report nothing: what is known of them lies in the output.
    assert "13 photographs; model" in screen
    assert "/13 photographs, " in screen
    summary = json.loads((by_workers / "summary.json").read_text())
    # It is rounded to two digits.
    assert summary["photographs_per_second"] >= 13 / seconds - 0.005
