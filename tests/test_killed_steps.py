"""Every step is killed in its middle, in one workdir; the result is that of an undisturbed run.

The workdir lies on a small disk of its own, where the user may mount one; then that is filled in
the middle of some steps too.
"""

import json
import os
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.run_record import last_run
from studio.config import StudioConfig
from studio.dataset import render_dataset
from tests.forked_runs import CLOSING, FILLER, SERVING, UNPUBLISHED, Ended, ForkedRuns
from tests.test_end_to_end import COMPONENTS, FAST, RESOLVERS

pytestmark = pytest.mark.slow

STUDIO = StudioConfig(cars=6, test_cars=0, poses=2, width=96, height=64)
DISK = "64m"
# In the order in which the steps run: the step, and the write at which it happens; what is written
# before that is there, what comes after is not.
FAULTS = (
    ("fill", "ImportSchemaGen", UNPUBLISHED),  # SQLite cannot be told.
    ("kill", "ImportSchemaGen", 1),
    ("fill", "PhotographExampleGen", 2),  # TensorFlow's record writer, in C++.
    ("kill", "PhotographExampleGen", 5),  # One split of three has its file.
    ("kill", "LastBlessedStatistics", UNPUBLISHED),
    ("kill", "PhotographStatisticsGen", 8),
    ("kill", "StatisticsGen", 5),
    ("kill", "DriftCheck", 2),
    ("kill", "ExampleValidator", 2),
    ("kill", "DataCheck", UNPUBLISHED),  # It writes nothing.
    ("fill", "Transform", 3),  # SavedModels, and Beam's files.
    ("kill", "Transform", 12),
    ("kill", "Trainer.average_mask", 3),
    ("kill", "Trainer.cnn", 6),  # Half of the exported model.
    ("fill", "Trainer.unet", 3),  # The backup of the fit.
    ("kill", "Trainer.unet", 7),  # In the second of two epochs, after the first one's backup.
    ("kill", "LastBlessed", UNPUBLISHED),
    ("kill", "Gate", 14),
    ("kill", "ServerCheck", SERVING),
    ("kill", "ModelCard", 2),
    ("fill", "Pusher", 3),
    ("kill", "Pusher", 8),  # Half of the version.
    ("kill", "Pusher", UNPUBLISHED),  # The version is there; ML Metadata knows nothing of it.
    ("kill", "RunReport", 3),
    ("kill", CLOSING, 10),
)


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Runs everything: the undisturbed run beside the disturbed ones."""
    folder = tmp_path_factory.mktemp("killed")
    data = render_dataset(folder / "photographs", STUDIO)
    whole, torn = folder / "whole", folder / "torn"
    torn.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(torn)]
    own_disk = subprocess.run(mount, capture_output=True).returncode == 0
    faults = [fault for fault in FAULTS if own_disk or fault[0] == "kill"]
    try:
        with ForkedRuns(folder) as runs:
            undisturbed = runs.start(data, whole, FAST)
            disturbed = [_disturbed(runs, data, torn, *fault) for fault in faults]
            last = runs.run(data, torn, FAST)
            yield _Ended(undisturbed.wait(), _Found(whole), disturbed, last, _Found(torn))
    finally:
        if own_disk:
            subprocess.run(["umount", "--lazy", str(torn)], check=True)


def _disturbed(runs, data, workdir, what, step, moment):
    run = runs.run(data, workdir, FAST, what=what, step=step, moment=moment)
    (workdir / FILLER).unlink(missing_ok=True)
    found = _Found(workdir)
    return _Disturbed(
        what,
        step,
        moment,
        run,
        found.record.states,
        found.versions(),
        blessings=len(list(workdir.glob("pipeline/Gate/blessing/*/BLESSED")))
        + found.artifacts()["ModelBlessing"],
        summary=(workdir / "summary.json").exists(),
    )


@dataclass(frozen=True)
class _Disturbed:
    """A run in which something happened, and what was to be seen after it."""

    what: str
    step: str
    moment: int | str
    run: Ended
    states: dict[str, str]
    versions: dict[str, list[str]]
    blessings: int
    summary: bool


@dataclass(frozen=True)
class _Ended:
    undisturbed: Ended
    whole: "_Found"
    disturbed: list[_Disturbed]
    last: Ended
    torn: "_Found"

    @property
    def killed(self):
        return [each for each in self.disturbed if each.what == "kill"]

    @property
    def filled(self):
        return [each for each in self.disturbed if each.what == "fill"]


class _Found:
    """What lies in a workdir."""

    def __init__(self, workdir):
        self.workdir = workdir

    @property
    def _connection(self):
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(self.workdir / "metadata.sqlite")
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
        return config

    @property
    def record(self):
        return last_run(self._connection)

    def artifacts(self):
        store = metadata_store.MetadataStore(self._connection)
        names = {kind.id: kind.name for kind in store.get_artifact_types()}
        live = metadata_store_pb2.Artifact.LIVE
        return Counter(names[each.type_id] for each in store.get_artifacts() if each.state == live)

    def executions(self):
        """Counts the executions by step and state."""
        store = metadata_store.MetadataStore(self._connection)
        names = {kind.id: kind.name for kind in store.get_execution_types()}
        state = metadata_store_pb2.Execution.State.Name
        return Counter(
            (names[each.type_id], state(each.last_known_state)) for each in store.get_executions()
        )

    def versions(self):
        """Returns the files of each thing that lies where a server looks, by its name."""
        base = self.workdir / "serving_models" / "mask"
        return {
            path.name: sorted(str(f.relative_to(path)) for f in path.rglob("*") if f.is_file())
            for path in (base.iterdir() if base.exists() else ())
        }

    def examples(self, step, key):
        """Returns the examples of each split, and how many files they lie in."""
        folder = Path(self.record.uris[step, key])

        def features(record):
            # The order of a proto's map is not fixed.
            example = tf.train.Example.FromString(record).features.feature
            return sorted((name, value.SerializeToString()) for name, value in example.items())

        found = {}
        for split in folder.glob("Split-*"):
            paths = [str(path) for path in split.iterdir()]
            records = tf.data.TFRecordDataset(paths, compression_type="GZIP").as_numpy_iterator()
            found[split.name] = (sorted(map(features, records)), len(paths))
        return found

    def verdict(self):
        """Returns the clauses as they were decided, and Dice by model and split of the data."""
        verdict = json.loads(
            Path(self.record.uris["Gate", "evaluation"], "verdict.json").read_text()
        )
        summary = json.loads((self.workdir / "summary.json").read_text())
        dice = {name: model["test_dice"] for name, model in summary["models"].items()}
        return (
            verdict["blessed"],
            [(each["name"], each["passed"]) for each in verdict["clauses"]],
            dice,
        )

    def weights(self, model):
        """Returns the arrays of a model's weights file by their path."""
        arrays = {}
        folder = self.record.uris[f"Trainer.{model}", "model"]
        with h5py.File(os.path.join(folder, "model.weights.h5")) as file:
            file.visititems(
                lambda name, item: (
                    arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
                )
            )
        return arrays


