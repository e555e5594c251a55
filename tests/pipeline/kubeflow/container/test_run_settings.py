import dataclasses
import json
import os
import shutil

import pytest
from click.testing import CliRunner

from components.folder_files import UnusableFolder
from pipeline.config import PIPELINE_CONFIG
from pipeline.kubeflow.blessed_record import BlessedRecord, nothing_at, write_record
from pipeline.kubeflow.compiler.tfx_spec import RunData, structure_digest, tfx_spec, without_files
from pipeline.kubeflow.container.run_settings import AskedRun, OtherPipeline, main, run_settings
from pipeline.kubeflow.job import KUBEFLOW_JOB, Volume
from pipeline.overrides import InvalidOverride
from pipeline.writable import NotWritable
from studio.config import StudioConfig
from studio.dataset import render_dataset
from tests.pipeline.kubeflow.jobs import ROOT, a_job
from tests.pipeline.kubeflow.needs_kfp import needs_kfp

pytestmark = needs_kfp

STUDIO = StudioConfig(cars=1, test_cars=0, poses=1, width=48, height=32)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    render_dataset(folder / "span-1", STUDIO)
    render_dataset(folder / "span-2", dataclasses.replace(STUDIO, poses=2))
    return folder


@pytest.fixture
def job(tmp_path):
    return a_job(
        volume=Volume("claim", str(tmp_path)), serving_directory=f"{tmp_path}/serving/mask"
    )


def structure(job):
    return structure_digest(tfx_spec(job, without_files(job.config()), RunData()))


def settings(job, data, *overrides, span=-1):
    return run_settings(job, structure(job), AskedRun(str(data), span, overrides))


def pushed(job, version, **fields):
    os.makedirs(f"{job.serving_directory}/{version}")
    known = {
        "model": f"{ROOT}/model-{version}",
        "statistics": f"{ROOT}/statistics-{version}",
        "fingerprint": f"other-{version}",
        "identity": f"other-{version}",
        "data": "",
        "config": "",
    }
    write_record(job.serving_directory, BlessedRecord(version=version, **(known | fields)))


def test_the_newest_span_is_found_when_the_run_starts(job, photographs):
    pattern = f"{photographs}/span-{{SPAN}}"
    newest = settings(job, pattern)
    assert newest["photograph_example_gen__data"] == pattern
    assert newest["photograph_example_gen__fingerprint"] == newest["fingerprint"]
    assert newest["fingerprint"] == settings(job, pattern, span=2)["fingerprint"]
    older = settings(job, pattern, span=1)
    assert older["fingerprint"] != newest["fingerprint"]
    spans = json.loads(older["photograph_example_gen__config"])["spans"]
    assert spans["span"] == 1


def test_overrides_reach_the_steps(job, photographs):
    asked = settings(job, photographs / "span-1", "unet_fit.epochs=3", "gate.dice_floor=0.5")
    trainer = json.loads(asked["trainer_unet__custom_config"])
    assert json.loads(trainer["trainer"])["fit"]["epochs"] == 3
    assert json.loads(asked["gate__config"])["dice_floor"] == 0.5
    config = PIPELINE_CONFIG.validate_json(asked["config"])
    assert config == job.config("unet_fit.epochs=3", "gate.dice_floor=0.5")


def test_another_fit_has_another_identity(job, photographs):
    data = photographs / "span-1"
    identity = settings(job, data)["identity"]
    assert settings(job, data, "gate.dice_floor=0.5")["identity"] == identity
    assert settings(job, data, "unet_fit.epochs=3")["identity"] != identity
    assert settings(job, photographs / "span-2")["identity"] != identity


def test_before_the_first_push_there_is_no_earlier_model(job, photographs):
    found = settings(job, photographs / "span-1")
    for importer in ("LastBlessed", "DriftBaseline", "DriftBaselineModel"):
        assert found[importer] == nothing_at(ROOT)
    assert "WarmStart" not in found


