import json
import threading
import time
from types import SimpleNamespace

import pytest

from trainer.fit import run_fn
from trainer.fit_job import JOBS_VARIABLE, START_VARIABLE, FitJob, FitJobFailed, hands_over
from trainer.gpu_process import ARGUMENTS


@pytest.fixture
def arguments():
    values = {name: f"the {name}" for name in ARGUMENTS}
    return SimpleNamespace(**values | {"custom_config": {"trainer": '{"model": "unet"}'}})


@pytest.fixture
def job(tmp_path):
    return FitJob(tmp_path / "jobs", "unet")


@pytest.fixture
def machine(job):
    """Does something with the offer, as a machine would, while the step waits."""
    threads = []

    def machine(do):
        threads.append(threading.Thread(target=lambda: do(*job.wait_for_offer(20))))
        threads[-1].start()

    yield machine
    for thread in threads:
        thread.join()


def test_only_the_unet_and_only_when_asked(arguments, monkeypatch):
    monkeypatch.delenv(JOBS_VARIABLE, raising=False)
    assert not hands_over(arguments)
    monkeypatch.setenv(JOBS_VARIABLE, "/jobs")
    assert hands_over(arguments)
    arguments.custom_config["trainer"] = '{"model": "cnn"}'
    assert not hands_over(arguments)


def test_the_step_hands_its_arguments_over_and_waits(job, arguments, machine, monkeypatch):
    seen = []

    def fit(attempt, fn_args):
        seen.append(fn_args)
        with job.alive(attempt):
            job.close(attempt)

    machine(fit)
    monkeypatch.setenv(JOBS_VARIABLE, str(job.folder))
    run_fn(arguments)
    assert seen == [arguments]
    # Whoever comes late finds nothing to do.
    assert not job.arguments_file.exists()


def test_the_first_reason_is_the_one_to_tell(job, arguments, machine):
    def fail(attempt, fn_args):
        job.close(attempt, "ValueError: no photographs")
        job.close(attempt, "UnavailableError: a machine is gone")
        job.close(attempt)

    machine(fail)
    attempt = job.offer(arguments)
    with pytest.raises(FitJobFailed, match="failed: ValueError: no photographs. Run the pipeline"):
        job.wait_for_outcome(attempt, start=20, silence=20)


def test_what_an_earlier_attempt_left_does_not_count(job, arguments):
    earlier = job.offer(arguments)
    job.close(earlier)
    attempt = job.offer(arguments)
    with job.alive(earlier):
        job.close(earlier, "late")
        with pytest.raises(FitJobFailed, match="did not begin within 0.1 seconds"):
            job.wait_for_outcome(attempt, start=0.1, silence=20)
    job.close(attempt)
    job.wait_for_outcome(attempt, start=0, silence=0)


def test_machines_that_never_come(job, arguments, monkeypatch):
    monkeypatch.setenv(JOBS_VARIABLE, str(job.folder))
    monkeypatch.setenv(START_VARIABLE, "0.1")
    with pytest.raises(FitJobFailed, match="did not begin within 0.1 seconds. See their logs"):
        run_fn(arguments)
    assert not job.arguments_file.exists()


def test_a_chief_that_is_gone(job, arguments):
    attempt = job.offer(arguments)
    with job.alive(attempt):
        while not job.life_file.exists():
            time.sleep(0.01)
    with pytest.raises(FitJobFailed, match="gave no sign of life for 0.2 seconds"):
        job.wait_for_outcome(attempt, start=20, silence=0.2)


def test_an_offer_that_a_killed_step_left(job, arguments):
    job.offer(arguments)
    with pytest.raises(FitJobFailed, match="no Trainer step offered a fit within 0.2 seconds"):
        job.wait_for_offer(0.2)


def test_nobody_offers_a_fit(job):
    with pytest.raises(
        FitJobFailed, match=f"within 0 seconds. Start the pipeline with {JOBS_VARIABLE}"
    ):
        job.wait_for_offer(0)


def test_what_is_written_is_json(job, arguments):
    attempt = job.offer(arguments)
    written = json.loads(job.arguments_file.read_text())
    assert written == {"attempt": attempt, "beat": 0, "arguments": vars(arguments)}
    assert [path.name for path in job.folder.iterdir()] == ["unet.json"]