def test_every_step_is_killed_in_its_middle(ended):
    assert {each.step for each in ended.killed} == {*COMPONENTS, CLOSING}
    for killed in ended.killed:
        at = (killed.step, killed.moment)
        assert killed.run.code == -9, (at, killed.run.screen)
        if isinstance(killed.moment, int):
            assert len(killed.run.written_by(killed.step)) == killed.moment, at
            assert len(ended.undisturbed.written_by(killed.step)) >= killed.moment, at


def test_a_full_disk_is_one_line_that_says_where_and_what_to_do(ended):
    if not ended.filled:
        pytest.skip("only root can mount a small disk")
    for filled in ended.filled:
        assert filled.run.code == 1, (filled.step, filled.run.screen)
        [line] = [line for line in filled.run.screen.splitlines() if "no space" in line]
        assert line.startswith(
            f"{filled.step} failed: no space is left on the disk of {ended.torn.workdir} ("
        )
        assert line.endswith("run the same command again: finished steps are kept")
        assert "Traceback" not in filled.run.screen


def test_the_run_after_the_last_kill_ends_as_if_there_had_been_none(ended):
    assert ended.undisturbed.code == 0, ended.undisturbed.screen
    assert ended.last.code == 0, ended.last.screen
    assert set(ended.torn.record.states) == set(COMPONENTS)
    assert set(ended.torn.record.states.values()) == {"COMPLETE", "CACHED"}
    assert ended.torn.artifacts() == ended.whole.artifacts()


