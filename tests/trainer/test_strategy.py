import csv
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import TRAINER_CONFIG, FitConfig, TrainerConfig, UNetConfig
from trainer.build_model import build_model
from trainer.fit import run_fn
from trainer.fit_model import fit_model
from trainer.replicated_fit import share
from trainer.strategy import is_chief, is_chief_by_name, make_strategy, wait_for_workers

PROJECT = Path(__file__).parents[2]
UNET = UNetConfig(filters=4, depth=1, max_filters=8, encoder_convs=1, decoder_convs=1)
# Five photographs to fit: of a last batch of one, all replicas but one get none. Clipped and with a
# running mean, as the preset for the challenge.
FIT = FitConfig(
    epochs=2,
    batch_size=4,
    learning_rate=0.02,
    clip_norm=0.5,
    ema_momentum=0.5,
    patience=2,
    seed=0,
    precision="float32",
)
CONFIG = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(PROJECT)}


class TestChoice:
    @pytest.fixture(autouse=True)
    def _chosen_by_name(self, monkeypatch):
        monkeypatch.delenv("TF_CONFIG", raising=False)
        for name in ("MirroredStrategy", "MultiWorkerMirroredStrategy"):
            monkeypatch.setattr(tf.distribute, name, lambda name=name: name)

    def test_one_device_changes_nothing(self):
        strategy = make_strategy()
        assert strategy is tf.distribute.get_strategy()
        assert strategy.num_replicas_in_sync == 1
        assert is_chief(strategy)
        wait_for_workers(strategy)

    @pytest.mark.parametrize(("gpus", "mirrored"), [(1, False), (2, True)])
    def test_several_gpus_mirror_the_model(self, monkeypatch, gpus, mirrored):
        monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind] * gpus)
        assert (make_strategy() == "MirroredStrategy") is mirrored

    @pytest.mark.parametrize(
        ("cluster", "several"),
        [
            ({"worker": ["a:1", "b:1"]}, True),
            ({"chief": ["a:1"], "worker": ["b:1"]}, True),
            ({"worker": ["a:1"]}, False),
            ({"chief": ["a:1"], "ps": ["b:1"]}, False),
            ({}, False),
        ],
    )
    def test_several_machines_by_tf_config(self, monkeypatch, cluster, several):
        task = {"type": "worker", "index": 0}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
        assert (make_strategy() == "MultiWorkerMirroredStrategy") is several

    def test_a_part_that_nobody_plays(self, monkeypatch):
        config = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "evaluator", "index": 0}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        with pytest.raises(ValueError, match="this process a 'evaluator'.* chief or worker"):
            make_strategy()


