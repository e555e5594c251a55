"""Runs of the pipeline in forks of one process that has TensorFlow and TFX loaded.

A run that is killed must be a process of its own, and loading the libraries would take each of
them ten seconds and more. A run can be told to kill itself, as ``kill -9`` would, or to fill its
disk, at a chosen write of a chosen step; the hooks for that are here, none in the code under test.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

PROJECT = Path(__file__).parent.parent
# The step that is none: what a run does when the last one is finished.
CLOSING = "closing"
# What a disk is filled with.
FILLER = "filler"
# In place of the number of a write: when the step has done all, and ML Metadata is to be told.
UNPUBLISHED = "unpublished"
# When ServerCheck's server has answered all requests, and still runs.
SERVING = "serving"

_PROGRAM = "from tests.forked_runs import serve; serve()"
_LONGEST_S = 900.0
# prctl(PR_SET_CHILD_SUBREAPER): what a killed run leaves behind becomes a child of the server.
_SUBREAPER = 36


@dataclass(frozen=True)
class Ended:
    """A run that is over.

    Attributes:
        code: Exit code; -9 if it was killed.
        screen: What the user would have seen.
        writes: Files that were written or renamed below the workdir, in their order: step, path.
        left: Processes that outlived it, as their command lines.
    """

    code: int
    screen: str
    writes: list[tuple[str, str]]
    left: list[str]

    def written_by(self, step: str) -> list[str]:
        """Returns the paths that a step wrote."""
        return [path for name, path in self.writes if name == step]


class ForkedRuns:
    """A context manager around the process that forks; may have several runs at once."""

    def __init__(self, folder: Path) -> None:
        """Takes a folder for screens and logs."""
        self._folder = folder
        self._count = 0

    def __enter__(self) -> "ForkedRuns":
        """Starts the process."""
        with (self._folder / "forks.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                cwd=PROJECT,
                env=os.environ | {"COLUMNS": "200", "TF_CPP_MIN_LOG_LEVEL": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the process, and with it whatever still runs."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(_LONGEST_S)

    def start(
        self, data: Path, workdir: Path, overrides: tuple[str, ...], **hooks: Any
    ) -> "ForkedRun":
        """Starts a run of the preset ``sample``.

        Args:
            data: Photographs.
            workdir: Its workdir.
            overrides: As after ``--set``.
            **hooks: ``what``: ``kill`` or ``fill`` its disk; ``step``; ``moment``: the number of a
                write of that step, from 1, or UNPUBLISHED, or SERVING.
        """
        self._count += 1
        out = self._folder / f"run-{self._count}"
        arguments = {"data": str(data), "workdir": str(workdir), "overrides": overrides}
        return ForkedRun(self, self.ask(start={**arguments, "out": str(out), **hooks}), out)

    def run(self, *arguments: Any, **hooks: Any) -> Ended:
        """Starts a run and waits for its end."""
        return self.start(*arguments, **hooks).wait()

    def ask(self, **request: Any) -> Any:
        """Sends a request to the process, and returns its answer."""
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        readable, _, _ = select.select([self._process.stdout], [], [], _LONGEST_S)
        answer = self._process.stdout.readline() if readable else ""
        assert answer, f"no answer; see {self._folder}/forks.log"
        return json.loads(answer)


@dataclass(frozen=True)
class ForkedRun:
    """A run at work."""

    runs: ForkedRuns
    pid: int
    out: Path

    def wait(self) -> Ended:
        """Waits for its end."""
        code, left = self.runs.ask(wait=self.pid)
        writes = [tuple(each) for each in json.loads(self.out.with_suffix(".json").read_text())]
        return Ended(code, self.out.with_suffix(".txt").read_text(), writes, left)


def serve() -> None:
    """What the process does: answers requests until there are no more."""
    import ctypes

    ctypes.CDLL(None).prctl(_SUBREAPER, 1)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from pipeline.gpu import hide_gpus

    hide_gpus()
    import pipeline.local_run  # noqa: F401 - so that no fork has to

    running: set[int] = set()
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        if "start" in request:
            answer: Any = os.fork()
            if not answer:
                _be_a_run(**request["start"])
            running.add(answer)
        else:
            pid = request["wait"]
            _, status = os.waitpid(pid, 0)
            running.remove(pid)
            answer = (os.waitstatus_to_exitcode(status), _left(running))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _left(running: set[int]) -> list[str]:
    """Returns the commands of orphans; one that was killed with its run has a moment to go."""
    import psutil

    until = time.monotonic() + 5.0
    while True:
        children = [each for each in psutil.Process().children() if each.pid not in running]
        for child in children:
            if child.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(child.pid, 0)
        alive = [" ".join(child.cmdline()) for child in children if child.is_running()]
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.05)


def _be_a_run(data: str, workdir: str, overrides: list[str], out: str, **fault: Any) -> None:
    """What a fork does; never returns."""
    code = 70
    try:
        from rich.console import Console

        from pipeline import local_run
        from pipeline.beam_runner import BeamRunner
        from pipeline.log_file import chatter_to
        from pipeline.overrides import apply_overrides
        from pipeline.presets import PRESETS
        from pipeline.workdir import Workdir

        screen = os.open(f"{out}.txt", os.O_WRONLY | os.O_CREAT)
        os.dup2(screen, 1)
        writes: list[tuple[str, str]] = []

        def save_writes() -> None:
            Path(f"{out}.json").write_text(json.dumps(writes))

        def happen() -> None:
            if fault["what"] == "kill":
                save_writes()
                os.kill(os.getpid(), signal.SIGKILL)
            _fill(Path(workdir, FILLER))

        _watch_steps(workdir, writes, happen, fault.get("step", ""), fault.get("moment", 0))
        # One worker: the machine is shared, and the order of the writes is the same each time.
        beam = BeamRunner(options=("direct_running_mode=in_memory", "direct_num_workers=1"))
        place = Workdir(Path(workdir))
        config = apply_overrides(PRESETS["sample"], overrides)
        with chatter_to(place.log) as user:
            console = Console(file=user, soft_wrap=True)
            code = local_run.LocalRun(config, data, place, beam=beam).execute(console)
        save_writes()
    except BaseException:
        import traceback

        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def _fill(path: Path) -> None:
    """Writes until the disk is full."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def _watch_steps(
    workdir: str,
    writes: list[tuple[str, str]],
    happen: Callable[[], None],
    step: str,
    moment: int | str,
) -> None:
    """Notes what each step writes, and lets the fault happen at its moment."""
    from tensorflow.python.lib.io import _pywrap_file_io, tf_record
    from tfx.orchestration.portable import execution_publish_utils, launcher

    from serving.server.server_process import ServerProcess

    running = ""
    below = workdir + os.sep

    def note(path: Any) -> None:
        path = os.fsdecode(path)
        # What belongs to no step of the pipeline is no write of a step.
        if not path.startswith(below) or not running or path == below + FILLER:
            return
        writes.append((running, path.removeprefix(below)))
        if running == step and sum(name == step for name, _ in writes) == moment:
            happen()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, (str, bytes)) and flags & (os.O_WRONLY | os.O_RDWR):
                note(path)
        elif event == "os.rename":
            note(arguments[1])

    sys.addaudithook(audit)

    def noting(function: Callable[..., Any], place: int) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            note(arguments[place])
            return function(*arguments)

        return call

    # TensorFlow's files are opened in C++, where no audit hook is.
    for name, place in (("WritableFile", 0), ("CopyFile", 1), ("RenameFile", 1)):
        setattr(_pywrap_file_io, name, noting(getattr(_pywrap_file_io, name), place))
    record_writer = tf_record.TFRecordWriter.__init__

    def open_records(self: Any, path: str, *arguments: Any, **options: Any) -> None:
        note(path)
        record_writer(self, path, *arguments, **options)

    tf_record.TFRecordWriter.__init__ = open_records

    peak_memory = ServerProcess.peak_memory

    def peak_memory_then(self: Any) -> int:
        if moment == SERVING:
            happen()
        return peak_memory(self)

    ServerProcess.peak_memory = peak_memory_then

    launch = launcher.Launcher.launch

    def launch_step(self: Any) -> Any:
        nonlocal running
        running = self._pipeline_node.node_info.id
        launched = launch(self)
        running = CLOSING if running == "RunReport" else ""
        return launched

    launcher.Launcher.launch = launch_step
    # Of components, and of resolvers.
    for name in ("publish_succeeded_execution", "publish_internal_execution"):
        publish = getattr(execution_publish_utils, name)

        def then_publish(*arguments: Any, publish: Any = publish, **named: Any) -> Any:
            if running == step and moment == UNPUBLISHED:
                happen()
            return publish(*arguments, **named)

        setattr(execution_publish_utils, name, then_publish)