def test_a_disturbed_step_is_done_again_and_only_that(ended):
    later = [each.states for each in ended.disturbed[1:]] + [ended.torn.record.states]
    finished = set()
    for run, next_states in zip(ended.disturbed, later, strict=True):
        if run.step != CLOSING:
            assert run.states[run.step] in {"RUNNING", "FAILED"}
            # Not taken for finished: the next run does it, as far as that comes.
            assert next_states[run.step] in {"COMPLETE", "RUNNING", "FAILED"}
        for name in finished - RESOLVERS:
            assert run.states[name] == "CACHED", (run.step, name)
        finished |= {name for name, state in run.states.items() if state in {"COMPLETE", "CACHED"}}


def test_nobody_finishes_what_a_killed_run_had_begun(ended):
    left = sum(each.states.get(each.step) == "RUNNING" for each in ended.disturbed)
    assert left >= len(ended.killed) - 1  # No step runs when a run closes.
    unfinished = [n for (_, state), n in ended.torn.executions().items() if state == "RUNNING"]
    assert sum(unfinished) == left


def test_what_a_server_sees_is_never_half_a_version(ended):
    [(version, files)] = ended.torn.versions().items()
    assert [files] == list(ended.whole.versions().values())
    assert version.isdigit()
    assert "saved_model.pb" in files
    assert "model_card.json" in files
    for run in ended.disturbed:
        # What is begun lies under a name that is no version's.
        seen = {name: held for name, held in run.versions.items() if name != ".incoming"}
        assert seen in ({}, {version: files})
    before, during, after = [
        each.versions for each in ended.killed if each.step in {"ModelCard", "Pusher"}
    ]
    assert before == {}
    assert set(during) == {".incoming"}
    assert set(after) == {version}


def test_a_killed_gate_leaves_no_blessing(ended):
    [gate] = [each for each in ended.killed if each.step == "Gate"]
    assert gate.run.written_by("Gate")[-1].startswith("pipeline/Gate/evaluation/")
    assert gate.blessings == 0


def test_no_process_outlives_a_killed_run(ended):
    for run in ended.disturbed:
        assert run.run.left == [], (run.step, run.moment)


def test_a_disturbed_run_leaves_no_figures_to_be_taken_for_its_own(ended):
    assert {each.summary for each in ended.disturbed} == {False}


def test_the_examples_are_the_same(ended):
    for step, key in (("PhotographExampleGen", "examples"), ("Transform", "transformed_examples")):
        assert ended.torn.examples(step, key) == ended.whole.examples(step, key)


@pytest.mark.parametrize("model", ["cnn", "unet"])
def test_the_fits_end_with_the_same_weights(ended, model):
    torn, whole = ended.torn.weights(model), ended.whole.weights(model)
    assert torn.keys() == whole.keys()
    for name, array in whole.items():
        np.testing.assert_allclose(torn[name], array, rtol=1e-4, atol=1e-5, err_msg=name)


def test_the_verdict_is_the_same(ended):
    blessed, clauses, dice = ended.torn.verdict()
    assert (blessed, clauses) == ended.whole.verdict()[:2]
    assert dice == pytest.approx(ended.whole.verdict()[2], abs=1e-4)