@pytest.mark.parametrize(
    ("cluster", "task", "chief"),
    [
        ({"worker": ["a:1", "b:1"]}, ("worker", 0), True),
        ({"worker": ["a:1", "b:1"]}, ("worker", 1), False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("worker", 0), False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, ("chief", 0), True),
    ],
)
def test_one_machine_is_the_chief(cluster, task, chief, monkeypatch):
    kind, index = task
    config = {"cluster": cluster, "task": {"type": kind, "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    assert is_chief(SimpleNamespace(cluster_resolver=resolver)) is chief
    assert is_chief_by_name() is chief


@pytest.mark.parametrize("replicas", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [1, 4, 5])
def test_each_photograph_of_a_batch_counts_once(count, replicas):
    shares = [share(tf.constant(count), replica, replicas) for replica in range(replicas)]
    assert len({len(indices) for indices, _ in shares}) == 1
    counted = np.concatenate([indices[counts > 0] for indices, counts in shares])
    np.testing.assert_array_equal(np.sort(counted), range(count))
    for indices, _ in shares:
        assert set(indices.numpy()) <= set(range(count))


def rows(path):
    with path.open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def assert_same(actual, expected, tolerance):
    assert len(actual) == len(expected) > 0
    for row, expected_row in zip(actual, expected, strict=True):
        assert row == pytest.approx(expected_row, rel=tolerance, abs=1e-6)


def start(script, *arguments, **environ):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        env=os.environ | CONFIG | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(processes):
    """Waits for processes, kills what is left of them; returns exit codes and outputs."""
    try:
        outputs = [process.communicate(timeout=300)[0] for process in processes]
        codes = [process.returncode for process in processes]
        return list(zip(codes, outputs, strict=True))
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


# Two devices of one processor. A process of its own, because TensorFlow can be told so only once.
MIRRORED = """
    import json
    import os
    import sys

    import keras
    import numpy as np
    import tensorflow as tf

    from pipeline.config import TRAINER_CONFIG
    from trainer import input_pipeline
    from trainer.build_model import build_model
    from trainer.fit_model import fit_model
    from trainer.fit_progress import FitProgress

    [cpu] = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2

    def fitted(config, train, val, folder):
        keras.utils.set_random_seed(config.fit.seed)
        with strategy.scope():
            model = build_model(config, train)
        epochs = fit_model(model, train, val, config.input, config.fit, folder)
        assert epochs == config.fit.epochs
        return model

    class Killed(BaseException):
        pass

    def kill(self, batch, logs):
        if self._epoch == 1 and batch == 1:
            raise Killed

    for job in json.load(open(sys.argv[1])):
        config = TRAINER_CONFIG.validate_python(job["config"])
        train, val = (input_pipeline.examples(job[files]) for files in ("train", "val"))
        model = fitted(config, train, val, job["folder"] + "/whole")
        np.savez(job["folder"] + "/weights.npz", *model.get_weights())
        for variable in model.variables:
            np.testing.assert_array_equal(*map(np.array, variable.value.values), variable.path)
        if job["kill"]:
            report, FitProgress.on_train_batch_end = FitProgress.on_train_batch_end, kill
            try:
                fitted(config, train, val, job["folder"] + "/killed")
                raise AssertionError("it went on")
            except Killed:
                FitProgress.on_train_batch_end = report
            again = fitted(config, train, val, job["folder"] + "/killed")
            for one, same in zip(model.get_weights(), again.get_weights(), strict=True):
                np.testing.assert_array_equal(one, same)
"""


@pytest.fixture(scope="module")
def mirrored(transformed, tmp_path_factory):
    """What two devices fitted, the CNN and the U-Net, and the same fits on one."""
    results = {}
    for name in ("cnn", "unet"):
        folder = tmp_path_factory.mktemp(name)
        config = TrainerConfig(name, transformed.size, UNET, FIT)
        results[name] = SimpleNamespace(config=config, folder=folder)
    jobs = [
        {
            "config": json.loads(TRAINER_CONFIG.dump_json(result.config)),
            "train": transformed.files["train"],
            "val": transformed.files["val"],
            "folder": str(result.folder),
            "kill": name == "unet",
        }
        for name, result in results.items()
    ]
    script = tmp_path_factory.mktemp("jobs") / "jobs.json"
    script.write_text(json.dumps(jobs))
    [(code, output)] = finish([start(MIRRORED, script)])
    assert code == 0, output
    for result in results.values():
        keras.utils.set_random_seed(FIT.seed)
        train, val = transformed.dataset("train"), transformed.dataset("val")
        result.one_device = build_model(result.config, train)
        fit_model(result.one_device, train, val, transformed.size, FIT, str(result.folder / "one"))
        with np.load(result.folder / "weights.npz") as weights:
            result.weights = [weights[name] for name in weights.files]
    return results


def test_two_devices_take_the_steps_of_one(mirrored):
    result = mirrored["cnn"]
    assert_same(
        rows(result.folder / "whole" / "history.csv"),
        rows(result.folder / "one" / "history.csv"),
        tolerance=1e-5,
    )
    for weight, expected in zip(result.weights, result.one_device.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-5)


def test_batch_normalization_sees_the_shares_only(mirrored):
    # That both devices end with the same statistics, and a killed fit with the same weights, is
    # asserted over there.
    result = mirrored["unet"]
    actual, expected = (rows(result.folder / name / "history.csv") for name in ("whole", "one"))
    assert actual[0]["loss"] == pytest.approx(expected[0]["loss"], rel=0.2)
    assert actual[0]["loss"] != pytest.approx(expected[0]["loss"], rel=1e-5)
    assert all(np.isfinite(weight).all() for weight in result.weights)


# A Trainer step, as each of several machines does it.
RUN = """
    import json
    import sys
    from types import SimpleNamespace

    from trainer.fit import run_fn
    from trainer.fit_progress import FitProgress

    class Killed(BaseException):
        pass

    def kill(self, batch, logs):
        if self._epoch == 1 and batch == 1:
            raise Killed

    if sys.argv[2:] == ["kill"]:
        FitProgress.on_train_batch_end = kill
    run_fn(SimpleNamespace(**json.load(open(sys.argv[1]))))
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def step_arguments(transformed, trainer_arguments):
    def step_arguments(folder, model):
        return trainer_arguments(folder, TrainerConfig(model, transformed.size, UNET, FIT))

    return step_arguments


@pytest.fixture
def run_on_machines(step_arguments, tmp_path):
    """Does a Trainer step on a machine per folder; returns how each ended and its last words."""

    def run(model, folders, *flags):
        cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(len(folders))]}
        machines = []
        for index, folder in enumerate(folders):
            arguments = tmp_path / f"machine-{index}.json"
            arguments.write_text(json.dumps(step_arguments(folder, model)))
            task = {"type": "worker", "index": index}
            config = json.dumps({"cluster": cluster, "task": task})
            machines.append(start(RUN, arguments, *flags, TF_CONFIG=config))
        return finish(machines)

    return run


@pytest.mark.slow
def test_two_machines_take_the_steps_of_one(step_arguments, tmp_path, run_on_machines):
    # Each is told another place to write to, which tells what each of them writes.
    for code, output in run_on_machines("cnn", [tmp_path / "0", tmp_path / "1"]):
        assert code == 0, output
    run_fn(SimpleNamespace(**step_arguments(tmp_path / "one", "cnn")))

    assert not (tmp_path / "1").exists()
    chief, one = (
        sorted(
            path.name if path.suffix in (".csv", ".json", ".h5", ".pb") else path.parent.name
            for path in (tmp_path / folder).rglob("*")
            if path.is_file()
        )
        for folder in ("0", "one")
    )
    assert chief == one
    assert_same(
        rows(tmp_path / "0" / "run" / "history.csv"),
        rows(tmp_path / "one" / "run" / "history.csv"),
        tolerance=1e-5,
    )
    record, expected = (
        json.loads((tmp_path / folder / "run" / "fit.json").read_text()) for folder in ("0", "one")
    )
    assert record["replicas"] == 2
    for name in ("epochs", "parameters", "val_dice", "threshold"):
        assert record[name] == pytest.approx(expected[name], abs=1e-3)


@pytest.mark.slow
def test_killed_machines_go_on_together(mirrored, tmp_path, run_on_machines):
    shared = tmp_path / "shared"
    for code, output in run_on_machines("unet", [shared, shared], "kill"):
        assert code != 0
        assert "Killed" in output
    # A machine that does not see the backup would begin with another epoch.
    for code, output in run_on_machines("unet", [shared, tmp_path / "other"]):
        assert code != 0
        assert "RuntimeError: the machines of this fit disagree: this one has " in output
    for code, output in run_on_machines("unet", [shared, shared]):
        assert code == 0, output
    assert_same(
        rows(shared / "run" / "history.csv"),
        rows(mirrored["unet"].folder / "whole" / "history.csv"),
        tolerance=1e-4,
    )
