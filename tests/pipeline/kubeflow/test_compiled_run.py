"""The compiled pipeline is run as Kubeflow would, with nothing but what the image holds."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from evaluation.scores_csv import SCORES_FILE, read_scores_csv
from pipeline import features
from pipeline.kubeflow.blessed_record import nothing_at, read_records
from pipeline.kubeflow.compiler.package import compile_package
from pipeline.kubeflow.job import Volume
from serving.server.servable import Servable
from studio.config import StudioConfig
from studio.dataset import render_dataset
from tests.pipeline.kubeflow.image_files import PROJECT, image_files
from tests.pipeline.kubeflow.jobs import ROOT, a_job
from tests.pipeline.kubeflow.launcher import FailedStep, Launcher
from tests.pipeline.kubeflow.needs_kfp import needs_kfp
from tests.test_end_to_end import FAST

pytestmark = [needs_kfp, pytest.mark.slow, pytest.mark.cluster]

STUDIO = StudioConfig(cars=12, test_cars=0, poses=4, width=96, height=64)
OWN = {"run-settings", "keep-record"}
IMPORTERS = {"drift-baseline", "drift-baseline-model", "last-blessed", "warm-start"}


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    folder = tmp_path_factory.mktemp("volume")
    render_dataset(folder / "photographs" / "span-1", STUDIO)
    return folder


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    image = image_files(tmp_path_factory.mktemp("image"))
    with Launcher(image, tmp_path_factory.mktemp("kubeflow")) as launcher:
        yield launcher


@pytest.fixture(scope="module")
def job(volume):
    return a_job(
        volume=Volume("claim", str(volume)),
        serving_directory=str(volume / "serving" / "mask"),
        data=f"{volume}/photographs/span-{{SPAN}}",
        overrides=(*FAST, "warm_start=true"),
    )


@pytest.fixture(scope="module")
def package(job):
    return compile_package(job)


@pytest.fixture(scope="module")
def first(launcher, package):
    return launcher.run(package)


@pytest.fixture(scope="module")
def served(first, job):
    del first
    record = read_records(job.serving_directory)[0]
    return Path(job.serving_directory, str(record.version))


@pytest.fixture(scope="module")
def again(launcher, package, served):
    """The same run once more, before anything else is pushed."""
    run = launcher.run(package)
    assert [path.name for path in served.parent.iterdir()] == [served.name]
    return run


@pytest.fixture(scope="module")
def second(again, launcher, package, volume):
    """A run after new photographs have come, with another setting."""
    del again
    render_dataset(volume / "photographs" / "span-2", dataclasses.replace(STUDIO, seed=9))
    return launcher.run(package, overrides=["unet_fit.epochs=1"])


@pytest.fixture(scope="module")
def local(volume, tmp_path_factory):
    """The same photographs and settings, run by local_runner.py."""
    workdir = tmp_path_factory.mktemp("local")
    subprocess.run(
        [sys.executable, "local_runner.py", "--workdir", str(workdir)]
        + ["--data", str(volume / "photographs" / "span-1")]
        + [part for change in (*FAST, "warm_start=true") for part in ("--set", change)],
        cwd=PROJECT,
        env=os.environ | {"COLUMNS": "200"},
        check=True,
        capture_output=True,
        timeout=280,
    )
    return workdir


def photographs(examples):
    files = tf.io.gfile.glob(f"{examples}/Split-{features.TEST}/*")
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    for record in records:
        example = tf.train.Example.FromString(record)
        yield example.features.feature[features.IMAGE].bytes_list.value[0]


def scores(evaluation):
    """All scores without the time that an answer took."""
    found = read_scores_csv(str(Path(evaluation, SCORES_FILE)))
    return sorted((dataclasses.replace(each, seconds=0.0) for each in found), key=str)


def test_every_step_is_run(first, package):
    assert not first.cached
    assert {"photograph-example-gen", "gate", "run-report", *OWN, *IMPORTERS} <= set(first.executed)
    assert first.executed[0] == "run-settings"


def test_the_pushed_model_is_the_one_that_the_local_runner_pushes(first, served, local, launcher):
    (version,) = (local / "serving_models" / "mask").iterdir()
    models = [Servable.load(str(each)) for each in (served, version)]
    examples = launcher.stored(first.artifacts["photograph-example-gen", "examples"]["uri"])
    asked = list(photographs(examples))
    assert len(asked) >= 4
    inputs = {"image_bytes": np.array(asked, object)}
    ours, theirs = (each.predict(inputs)["mask_png_bytes"] for each in models)
    assert ours.tolist() == theirs.tolist()


def test_the_gate_saw_what_the_local_gate_saw(first, local, launcher):
    (evaluation,) = local.glob("pipeline/Gate/evaluation/*")
    here = launcher.stored(first.artifacts["gate", "evaluation"]["uri"])
    assert len(scores(here)) > 10
    assert scores(here) == scores(evaluation)


def test_artifacts_are_kept_in_the_object_store_by_url(first, launcher):
    for (task, _), artifact in first.artifacts.items():
        if task in IMPORTERS:
            assert artifact["uri"] == nothing_at(ROOT)
            continue
        assert artifact["uri"].startswith(f"{ROOT}/studio-mask/run-1/{task}/")
        assert any(launcher.stored(artifact["uri"]).iterdir()), task
    pushed = first.artifacts["pusher", "pushed_model"]["metadata"]
    assert pushed["pushed"] == 1.0


def test_the_same_run_takes_all_from_the_cache(first, again):
    assert set(again.executed) == OWN | IMPORTERS
    assert set(again.cached) == set(first.executed) - OWN - IMPORTERS


def test_the_next_span_starts_from_the_served_model(first, second, launcher, job):
    model = first.artifacts["trainer-unet", "model"]["uri"]
    for importer in ("warm-start", "last-blessed", "drift-baseline-model"):
        assert second.artifacts[importer, "result"]["uri"] == model
    statistics = first.artifacts["photograph-statistics-gen", "statistics"]["uri"]
    assert second.artifacts["drift-baseline", "result"]["uri"] == statistics
    assert "import-schema-gen" in second.cached
    assert {"photograph-example-gen", "trainer-unet", "gate"} <= set(second.executed)
    evaluation = launcher.stored(second.artifacts["gate", "evaluation"]["uri"])
    assert {"blessed", "unet"} <= {score.model for score in scores(evaluation)}
    assert len(read_records(job.serving_directory)) == 2


def test_a_span_that_is_not_there_stops_the_first_step(launcher, package, first):
    with pytest.raises(FailedStep, match="(?s)run-settings ended with 1.*there is no span 7"):
        launcher.run(package, span=7)
