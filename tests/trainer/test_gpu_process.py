import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline import gpu
from pipeline.config import TRAINER_CONFIG, FitConfig, TrainerConfig, UNetConfig
from pipeline.progress import LOGGER
from trainer import fit as fit_module
from trainer import gpu_process
from trainer.gpu_process import GpuProcessDied, GpuProcessTraceback, call_in_gpu_process

PROJECT = Path(__file__).parents[2]
FIT = FitConfig(epochs=1, batch_size=2, seed=0, precision="float32")

# What the other process does in place of a fit. A file, because it must import it.
FAKE = """
    import os, signal, sys, time, warnings

    from pipeline import gpu, progress


    class Choosy(Exception):
        def __init__(self, one, two):
            super().__init__(f"{one} and {two}")


    def environment():
        return dict(os.environ), gpu.gpus_are_hidden(), os.getpid(), "tensorflow" in sys.modules

    def advance(total):
        for step in range(total):
            progress.advance(total, f"step {step}")
        warnings.warn("odd")

    def fail(what):
        raise {"plain": FileNotFoundError("no file x"), "choosy": Choosy(1, 2)}[what]

    def vanish(how):
        if how == "exit":
            sys.exit(7)
        os.kill(os.getpid(), signal.SIGKILL)

    def wait(path):
        with open(path + ".new", "w") as file:
            file.write(str(os.getpid()))
        os.rename(path + ".new", path)
        time.sleep(120)
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Writes the module and hides a GPU that is not there."""
    (tmp_path / "fake_fit.py").write_text(textwrap.dedent(FAKE))
    monkeypatch.syspath_prepend(tmp_path)
    hide(monkeypatch)
    return "fake_fit"


def hide(monkeypatch):
    for name in ("STUDIO_MASK_HIDDEN_CUDA_DEVICES", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "3")  # So that both are set back in the end.
    monkeypatch.delenv("STUDIO_MASK_HIDDEN_CUDA_DEVICES")
    monkeypatch.setattr(gpu, "has_gpu", lambda: True)
    gpu.hide_gpus()


@pytest.fixture
def records():
    """What arrives at this process's loggers."""
    found = []
    handler = logging.Handler()
    handler.emit = found.append
    loggers = (LOGGER, logging.getLogger("py.warnings"))
    for logger in loggers:
        logger.addHandler(handler)
    yield found
    for logger in loggers:
        logger.removeHandler(handler)


def test_the_other_process_alone_sees_the_gpus(fake):
    environ, hidden, process, tensorflow = call_in_gpu_process(fake, "environment")
    assert environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert not hidden
    assert not tensorflow
    assert process != os.getpid()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


def test_progress_and_warnings_arrive(fake, records):
    assert call_in_gpu_process(fake, "advance", 3) is None
    *progress, warning = records
    assert [(record.advance.total, record.advance.note) for record in progress] == [
        (3, f"step {step}") for step in range(3)
    ]
    assert progress[0].getMessage() == "one more of 3: step 0"
    assert "odd" in warning.getMessage()


def test_an_exception_arrives_with_its_message(fake):
    with pytest.raises(FileNotFoundError, match="^no file x$") as error:
        call_in_gpu_process(fake, "fail", "plain")
    assert isinstance(error.value.__cause__, GpuProcessTraceback)
    assert "fake_fit.py" in str(error.value.__cause__)


def test_of_an_exception_that_cannot_be_sent_the_message_arrives(fake):
    with pytest.raises(RuntimeError, match="^Choosy: 1 and 2$"):
        call_in_gpu_process(fake, "fail", "choosy")


@pytest.mark.parametrize(
    ("how", "message"), [("kill", "was killed by SIGKILL"), ("exit", "exited with 7")]
)
def test_a_process_that_is_gone_is_an_error_that_says_so(fake, how, message):
    with pytest.raises(GpuProcessDied, match=f"the process that fits on the GPU {message};"):
        call_in_gpu_process(fake, "vanish", how)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_this_one(fake, tmp_path, end):
    script = f"""
        import signal
        from trainer.gpu_process import call_in_gpu_process
        if __name__ == "__main__":
            # A shell starts what runs in the background with this signal ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            call_in_gpu_process("{fake}", "wait", "{tmp_path}/pid")
    """
    (tmp_path / "parent.py").write_text(textwrap.dedent(script))
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py")],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{PROJECT}"},
        stderr=subprocess.PIPE,
    )
    try:
        wait_until((tmp_path / "pid").exists)
        child = int((tmp_path / "pid").read_text())
        parent.send_signal(end)
        parent.wait(timeout=30)
        wait_until(lambda: not is_running(child))
    finally:
        parent.kill()
        parent.communicate()


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def arguments(transformed, tmp_path):
    """Makes the FnArgs of a Trainer step, some of which no other process could be given."""

    def make(model):
        config = TrainerConfig(model, transformed.size, UNetConfig(), FIT)
        return SimpleNamespace(
            custom_config={
                "trainer": TRAINER_CONFIG.dump_json(config).decode(),
                "fits": str(tmp_path / "fits"),
            },
            hyperparameters=None,
            base_model=None,
            data_accessor=lambda: None,
            transform_output=transformed.graph.transform_savedmodel_dir.rpartition("/")[0],
            train_files=transformed.files["train"],
            eval_files=transformed.files["val"],
            model_run_dir=str(tmp_path / "run"),
            serving_model_dir=str(tmp_path / "model" / "Format-Serving"),
        )

    return make


def test_a_fit_happens_there(arguments, tmp_path, monkeypatch, records):
    hide(monkeypatch)
    monkeypatch.setattr(fit_module, "fit_model", None)  # Nobody fits here.
    fit_module.run_fn(arguments("cnn"))
    assert json.loads((tmp_path / "run" / "fit.json").read_text())["epochs"] == 1
    assert (tmp_path / "model" / "Format-Serving" / "saved_model.pb").exists()
    assert [record.advance.total for record in records if hasattr(record, "advance")] == [3] * 3


@pytest.mark.parametrize(("model", "hidden"), [("cnn", False), ("average_mask", True)])
def test_without_a_gpu_or_a_use_for_it_everything_stays_here(arguments, monkeypatch, model, hidden):
    if hidden:
        hide(monkeypatch)
    called = []
    monkeypatch.setattr(gpu_process, "call_in_gpu_process", lambda *_: called.append("there"))
    monkeypatch.setattr(fit_module, "make_strategy", lambda: called.append("here") or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fit_module.run_fn(arguments(model))
    assert called == ["here"]
