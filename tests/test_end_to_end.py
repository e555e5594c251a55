"""The whole pipeline, run the way a user runs it, on a tiny rendered sample."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tensorflow_serving.apis import prediction_log_pb2

from pipeline import features
from pipeline.run_record import last_run
from serving.client.mask_client import MaskClient
from serving.errors import ServingError
from serving.server.embedded_server import EmbeddedServer
from serving.server.servable import Servable
from serving.signing.verifier import signature_verifier
from studio.config import StudioConfig
from studio.dataset import render_dataset
from tests.report.browser import assert_shows_well
from tests.report.whole_run import SECTIONS
from trainer.dice import hard_dice

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parent.parent
STUDIO = StudioConfig(cars=12, test_cars=0, poses=4, width=96, height=64)
FAST = (
    "input.height=32",
    "input.width=32",
    "unet.filters=4",
    "unet.depth=2",
    "unet_fit.epochs=2",
    "unet_fit.patience=2",
    "cnn_fit.epochs=1",
    "data.val_fraction=0.3",
    "data.test_fraction=0.3",
    # The tiny U-Net proves nothing; these runs are about what happens after a verdict.
    "gate.baseline_margin=-1",
    "gate.dice_floor=0",
    "gate.slice_floor=0",
    "gate.slice_tolerance=1",
    "gate.max_area_error=1000",
    "gate.max_offset=1",
    # The machine may be busy.
    "server_check.max_start=280",
    "server_check.max_latency=60",
    "server_check.max_slowest=60",
)
COMPONENTS = (
    "PhotographExampleGen",
    "StatisticsGen",
    "ImportSchemaGen",
    "ExampleValidator",
    "DataCheck",
    "PhotographStatisticsGen",
    "LastBlessedStatistics",
    "DriftCheck",
    "Transform",
    "Trainer.average_mask",
    "Trainer.cnn",
    "Trainer.unet",
    "LastBlessed",
    "Gate",
    "ServerCheck",
    "ModelCard",
    "Pusher",
    "RunReport",
)
ODD = "車 <img src=x onerror=alert(1)> & co_16"
MAKES = "--make-classifier"
# They look anew in every run.
RESOLVERS = {"LastBlessed", "LastBlessedStatistics", "LastBlessedMake"}


class Runner:
    """Calls local_runner.py on one workdir."""

    def __init__(self, data: Path | str, workdir: Path) -> None:
        self.data = data
        self.workdir = workdir

    def run(self, *changes: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        settings = [part for change in (*FAST, *changes) for part in ("--set", change)]
        return subprocess.run(
            [sys.executable, "local_runner.py", "--data", str(self.data)]
            + ["--workdir", str(self.workdir), *settings, *flags],
            cwd=PROJECT,
            env=os.environ | {"COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @property
    def metadata(self) -> metadata_store_pb2.ConnectionConfig:
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(self.workdir / "metadata.sqlite")
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
        return config

    def artifacts(self) -> Counter[str]:
        """Counts the live artifacts by type."""
        store = metadata_store.MetadataStore(self.metadata)
        names = {kind.id: kind.name for kind in store.get_artifact_types()}
        return Counter(names[artifact.type_id] for artifact in store.get_artifacts())

    def summary(self) -> dict:
        return json.loads((self.workdir / "summary.json").read_text())

    def versions(self) -> set[str]:
        return set(os.listdir(self.workdir / "serving_models" / "mask"))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    return render_dataset(tmp_path_factory.mktemp("data") / "photographs", STUDIO)


@pytest.fixture(scope="module")
def runner(photographs, tmp_path_factory):
    """A workdir in which the pipeline has run once, in full."""
    runner = Runner(photographs, tmp_path_factory.mktemp("run"))
    runner.first = runner.run()
    assert runner.first.returncode == 0, runner.first.stdout + runner.first.stderr
    runner.first_summary = runner.summary()
    runner.first_record = last_run(runner.metadata)
    runner.first_artifacts = runner.artifacts()
    [runner.first_version] = runner.versions()
    return runner


@pytest.fixture
def key_pair(tmp_path):
    """A private and a public key, made as docs/signing.md says."""
    private, public = tmp_path / "signing.key", tmp_path / "signing.pub"
    for command in (
        f"openssl ecparam -name prime256v1 -genkey -noout -out {private}",
        f"openssl ec -in {private} -pubout -out {public}",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)
    return private, public


@pytest.fixture
def rerun(runner, tmp_path):
    """The same workdir, put back afterwards: its path is part of what is cached."""
    before = shutil.copytree(runner.workdir, tmp_path / "before")
    yield runner
    shutil.rmtree(runner.workdir)
    shutil.move(before, runner.workdir)


def test_first_run_executes_every_component_once(runner):
    assert set(runner.first_record.states) == set(COMPONENTS)
    executed = {name for name, state in runner.first_record.states.items() if state == "COMPLETE"}
    assert executed >= set(COMPONENTS) - RESOLVERS
    assert runner.first_artifacts == {
        "Examples": 2,  # the photographs, and what Transform made of them
        "components.Quarantine": 1,
        "components.PhotographStatistics": 1,
        "components.Drift": 1,
        "ExampleStatistics": 1,
        "Schema": 1,
        "ExampleAnomalies": 1,
        "TransformGraph": 1,
        "TransformCache": 1,
        "Model": 3,
        "ModelRun": 3,
        "ModelEvaluation": 1,
        "ModelBlessing": 1,
        "InfraBlessing": 1,
        "components.ModelCardFiles": 1,
        "PushedModel": 1,
        "components.Report": 1,
    }


def test_screen_has_a_line_per_component_and_the_verdict(runner):
    screen = runner.first.stdout
    for name in COMPONENTS:
        assert sum(line.startswith(f"  {name} ") for line in screen.splitlines()) == 1
    assert "The U-Net is blessed" in screen
    assert "Traceback" not in screen + runner.first.stderr
    assert runner.first.stderr == ""


def test_summary_counts_every_photograph(runner):
    summary = runner.first_summary
    assert sum(summary["photographs"].values()) == STUDIO.cars * STUDIO.poses
    assert sum(summary["cars"].values()) == STUDIO.cars
    assert all(count == 4 * summary["cars"][s] for s, count in summary["photographs"].items())
    assert summary["quarantined"] == {}
    assert summary["blessed"] is True
    assert [step["name"] for step in summary["steps"]][-1] == "RunReport"
    assert not any(step["cached"] for step in summary["steps"])


def test_second_run_is_cached_whole(rerun):
    again = rerun.run()
    assert again.returncode == 0, again.stdout
    record = last_run(rerun.metadata)
    assert set(record.states) == set(COMPONENTS)
    # What the resolvers find is the same.
    assert {state for name, state in record.states.items() if name not in RESOLVERS} == {"CACHED"}
    assert rerun.artifacts() == rerun.first_artifacts
    assert rerun.versions() == {rerun.first_version}


def test_mask_over_grpc_equals_the_mask_in_process_and_the_gates_score(runner):
    version = runner.workdir / "serving_models" / "mask" / runner.first_version
    with (
        EmbeddedServer(version.parent, model_name="mask") as server,
        MaskClient(server.target) as client,
        Servable.load(version) as servable,
    ):
        dice = []
        for example in _split(runner, "test"):
            image = example[features.IMAGE].bytes_list.value[0]
            sent = client.mask(image)
            reply = servable.predict({"image_bytes": np.array([image], dtype=object)})
            assert sent == reply["mask_png_bytes"][0]
            dice.append(hard_dice(_gray(example[features.MASK].bytes_list.value[0]), _gray(sent)))
    assert np.mean(dice) == pytest.approx(runner.first_summary["models"]["unet"]["test_dice"])


def test_rejected_model_is_not_pushed(rerun):
    before = rerun.versions()
    rejected = rerun.run("gate.baseline_margin=1", flags=("--fail-if-rejected",))
    assert rejected.returncode == 3, rejected.stdout
    assert "The U-Net is rejected" in rejected.stdout
    assert "Nothing was pushed" in rejected.stdout
    assert rerun.versions() == before
    assert rerun.summary()["blessed"] is False
    assert rerun.summary()["pushed"] is None


def test_pushed_model_brings_warm_up_requests_of_the_val_split(runner):
    version = runner.workdir / "serving_models" / "mask" / runner.first_version
    path = version / "assets.extra" / "tf_serving_warmup_requests"
    sent = [
        tf.make_ndarray(
            prediction_log_pb2.PredictionLog.FromString(record).predict_log.request.inputs[
                "image_bytes"
            ]
        ).item()
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    ]
    by_id = {
        example[features.IMAGE_ID].bytes_list.value[0]: example[features.IMAGE].bytes_list.value[0]
        for example in _split(runner, "val")
    }
    assert sent == [by_id[image_id] for image_id in sorted(by_id)[:4]]


def test_model_that_does_not_do_in_its_server_is_not_pushed(rerun):
    before = rerun.versions()
    rejected = rerun.run("server_check.max_memory=1", flags=("--fail-if-rejected",))
    assert rejected.returncode == 3, rejected.stdout
    assert "The U-Net is rejected" in rejected.stdout
    assert "  NO  memory of its server: " in rejected.stdout
    assert "Nothing was pushed" in rejected.stdout
    assert rerun.versions() == before
    summary = rerun.summary()
    assert all(clause["passed"] for clause in summary["reasons"])
    [failed] = [clause for clause in summary["server_reasons"] if not clause["passed"]]
    assert failed["name"] == "memory of its server"
    assert not summary["blessed"]
    assert summary["pushed"] is None


def test_signed_model_is_pushed_with_its_signature(rerun, key_pair):
    private, public = key_pair
    signed = rerun.run(f"signing.private_key={private}")
    assert signed.returncode == 0, signed.stdout
    [version] = rerun.versions() - {rerun.first_version}
    serving_directory = rerun.workdir / "serving_models" / "mask"
    verify = signature_verifier(public)
    verify(serving_directory / version)
    with pytest.raises(ServingError, match="is not signed"):
        verify(serving_directory / rerun.first_version)
    # The model is the same, only the push is not.
    states = last_run(rerun.metadata).states
    assert states["ServerCheck"] == "CACHED"
    assert states["Pusher"] == "COMPLETE"
    secret = private.read_text().splitlines()[1]
    assert secret.encode() not in (rerun.workdir / "metadata.sqlite").read_bytes()


def test_untrained_model_is_compared_with_the_last_blessed_one_and_not_pushed(rerun):
    first = rerun.summary()["models"]["unet"]["test_dice"]
    before = rerun.versions()
    untrained = rerun.run("unet_fit.epochs=0", "gate.baseline_margin=0")
    # A rejected model is a normal ending where nobody asked for more.
    assert untrained.returncode == 0, untrained.stdout
    summary = rerun.summary()
    failed = {c["name"] for c in summary["reasons"] if not c["passed"]}
    assert "beats average_mask" in failed
    assert "not worse than the last blessed model" in {c["name"] for c in summary["reasons"]}
    assert summary["blessed_dice"] == pytest.approx(first)
    assert rerun.versions() == before
    states = last_run(rerun.metadata).states
    assert states["Trainer.unet"] == "COMPLETE"
    assert states["Trainer.cnn"] == states["Transform"] == "CACHED"


def test_a_new_span_is_compared_and_starts_warm_with_what_a_search_found(rerun, tmp_path):
    # A car more: other examples than the blessed model was fitted on.
    older = render_dataset(tmp_path / "span-1", dataclasses.replace(STUDIO, cars=1))
    shutil.rmtree(older / "train")  # Whoever reads it fails.
    render_dataset(tmp_path / "span-2", dataclasses.replace(STUDIO, cars=STUDIO.cars + 1))
    retraining = Runner(f"{tmp_path}/span-{{SPAN}}", rerun.workdir)
    changes = ("warm_start=true", "tuner.trials=2", "tuner.epochs=1", "gate.blessed_tolerance=1")
    base = rerun.first_record.uris["Trainer.unet", "model"]
    for state in ("COMPLETE", "CACHED"):
        run = retraining.run(*changes)
        assert run.returncode == 0, run.stdout
        assert run.stderr == ""
        record = last_run(rerun.metadata)
        drift = json.loads(Path(record.uris["DriftCheck", "drift"], "drift.json").read_text())
        assert drift["model"] == base
        assert drift["compared"]
        assert drift["current"]["span"] == 2
        assert (drift["baseline"]["cars"], drift["current"]["cars"]) == (12, 13)
        # Also in the second run, where the model it made is the last blessed one itself.
        assert record.states["Tuner"] == record.states["Trainer.unet"] == state
        fit = json.loads(Path(record.uris["Trainer.unet", "model_run"], "fit.json").read_text())
        assert fit["started_from"] == os.path.join(base, "model.weights.h5")
        [best] = Path(record.uris["Tuner", "best_hyperparameters"]).iterdir()
        values = json.loads(best.read_text())["values"]
        assert fit["config"]["fit"]["learning_rate"] == values["learning_rate"]
    assert len(rerun.versions()) == 2
    assert _models_searched_from(rerun.metadata) == {base}


def test_make_classifier_is_pushed_beside_the_masks_model(rerun, tmp_path):
    run = rerun.run("make.fit.epochs=2", "make.gate.majority_margin=-1", flags=(MAKES,))
    assert run.returncode == 0, run.stdout
    assert run.stderr == ""
    record = last_run(rerun.metadata)
    new = {"Trainer.make", "MakeGate", "MakePusher"}
    assert {name for name, state in record.states.items() if state == "COMPLETE"} >= new
    # Nothing of the masks is done again.
    assert {
        state
        for name, state in record.states.items()
        if name not in RESOLVERS | new | {"RunReport"}
    } == {"CACHED"}
    assert rerun.versions() == {rerun.first_version}
    assert "The make classifier is blessed:" in run.stdout
    [version] = (rerun.workdir / "serving_models" / "make").iterdir()
    assert str(version) == rerun.summary()["make"]["pushed"]
    image = _split(rerun, "test")[0][features.IMAGE].bytes_list.value[0]
    with Servable.load(version) as servable:
        reply = servable.predict({"image_bytes": np.array([image], dtype=object)})
    assert reply["probabilities"][0].sum() == pytest.approx(1.0, abs=1e-5)
    page = rerun.workdir / "report" / "index.html"
    assert 'id="make-classifier"' in page.read_text()
    assert_shows_well(page, tmp_path / "browser", SECTIONS | {"make-classifier"})


def test_report_shows_well_in_a_browser(runner, tmp_path):
    page = runner.workdir / "report" / "index.html"
    assert page.stat().st_size < 5_000_000
    assert_shows_well(page, tmp_path / "browser", SECTIONS)


def test_pushed_model_brings_its_card(runner):
    version = runner.workdir / "serving_models" / "mask" / runner.first_version
    card = json.loads((version / "model_card.json").read_text())
    assert (version / "model_card.md").read_text().startswith("---\n")
    dice = runner.first_summary["models"]["unet"]["test_dice"]
    assert f"{dice:.4f}" in (version / "model_card.md").read_text()
    assert card["model_details"]["name"]


def test_bad_photographs_stop_the_run_and_are_named(photographs, tmp_path):
    broken = shutil.copytree(photographs, tmp_path / "photographs")
    victim = sorted((broken / "train").iterdir())[0]
    victim.write_bytes(victim.read_bytes()[:-200])
    # None of this stops a run: no metadata, a name with everything, photographs of next to nothing.
    (broken / "metadata.csv").unlink()
    for image_id, width in ((ODD, 2), ("dot_01", 1)):
        pixels = np.array([[255, 0]], np.uint8)[:, :width]
        cv2.imwrite(str(broken / "train" / f"{image_id}.png"), pixels)
        cv2.imwrite(str(broken / "train_masks" / f"{image_id}_mask.png"), pixels)
    runner = Runner(broken, tmp_path / "run")
    stopped = runner.run()
    assert stopped.returncode == 1
    assert "2 of 50 photographs cannot be used" in stopped.stdout
    assert f"{victim.name}: truncated image" in stopped.stdout
    # A car and backdrop take two pixels.
    assert "dot_01.png: mask is not two-valued" in stopped.stdout

    # Allowed by the user, the rest is used, and what was read before is not read again.
    allowed = runner.run("data.max_quarantine_fraction=0.05")
    assert allowed.returncode == 0, allowed.stdout
    assert runner.summary()["quarantined"] == {"mask is not two-valued": 1, "truncated image": 1}
    assert sum(runner.summary()["photographs"].values()) == STUDIO.cars * STUDIO.poses
    assert runner.summary()["cars_without_metadata"] == STUDIO.cars + 2
    page = runner.workdir / "report" / "index.html"
    assert "metadata.csv" in page.read_text()
    assert "<img src=x" not in page.read_text()
    assert_shows_well(page, tmp_path / "browser", SECTIONS)


def _models_searched_from(metadata):
    store = metadata_store.MetadataStore(metadata)
    kinds = {kind.id: kind.name for kind in store.get_execution_types()}
    searches = [
        each.id for each in store.get_executions() if kinds[each.type_id].endswith(".Tuner")
    ]
    models = {
        event.artifact_id
        for event in store.get_events_by_execution_ids(searches)
        if event.path.steps[0].key == "base_model"
    }
    return {artifact.uri for artifact in store.get_artifacts_by_id(models)}


def _split(runner, name):
    folder = Path(runner.first_record.uris["PhotographExampleGen", "examples"], f"Split-{name}")
    paths = sorted(str(path) for path in folder.glob("*.gz"))
    records = tf.data.TFRecordDataset(paths, compression_type="GZIP").as_numpy_iterator()
    return [tf.train.Example.FromString(record).features.feature for record in records]


def _gray(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