def test_the_newest_other_model_is_compared_with(job, photographs):
    job = dataclasses.replace(job, overrides=("warm_start=true",))
    data = photographs / "span-1"
    pushed(job, 1)
    pushed(job, 2)
    found = settings(job, data)
    assert found["LastBlessed"] == found["WarmStart"] == f"{ROOT}/model-2"
    assert found["DriftBaselineModel"] == f"{ROOT}/model-2"
    assert found["DriftBaseline"] == f"{ROOT}/statistics-2"
    # What this very run fitted before is no other model, nor are its photographs others.
    pushed(job, 3, fingerprint=found["fingerprint"], identity=found["identity"])
    assert settings(job, data) == found
    # The same photographs with another fit: to be compared with, not to be started from.
    pushed(job, 4, fingerprint=found["fingerprint"])
    again = settings(job, data)
    assert (again["LastBlessed"], again["WarmStart"]) == (f"{ROOT}/model-4", f"{ROOT}/model-2")


def test_a_make_classifier_is_looked_up_among_its_own(job, photographs):
    job = dataclasses.replace(job, overrides=("make.enabled=true",))
    pushed(job, 1)
    os.makedirs(f"{job.make_serving_directory}/5")
    record = BlessedRecord(5, f"{ROOT}/make", "", "f", "i", "", "")
    write_record(job.make_serving_directory, record)
    found = settings(job, photographs / "span-1")
    assert found["LastBlessedMake"] == f"{ROOT}/make"
    assert found["LastBlessed"] == f"{ROOT}/model-1"


@pytest.mark.parametrize("override", ["make.enabled=true", "warm_start=true", "tuner.trials=2"])
def test_overrides_that_add_steps_are_refused(job, photographs, override):
    with pytest.raises(OtherPipeline, match="the overrides add or remove steps"):
        settings(job, photographs / "span-1", override)


def test_another_version_of_the_code_is_refused(job, photographs):
    asked = AskedRun(str(photographs / "span-1"))
    with pytest.raises(OtherPipeline, match="registry.example/studio-mask:0.1.0 holds other code"):
        run_settings(job, "0123456789abcdef", asked)


def test_what_cannot_be_used_is_said_before_any_step(job, photographs, tmp_path):
    with pytest.raises(InvalidOverride, match="no field 'unet.fliters'"):
        settings(job, photographs / "span-1", "unet.fliters=3")
    with pytest.raises(UnusableFolder, match="there is no span 3"):
        settings(job, f"{photographs}/span-{{SPAN}}", span=3)
    with pytest.raises(UnusableFolder, match="nowhere"):
        settings(job, tmp_path / "nowhere")
    shutil.rmtree(tmp_path / "serving", ignore_errors=True)
    (tmp_path / "serving").write_text("a file in its place")
    with pytest.raises(NotWritable, match=f"{job.serving_directory} cannot be written"):
        settings(job, photographs / "span-1")


class TestCommand:
    def call(self, job, data, outputs, overrides=()):
        values = {"data": str(data), "span": -1.0, "overrides": list(overrides)}
        parameters = (
            {
                name: {"outputFile": str(outputs / name)}
                for name in settings(job, data or "/", *()) | {}
            }
            if data
            else {}
        )
        step = {
            "inputs": {"parameterValues": values},
            "outputs": {"parameters": parameters},
        }
        flags = ["--job", KUBEFLOW_JOB.dump_json(job).decode(), "--structure", structure(job)]
        flags += ["--executor_input", json.dumps(step)]
        return CliRunner().invoke(main, flags)

    def test_every_output_is_written(self, job, photographs, tmp_path):
        data = photographs / "span-1"
        assert self.call(job, data, tmp_path / "outputs").exit_code == 0
        written = {path.name: path.read_text() for path in (tmp_path / "outputs").iterdir()}
        assert written == settings(job, data)

    def test_errors_are_one_line(self, job, photographs, tmp_path):
        result = self.call(job, photographs / "span-1", tmp_path, ["unet.fliters=3"])
        assert (result.exit_code, result.output.count("\n")) == (1, 1)
        assert result.output.startswith("Error: --set unet.fliters=3: no field")
        assert "where are photographs" in self.call(job, "", tmp_path).output
