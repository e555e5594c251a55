"""Machines that fit together, started exactly as the manifests start them, but on one computer."""

import csv
import dataclasses
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import pipeline
from pipeline.config import FitConfig, TrainerConfig, UNetConfig
from tests.pipeline.kubeflow.fit_manifests import (
    addresses,
    command_of,
    environment_of,
    fit_pods,
)
from trainer import fit_job, worker
from trainer.fit import run_fn
from trainer.fit_job import JOBS_VARIABLE, FitJob, FitJobFailed
from trainer.worker import main

PROJECT = Path(pipeline.__file__).parents[1]
UNET = UNetConfig(filters=4, depth=1, max_filters=8, encoder_convs=1, decoder_convs=1)
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


@pytest.fixture
def step(transformed, trainer_arguments):
    """Arguments of a Trainer step that fits a model below a folder."""

    def step(folder, model="unet", **changes):
        config = TrainerConfig(model, transformed.size, UNET, dataclasses.replace(FIT, **changes))
        return SimpleNamespace(**trainer_arguments(folder, config))

    return step


@pytest.fixture
def machines(tmp_path):
    """Starts what a manifest starts, its hosts and folder replaced; ends all that is left."""
    running = []

    def machines(manifest, jobs, *flags):
        pods = fit_pods(manifest)
        moved = {address: f"127.0.0.1:{port}" for address, port in free_ports(addresses(manifest))}
        for number, pod in enumerate(pods):
            command = [*command_of(pod), *flags]
            environ = dict(environment_of(pod))
            for old, new in {"/runs/fit_jobs": str(jobs), **moved}.items():
                command = [part.replace(old, new) for part in command]
                environ = {name: text.replace(old, new) for name, text in environ.items()}
            assert command[0] == "python"
            log = (tmp_path / f"machine-{number}.log").open("w")
            running.append(
                subprocess.Popen(
                    [sys.executable, *command[1:]],
                    env={**os.environ, **environ, "CUDA_VISIBLE_DEVICES": "-1"}
                    | {"PYTHONPATH": str(PROJECT), "HOME": os.environ.get("HOME", "/tmp")},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
            log.close()
        return running

    yield machines
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def handed_over(tmp_path, monkeypatch):
    """Runs the pipeline's side of a step in a thread; returns what it raised, once it is done."""
    monkeypatch.setenv(JOBS_VARIABLE, str(tmp_path / "jobs"))
    raised = []

    def run(fn_args):
        try:
            run_fn(fn_args)
            raised.append(None)
        except FitJobFailed as error:
            raised.append(str(error))

    def handed_over(fn_args):
        thread = threading.Thread(target=run, args=(fn_args,), daemon=True)
        thread.start()

        def outcome():
            thread.join(300)
            assert raised, "the step did not end"
            return raised[0]

        return outcome

    return handed_over


def free_ports(names):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return list(zip(names, ports, strict=True))


def logs(tmp_path):
    return "\n".join(path.read_text()[-3000:] for path in sorted(tmp_path.glob("machine-*.log")))


def history(folder):
    with (folder / "run" / "history.csv").open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def weights(folder):
    found = []
    with h5py.File(folder / "model" / "model.weights.h5") as file:
        file.visititems(
            lambda name, item: found.append(item[()]) if isinstance(item, h5py.Dataset) else None
        )
    return found


@pytest.mark.cluster
@pytest.mark.slow
def test_machines_do_what_one_would(step, machines, handed_over, tmp_path, monkeypatch):
    # The CNN, because batch normalization, which the U-Net has, sees each machine's share only.
    monkeypatch.setattr(fit_job, "MODEL", "cnn")
    started = machines("fit-tfjob.yaml", tmp_path / "jobs", "--model=cnn")
    outcome = handed_over(step(tmp_path / "several", "cnn"))
    assert outcome() is None, logs(tmp_path)
    assert [process.wait(60) for process in started] == [0, 0], logs(tmp_path)

    one = tmp_path / "one"
    monkeypatch.delenv(JOBS_VARIABLE)
    run_fn(step(one, "cnn"))
    rows, expected = history(tmp_path / "several"), history(one)
    assert len(rows) == len(expected) == FIT.epochs
    for row, expected_row in zip(rows, expected, strict=True):
        assert row == pytest.approx(expected_row, rel=1e-5, abs=1e-6)
    actual, same = weights(tmp_path / "several"), weights(one)
    assert len(actual) == len(same) > 2
    for weight, expected_weight in zip(actual, same, strict=True):
        np.testing.assert_allclose(weight, expected_weight, rtol=1e-4, atol=1e-5)
    record = json.loads((tmp_path / "several" / "run" / "fit.json").read_text())
    assert record["replicas"] == 2
    # The export, too, is where the step looks for it.
    assert (tmp_path / "several" / "model" / "Format-Serving" / "saved_model.pb").is_file()


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.parametrize(
    ("manifest", "victim"), [("fit-tfjob.yaml", 0), ("fit-indexed-job.yaml", 1)]
)
def test_a_machine_that_dies_ends_all(manifest, victim, step, machines, handed_over, tmp_path):
    started = machines(manifest, tmp_path / "jobs")
    outcome = handed_over(step(tmp_path / "several", epochs=10_000, patience=10_000))
    ends = time.monotonic() + 200
    while not list(tmp_path.glob("several/fits/*/history.csv")):
        assert time.monotonic() < ends, logs(tmp_path)
        time.sleep(0.2)
    os.killpg(started[victim].pid, signal.SIGKILL)
    killed = time.monotonic()
    failure = outcome()
    assert failure.startswith("the fit on several machines failed: a machine of the fit is gone")
    assert "\n" not in failure
    assert "the fit goes on from its last backup" in failure
    assert started[1 - victim].wait(60) == 1
    assert time.monotonic() - killed < 120


@pytest.mark.cluster
@pytest.mark.slow
def test_a_machine_that_never_comes(step, machines, handed_over, tmp_path):
    started = machines("fit-tfjob.yaml", tmp_path / "jobs", "--gather=10")
    os.killpg(started[1].pid, signal.SIGKILL)
    outcome = handed_over(step(tmp_path / "several"))
    assert "did not all come within 10 seconds" in outcome()
    assert started[0].wait(30) == 4, logs(tmp_path)


@pytest.mark.parametrize(
    ("flags", "tf_config", "message"),
    [
        (["--hosts=a:1,b:1"], "", "--hosts and --index go together"),
        (["--hosts=a:1,b:1", "--index=2"], "", "--index 2: --hosts names 2 machines, from 0"),
        ([], "", "TF_CONFIG names no other machine: give --hosts and --index"),
        ([], "{", 'TF_CONFIG: write {"cluster": {"worker": ["host:port", ...]}'),
        ([], '{"cluster": {"worker": ["a:1", "b:1"]}}', "TF_CONFIG: write"),
        (
            [],
            '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}',
            "TF_CONFIG makes this process worker 2, and names 2 of them, from 0",
        ),
        (
            [],
            '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "ps", "index": 0}}',
            "TF_CONFIG makes this process a 'ps', but all machines fit alike",
        ),
    ],
)
def test_a_start_that_cannot_work(flags, tf_config, message, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", tf_config)
    result = CliRunner().invoke(main, ["--jobs", "/jobs", *flags])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_no_pipeline_offers_a_fit(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("TF_CONFIG", "")
    flags = ["--jobs", str(tmp_path), "--hosts=a:1,b:1", "--index=0", "--wait=0"]
    assert CliRunner().invoke(main, flags).exit_code == 1
    assert f"{FitJob(tmp_path, 'unet').arguments_file}: no Trainer step offered" in caplog.text


@pytest.mark.parametrize(("user", "expected"), [(None, "true"), ("false", "false")])
def test_gpu_memory_is_taken_as_needed_before_tensorflow_is_loaded(user, expected, monkeypatch):
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", str(user))  # So that it is set back in the end.
    if user is None:
        monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH")
    seen = []

    class LoadsTensorFlow(ModuleType):
        """Stands for a module of ours."""

        def __getattr__(self, name):
            seen.append(os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH"))
            return Exception

    for name in ("trainer.fit_job", "trainer.strategy"):
        monkeypatch.setitem(sys.modules, name, LoadsTensorFlow(name))
    runpy.run_path(worker.__file__, run_name="not main")
    assert set(seen) == {expected}
