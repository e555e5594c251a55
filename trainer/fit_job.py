"""A Trainer step handed over to machines that fit together, through a folder that all of them see.

The pipeline runs on one machine, or in a pod of its own; the machines that fit are others, which
Kubernetes starts and names to each other. So the step writes down its arguments and waits; each of
the machines (``python -m trainer.worker``) reads them and does the same step; the first of these,
the chief, writes the step's outputs to where the step was told to, and what became of it.
"""

import contextlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from trainer.gpu_process import ARGUMENTS

# Names the folder; set where the pipeline's Trainer step runs.
JOBS_VARIABLE = "STUDIO_MASK_FIT_JOBS"
# Seconds for the machines to come, and after the last sign of life of the chief.
START_VARIABLE = "STUDIO_MASK_FIT_START"
START_SECONDS = 3600.0
SILENCE_SECONDS = 300.0
# What costs nothing to fit is not worth the wait for other machines.
MODEL = "unet"
_LIFE_SECONDS = 5.0
_POLL_SECONDS = 1.0

_log = logging.getLogger(__name__)


class FitJobFailed(RuntimeError):
    """The machines did not fit the model; the message says why."""


@dataclass(frozen=True)
class FitJob:
    """The files of one model's fit in the shared folder.

    Attributes:
        folder: The shared folder.
        model: As in ``TrainerConfig``.
    """

    folder: Path
    model: str

    @property
    def arguments_file(self) -> Path:
        """What the step was told; there while somebody waits for the fit."""
        return self.folder / f"{self.model}.json"

    @property
    def outcome_file(self) -> Path:
        """What became of it."""
        return self.folder / f"{self.model}.outcome.json"

    @property
    def life_file(self) -> Path:
        """Changes every few seconds while the chief lives."""
        return self.folder / f"{self.model}.alive.json"

    def offer(self, fn_args: Any) -> str:
        """Writes the step's arguments.

        Args:
            fn_args: Of the Trainer step.

        Returns:
            The name of this attempt.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for left_over in (self.arguments_file, self.outcome_file, self.life_file):
            left_over.unlink(missing_ok=True)
        attempt = uuid.uuid4().hex
        arguments = {name: getattr(fn_args, name) for name in ARGUMENTS}
        _write(self.arguments_file, {"attempt": attempt, "beat": 0, "arguments": arguments})
        return attempt

    def wait_for_offer(self, seconds: float) -> tuple[str, SimpleNamespace]:
        """Returns the name of the attempt and the step's arguments.

        What a step that was killed left behind does not count: the offer must be seen to change.

        Args:
            seconds: How long to wait for them.

        Raises:
            FitJobFailed: If there are none by then.
        """
        ends = time.monotonic() + seconds
        first = _read(self.arguments_file)
        while (offer := _read(self.arguments_file)) is None or offer == first:
            if time.monotonic() > ends:
                raise FitJobFailed(
                    f"{self.arguments_file}: no Trainer step offered a fit within {seconds:g} "
                    f"seconds. Start the pipeline with {JOBS_VARIABLE}={self.folder}, on storage "
                    "that this machine sees too"
                )
            time.sleep(_POLL_SECONDS)
        return offer["attempt"], SimpleNamespace(**offer["arguments"])

    def close(self, attempt: str, failure: str = "") -> None:
        """Says what became of an attempt; the first word counts, so that a cause is not buried.

        Args:
            attempt: Its name.
            failure: Why it failed; empty if it did not.
        """
        said = _read(self.outcome_file)
        if said is None or said["attempt"] != attempt:
            _write(self.outcome_file, {"attempt": attempt, "failure": failure})

    @contextlib.contextmanager
    def alive(self, attempt: str) -> Iterator[None]:
        """Gives signs of life while the fit runs."""
        over = threading.Event()

        def live() -> None:
            beat = 0
            while not over.wait(_LIFE_SECONDS if beat else 0):
                beat += 1
                _write(self.life_file, {"attempt": attempt, "beat": beat})

        thread = threading.Thread(target=live, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def wait_for_outcome(self, attempt: str, start: float, silence: float) -> None:
        """Waits until the machines are done.

        Args:
            attempt: What ``offer`` returned.
            start: Seconds until the chief must have begun.
            silence: Seconds without a sign of its life after which it counts as dead. They are
                measured by this machine's clock alone.

        Raises:
            FitJobFailed: If the machines failed, never came or are gone.
        """
        last, last_seen = None, time.monotonic()
        while True:
            self._renew(attempt)
            outcome = _read(self.outcome_file)
            if outcome is not None and outcome["attempt"] == attempt:
                if outcome["failure"]:
                    raise FitJobFailed(
                        f"the fit on several machines failed: {outcome['failure']}. Run the "
                        "pipeline again and start the machines anew: the fit goes on from its "
                        "last backup"
                    )
                return
            life = _read(self.life_file)
            if life is not None and life["attempt"] == attempt and life != last:
                last, last_seen = life, time.monotonic()
            if time.monotonic() - last_seen > (silence if last else start):
                what = (
                    f"gave no sign of life for {silence:g} seconds"
                    if last
                    else f"did not begin within {start:g} seconds"
                )
                raise FitJobFailed(
                    f"{self.folder}: the machines that fit {what}. See their logs, then run the "
                    "pipeline again and start the machines anew: the fit goes on from its last "
                    "backup"
                )
            time.sleep(_POLL_SECONDS)

    def _renew(self, attempt: str) -> None:
        """Shows that somebody still waits."""
        offer = _read(self.arguments_file)
        if offer is not None and offer["attempt"] == attempt:
            _write(self.arguments_file, offer | {"beat": offer["beat"] + 1})


def hands_over(fn_args: Any) -> bool:
    """Returns whether the step's fit is one for other machines.

    Args:
        fn_args: Of the Trainer step.
    """
    model = json.loads(fn_args.custom_config["trainer"])["model"]
    return model == MODEL and bool(os.environ.get(JOBS_VARIABLE))


def hand_over(fn_args: Any) -> None:
    """Has other machines do a Trainer step, and waits for them.

    Args:
        fn_args: Of the step.

    Raises:
        FitJobFailed: If they did not.
    """
    job = FitJob(Path(os.environ[JOBS_VARIABLE]), MODEL)
    start = float(os.environ.get(START_VARIABLE, START_SECONDS))
    attempt = job.offer(fn_args)
    _log.info("The fit is offered in %s", job.arguments_file)
    try:
        job.wait_for_outcome(attempt, start, SILENCE_SECONDS)
    finally:
        # Machines that come late have nobody to fit for.
        job.arguments_file.unlink(missing_ok=True)


def _write(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    beside.write_text(json.dumps(content))
    beside.replace(path)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
