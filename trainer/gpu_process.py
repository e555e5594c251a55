"""Fits in a process of its own that sees the GPUs, where the pipeline's own must not.

Their memory is free again as soon as that process is gone.
"""

import contextlib
import importlib
import json
import logging
import logging.handlers
import multiprocessing
import multiprocessing.connection
import multiprocessing.process
import os
import pickle
import signal
import threading
import traceback
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pipeline.gpu import gpus_are_hidden, show_gpus

# What run_fn reads of its FnArgs, the rest of which cannot be sent to another process.
ARGUMENTS = (
    "custom_config",
    "hyperparameters",
    "transform_output",
    "train_files",
    "eval_files",
    "base_model",
    "model_run_dir",
    "serving_model_dir",
)


class GpuProcessDied(RuntimeError):
    """The process that used the GPU ended without saying why."""


class GpuProcessTraceback(Exception):
    """Where in that process an exception was raised; the cause of the one raised here."""


@dataclass(frozen=True)
class _Returned:
    value: Any


@dataclass(frozen=True)
class _Raised:
    error: Exception
    traceback: str


def needs_gpu_process(fn_args: Any) -> bool:
    """Returns whether this machine has GPUs that this process must not use, and a use for them.

    Args:
        fn_args: Of the Trainer step.
    """
    # There is nothing to fit in an average.
    model = json.loads(fn_args.custom_config["trainer"])["model"]
    return gpus_are_hidden() and model != "average_mask"


def fit_in_gpu_process(fn_args: Any, module: str = "trainer.fit") -> None:
    """Does a Trainer step in a process that sees the GPUs.

    Args:
        fn_args: Of the step.
        module: Whose ``run_fn`` does it.

    Raises:
        GpuProcessDied: See ``call_in_gpu_process``; also raises what ``run_fn`` raised.
    """
    arguments = {name: getattr(fn_args, name) for name in ARGUMENTS}
    call_in_gpu_process(module, "run_fn", SimpleNamespace(**arguments))


def call_in_gpu_process(module: str, function: str, *arguments: Any) -> Any:
    """Calls a function in a new process that sees the GPUs, and waits for it.

    The process's log records, and with them the progress, become this one's. It ends with this
    process, and when this one is interrupted.

    Args:
        module: Of the function; imported there, when the GPUs are visible.
        function: Its name.
        *arguments: For it; they are pickled.

    Returns:
        What the function returned.

    Raises:
        GpuProcessDied: If the process was killed or exited. An exception of the function is raised
            here again.
    """
    # Not forked: threads of TensorFlow do not live on in a fork.
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_serve, args=(sender, module, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        while True:
            try:
                message = receiver.recv()
            except (EOFError, OSError) as error:
                raise GpuProcessDied(_how_it_ended(process)) from error
            match message:
                case logging.LogRecord():
                    logging.getLogger(message.name).handle(message)
                case _Returned(value):
                    return value
                case _Raised(raised, text):
                    raise raised from GpuProcessTraceback(text)
    finally:
        process.kill()
        process.join()
        receiver.close()


def _serve(
    sender: multiprocessing.connection.Connection,
    module: str,
    function: str,
    arguments: tuple[Any, ...],
) -> None:
    """What the new process does."""
    # A Ctrl-C reaches both; the parent then ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    show_gpus()
    forward = _Forward(sender)  # type: ignore[arg-type]
    root = logging.getLogger()
    root.addHandler(forward)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    outcome: _Returned | _Raised
    try:
        outcome = _Returned(getattr(importlib.import_module(module), function)(*arguments))
    except Exception as error:  # noqa: BLE001 - the parent raises it
        outcome = _Raised(_picklable(error), traceback.format_exc())
    root.removeHandler(forward)
    sender.send(outcome)


class _Forward(logging.handlers.QueueHandler):
    """Sends records through a connection."""

    def enqueue(self, record: logging.LogRecord) -> None:
        self.queue.send(record)  # type: ignore[attr-defined]


def _end_with_parent() -> None:
    parent = multiprocessing.process.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _picklable(error: Exception) -> Exception:
    """Returns the exception, or one with its message if it would not survive the way."""
    with contextlib.suppress(Exception):
        if str(pickle.loads(pickle.dumps(error))) == str(error):
            return error
    return RuntimeError(f"{type(error).__name__}: {error}")


def _how_it_ended(process: multiprocessing.process.BaseProcess) -> str:
    process.join()
    code = process.exitcode or 0
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
    return (
        f"the process that fits on the GPU {how}; the log's last lines may say more. The next run "
        "goes on from the fit's backup, if it has one"
    )
