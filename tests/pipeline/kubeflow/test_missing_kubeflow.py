"""What is said where kfp is not installed; also where it is."""

import json

import pytest
from click.testing import CliRunner

import kubeflow_runner
from pipeline.kubeflow import missing_kubeflow
from pipeline.kubeflow.compiler.package import compile_package
from pipeline.kubeflow.container import run_settings, run_step
from pipeline.kubeflow.job import KUBEFLOW_JOB, Volume
from pipeline.kubeflow.missing_kubeflow import MissingKubeflow, check_kubeflow
from tests.pipeline.kubeflow.jobs import IMAGE, ROOT, VOLUME, a_job

LINE = (
    "Kubeflow needs kfp_of_old, which is not installed: make run EXTRAS=kubeflow, or "
    "pip install '.[kubeflow]' in the checkout, with Python 3.10 or 3.11"
)


@pytest.fixture(autouse=True)
def _missing(monkeypatch):
    monkeypatch.setattr(missing_kubeflow, "_PACKAGE", "kfp_of_old")


def test_what_is_there_is_not_missed(monkeypatch):
    monkeypatch.setattr(missing_kubeflow, "_PACKAGE", "json")
    check_kubeflow()


def test_the_runner_says_it_before_it_works(tmp_path):
    output = tmp_path / "compiled" / "pipeline.yaml"
    flags = ["--image", IMAGE, "--root", ROOT, "--output", str(output)]
    flags += ["--serving-directory", f"{VOLUME.path}/mask", "--volume", f"a:{VOLUME.path}"]
    result = CliRunner().invoke(kubeflow_runner.main, flags)
    assert (result.exit_code, result.output) == (1, f"Error: {LINE}\n")
    assert not output.parent.exists()


def test_the_compiler_says_it():
    with pytest.raises(MissingKubeflow) as raised:
        compile_package(a_job())
    assert str(raised.value) == LINE


def test_the_first_task_says_it(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train_masks").mkdir()
    (tmp_path / "train" / "a_01.jpg").write_bytes(b"")
    values = {"data": str(tmp_path), "span": -1.0, "overrides": []}
    job = a_job(volume=Volume("a", str(tmp_path)), serving_directory=f"{tmp_path}/serving/mask")
    flags = ["--job", KUBEFLOW_JOB.dump_json(job).decode(), "--structure", "0" * 16]
    flags += ["--executor_input", json.dumps({"inputs": {"parameterValues": values}})]
    result = CliRunner().invoke(run_settings.main, flags)
    assert (result.exit_code, result.output) == (1, f"Error: {LINE}\n")


def test_a_step_says_it():
    with pytest.raises(SystemExit) as ended:
        run_step._run(run_step.StepCommand(()))
    assert ended.value.code == LINE
