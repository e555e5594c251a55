"""What ``studio-mask evaluate`` does: flags to an evaluation, its end to an exit code.

Nothing heavy is imported before the libraries' chatter goes to the log.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from evaluation.model_argument import UnusableArgument, parse_models

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

_LOGGER = logging.getLogger(__name__)
# What only an evaluation holds; a folder without it is not replaced.
_OWN_FILE = "scores.csv"


def run(
    models: Sequence[str],
    data: Path,
    *,
    output: Path,
    slices: Sequence[str],
    model_name: str,
    workers: int | None,
    force: bool,
) -> int:
    """Runs the command on the screen of this process.

    Args:
        models: As given, see ``evaluation.model_argument``.
        data: Folder to score.
        output: Folder to write.
        slices: See ``evaluation.folder_evaluation``.
        model_name: The same.
        workers: The same; None for as many as there are CPUs.
        force: Replace the evaluation that lies in the folder.

    Returns:
        The exit code: 0; 1 on failure; 130 if the user interrupted.

    Raises:
        click.UsageError: If the flags do not go together.
    """
    try:
        arguments = parse_models(models)
    except UnusableArgument as error:
        raise click.BadParameter(str(error), param_hint="--model") from error
    output = output.absolute()
    _check_output(output, force)

    from pipeline.gpu import hide_gpus
    from pipeline.log_file import chatter_to

    hide_gpus()  # A fit may be running; the gate scores without them, too.
    with chatter_to(_log(output)) as screen:
        console = Console(file=screen, soft_wrap=True)
        try:
            from evaluation.folder_evaluation import FolderEvaluation

            FolderEvaluation(
                arguments, data, output, slices, model_name, workers or os.cpu_count() or 1
            ).execute(console)
        except KeyboardInterrupt:
            console.print("Interrupted; nothing was written.")
            return EXIT_INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the screen gets one line, the log all of it
            _LOGGER.exception("The evaluation failed")
            console.print(Text(_explain(error), style="red"))
            console.print(Text(f"The log is {_log(output)}"))
            return EXIT_FAILED
        console.print(Text(f"The log is {_log(output)}"))
    return 0


def _check_output(output: Path, force: bool) -> None:
    """Makes sure that nothing but an older evaluation is replaced, and that only if asked to."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from error
    if not os.access(output.parent, os.W_OK):
        raise click.UsageError(f"{output} cannot be written: choose another --output")
    if not output.exists() or not any(output.iterdir()):
        return
    if not (output / _OWN_FILE).is_file():
        raise click.UsageError(
            f"{output} holds other things than an evaluation: choose another --output"
        )
    if not force:
        raise click.UsageError(
            f"{output} holds an evaluation: choose another --output, or replace it with --force"
        )


def _log(output: Path) -> Path:
    return output.with_name(f"{output.name}.log")


def _explain(error: Exception) -> str:
    from components.photograph_folder import UnusableFolder
    from evaluation.folder_evaluation import EvaluationFailed
    from serving.client.errors import MaskServiceError

    if isinstance(error, (EvaluationFailed, UnusableFolder, MaskServiceError)):
        return str(error)
    return f"{type(error).__name__}: {error}"
