"""One of several machines that do a Trainer step together: ``python -m trainer.worker``.

All of them are started alike. Which one this is comes from ``TF_CONFIG``, as Kubeflow's training
operator and Vertex AI set it, or from ``--hosts`` and ``--index``. docs/distributed_fit.md has it
all.
"""

import contextlib
import json
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import click

from pipeline.gpu import grow_gpu_memory

# Said before TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
grow_gpu_memory()

from trainer.fit_job import FitJob, FitJobFailed  # noqa: E402
from trainer.strategy import (  # noqa: E402
    UnusableCluster,
    is_chief_by_name,
    make_strategy,
    several_machines,
)

EXIT_FAILED = 1
EXIT_NOBODY_CAME = 4

# What TensorFlow raises on the machines that are left.
_PEER_ERRORS = ("UnavailableError", "AbortedError", "CancelledError", "DeadlineExceededError")

# What the process that fits says: it looks for the other machines, and it found them.
_LOOKS, _FOUND = "looks", "found"
_FORMAT = "%(asctime)s %(levelname)s %(message)s"

_log = logging.getLogger("trainer.worker")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--jobs",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that the pipeline's Trainer step and all machines see; what the step has in "
    "STUDIO_MASK_FIT_JOBS.",
)
@click.option("--model", default="unet", show_default=True, help="Whose fit to take part in.")
@click.option(
    "--hosts",
    metavar="HOST:PORT,...",
    help="All machines, the chief first, the same list on each. [default: those in TF_CONFIG]",
)
@click.option("--index", type=int, help="This machine's place in --hosts, from 0.")
@click.option(
    "--wait",
    default=3600.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds to wait for the pipeline to reach the fit.",
)
@click.option(
    "--gather",
    default=600.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="Seconds for all machines to find each other, once there is a fit.",
)
def main(
    jobs: Path, model: str, hosts: str | None, index: int | None, wait: float, gather: float
) -> None:
    """Takes part in one fit, then ends: with 0 if it succeeded."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT)
    if (hosts is None) != (index is None):
        raise click.UsageError("--hosts and --index go together")
    if hosts is not None and index is not None:
        os.environ["TF_CONFIG"] = _tf_config(hosts, index)

    try:
        if not several_machines():
            raise click.UsageError(
                "TF_CONFIG names no other machine: give --hosts and --index, or let the training "
                "operator start this"
            )
    except UnusableCluster as error:
        raise click.UsageError(str(error)) from error
    sys.exit(take_part(jobs, model, wait, gather))


def take_part(jobs: Path, model: str, wait: float, gather: float) -> int:
    """Waits for a fit and takes part in it.

    Args:
        jobs: The shared folder.
        model: Whose fit.
        wait: Seconds to wait for it.
        gather: Seconds for all machines to find each other.

    Returns:
        The exit code.
    """
    job = FitJob(jobs, model)
    try:
        attempt, fn_args = job.wait_for_offer(wait)
    except FitJobFailed as error:
        _log.error("%s", error)
        return EXIT_FAILED
    _log.info("Fits the %s that is offered in %s", model, job.arguments_file)
    chief = is_chief_by_name()
    with job.alive(attempt) if chief else contextlib.nullcontext():
        code, failure = _fit_in_process(fn_args, gather)
        if chief or failure:
            job.close(attempt, failure)
    if failure:
        _log.error("%s", failure)
    return code


def _fit_in_process(fn_args: SimpleNamespace, gather: float) -> tuple[int, str]:
    """Fits in a process of its own; returns the exit code and what went wrong.

    While TensorFlow waits for the other machines no Python thread of its process runs, so that only
    another process can end it.
    """
    # Not forked: threads of TensorFlow do not live on in a fork.
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_fit, args=(sender, fn_args), daemon=True)
    process.start()
    sender.close()
    try:
        message = receiver.recv()
        if message == _LOOKS:
            if not receiver.poll(gather):
                return EXIT_NOBODY_CAME, (
                    f"the machines of the fit did not all come within {gather:g} seconds; see that "
                    "each is started and reached by its name and port"
                )
            message = receiver.recv()
        if message == _FOUND:
            message = receiver.recv()
        return (EXIT_FAILED if message else 0), message
    except EOFError:
        process.join()
        how = process.exitcode or 0
        what = f"was killed by {signal.Signals(-how).name}" if how < 0 else f"exited with {how}"
        return EXIT_FAILED, f"the process of a fit {what}; out of memory?"
    finally:
        process.kill()
        process.join()


def _fit(sender: multiprocessing.connection.Connection, fn_args: SimpleNamespace) -> None:
    """What the process does; sends what it is at, and last what went wrong."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT)
    try:
        from trainer.fit import run_fn

        sender.send(_LOOKS)
        strategy = make_strategy()
        sender.send(_FOUND)
        run_fn(fn_args, strategy)
        sender.send("")
    except Exception as error:
        _log.exception("The fit failed")
        sender.send(_reason(error))
        # Threads of TensorFlow that wait for a machine which is gone must not hold this process.
        logging.shutdown()
        os._exit(EXIT_FAILED)


def _reason(error: Exception) -> str:
    """Returns one line; TensorFlow's messages are whole tracebacks."""
    name = type(error).__name__
    if name in _PEER_ERRORS:
        return f"a machine of the fit is gone ({name}); its own log, or kubectl describe, says why"
    return f"{name}: {(str(error).strip().splitlines() or [''])[-1]}"


def _tf_config(hosts: str, index: int) -> str:
    machines = hosts.split(",")
    if not 0 <= index < len(machines):
        raise click.UsageError(f"--index {index}: --hosts names {len(machines)} machines, from 0")
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": machines}, "task": task})


if __name__ == "__main__":
    main()
