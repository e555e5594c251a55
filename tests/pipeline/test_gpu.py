import os
import sys
from types import ModuleType, SimpleNamespace

import pytest
from click.testing import CliRunner

from local_runner import main
from pipeline import gpu


@pytest.fixture
def has_gpu(monkeypatch):
    """Pretends that this machine has a GPU, or none."""

    def pretend(answer):
        monkeypatch.setattr(gpu, "has_gpu", lambda: answer)

    return pretend


@pytest.mark.parametrize("file", ["dev/nvidia0", "proc/driver/nvidia/gpus/0000:01:00.0"])
def test_the_drivers_files_tell_of_a_gpu(tmp_path, file):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    assert gpu.has_gpu(tmp_path)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("echo 'GPU 0: NVIDIA L4 (UUID: GPU-1)'", True),
        ("echo 'NVIDIA-SMI has failed'; exit 9", False),
        ("true", False),
    ],
)
def test_else_nvidia_smi_is_asked(tmp_path, monkeypatch, answer, expected):
    # Of a driver without a GPU.
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidiactl").touch()
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{answer}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert gpu.has_gpu(tmp_path) is expected


def test_no_driver_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not gpu.has_gpu(tmp_path)


@pytest.mark.parametrize("user", [{}, {"CUDA_VISIBLE_DEVICES": "1,0"}])
def test_gpus_come_back_as_the_user_had_them(has_gpu, user):
    has_gpu(True)
    environ = dict(user)
    gpu.hide_gpus(environ)
    assert gpu.gpus_are_hidden(environ)
    assert environ["CUDA_VISIBLE_DEVICES"] == "-1"
    gpu.hide_gpus(environ)  # Twice does not forget it.
    gpu.show_gpus(environ)
    assert not gpu.gpus_are_hidden(environ)
    assert environ == {**user, "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def test_the_users_word_on_memory_stands(has_gpu):
    has_gpu(True)
    environ = {"TF_FORCE_GPU_ALLOW_GROWTH": "false"}
    gpu.hide_gpus(environ)
    gpu.show_gpus(environ)
    assert environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"


@pytest.mark.parametrize("hidden", ["", "-1", "-1,0"])
def test_gpus_that_the_user_hid_stay_hidden(has_gpu, hidden):
    has_gpu(True)
    environ = {"CUDA_VISIBLE_DEVICES": hidden}
    gpu.hide_gpus(environ)
    gpu.show_gpus(environ)
    assert environ == {"CUDA_VISIBLE_DEVICES": hidden}


def test_without_a_gpu_nothing_changes(has_gpu):
    has_gpu(False)
    environ = {}
    gpu.hide_gpus(environ)
    gpu.show_gpus(environ)
    assert environ == {}


def test_the_local_runner_hides_them_before_it_loads_tensorflow(has_gpu, monkeypatch, tmp_path):
    has_gpu(True)
    for name in ("CUDA_VISIBLE_DEVICES", "STUDIO_MASK_HIDDEN_CUDA_DEVICES"):
        monkeypatch.setenv(name, "0")  # So that both are set back in the end.
    monkeypatch.delenv("STUDIO_MASK_HIDDEN_CUDA_DEVICES")
    loaded = {}

    class LocalRun(ModuleType):
        """Stands for pipeline.local_run, which loads TensorFlow."""

        def __getattr__(self, name):
            loaded.update(os.environ)
            return lambda *_: SimpleNamespace(execute=lambda console: 0)

    monkeypatch.setitem(sys.modules, "pipeline.local_run", LocalRun("pipeline.local_run"))
    arguments = ["--workdir", str(tmp_path), "--preset", "sample"]
    assert CliRunner().invoke(main, arguments, catch_exceptions=False).exit_code == 0
    assert loaded["CUDA_VISIBLE_DEVICES"] == "-1"
    assert loaded["STUDIO_MASK_HIDDEN_CUDA_DEVICES"] == "0"
