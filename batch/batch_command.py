"""What ``batch_runner.py`` does: flags to a run or a check, their ends to an exit code."""

import logging
from pathlib import Path

from rich.console import Console
from rich.text import Text

from batch.batch_failed import BatchFailed
from batch.batch_options import BatchOptions
from batch.batch_run import BatchRun
from batch.submission import read_sample
from batch.submission_check import check_submission
from components.folder_files import UnusableFolder
from pipeline.beam_runner import UnusableRunner
from pipeline.closing import short_path

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

_LOGGER = logging.getLogger(__name__)
_FAULTS_SHOWN = 20
_TRACEBACK = "Traceback (most recent call last)"


def run_batch(options: BatchOptions, console: Console, log: Path) -> int:
    """Runs a batch.

    Args:
        options: What the user asks for.
        console: The user's screen.
        log: Named on the screen where something went wrong.

    Returns:
        The exit code: 0, 1 if the run could not be done or gave no mask, 130 if it was interrupted.
    """
    try:
        summary = BatchRun(options).execute(console)
    except KeyboardInterrupt:
        console.print("Interrupted. Run the same command again: finished shards are kept.")
        return EXIT_INTERRUPTED
    except (BatchFailed, UnusableFolder, UnusableRunner) as error:
        _LOGGER.exception("The run failed")
        console.print(Text(str(error), style="red"))
    except Exception as error:  # noqa: BLE001 - the screen gets one line, the log all of it
        _LOGGER.exception("The run failed")
        console.print(Text(_in_one_line(error), style="red"))
        console.print("Run the same command again: finished shards are kept.")
    else:
        if summary.masks:
            return 0
        console.print(Text("Not one photograph has a mask.", style="red"))
    console.print(Text(f"The log is {short_path(log)}"))
    return EXIT_FAILED


def run_check(path: str, sample: str, size: tuple[int, int], console: Console) -> int:
    """Validates a submission.

    Args:
        path: The csv file.
        sample: A file whose names must be there; empty for none.
        size: Width and height of the masks, pixels.
        console: The user's screen.

    Returns:
        The exit code: 0 if there is no fault, 1 if there is, or the file cannot be read.
    """
    width, height = size
    try:
        names = read_sample(sample) if sample else None
        check = check_submission(path, height, width, names)
    except BatchFailed as error:
        console.print(Text(str(error), style="red"))
        return EXIT_FAILED
    for fault in check.faults[:_FAULTS_SHOWN]:
        console.print(Text(fault))
    more = len(check.faults) - _FAULTS_SHOWN
    if more > 0:
        console.print(f"and {more:,} more")
    verdict = f"{len(check.faults):,} faults" if check.faults else "no fault"
    rows = f"{check.rows:,} rows of {width}x{height}, {check.empty:,} without a mask"
    console.print(Text(f"{path}: {rows}: {verdict}"))
    return EXIT_FAILED if check.faults else 0


def _in_one_line(error: Exception) -> str:
    """Says what went wrong; Beam hands a worker's error on as the text of its traceback."""
    lines = str(error).strip().splitlines()
    if any(line.startswith(_TRACEBACK) for line in lines):
        return lines[-1]
    return f"{type(error).__name__}: {''.join(lines[:1])}"
