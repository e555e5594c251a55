"""What ``studio-mask explore`` does: flags to a page, its end to an exit code.

Nothing heavy is imported before the libraries' chatter goes to the log.
"""

import logging
import os
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

_LOGGER = logging.getLogger(__name__)
# Stands at the beginning of every page of report/templates/page.html, and of no other file.
_OWN_MARK = b'<meta name="generator" content="studio-mask">'
_BEGINNING = 1024  # bytes


def run(data: Path, *, output: Path, force: bool, workers: int | None) -> int:
    """Runs the command on the screen of this process.

    Args:
        data: Folder to look at.
        output: HTML file to write; beside it a log with the ending .log.
        force: Replace the page that lies there.
        workers: Photographs that are looked at side by side; None for as many as there are CPUs.

    Returns:
        The exit code: 0; 1 on failure; 130 if the user interrupted.

    Raises:
        click.UsageError: If the output cannot be written, or is something else than a page.
    """
    output = output.absolute()
    _check_output(output, force)
    log = output.with_suffix(".log")

    from pipeline.log_file import chatter_to

    with chatter_to(log) as screen:
        console = Console(file=screen, soft_wrap=True)
        try:
            from report.explore import explore

            explore(data, output, workers or os.cpu_count() or 1, console)
        except KeyboardInterrupt:
            console.print("Interrupted; nothing was written.")
            return EXIT_INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the screen gets one line, the log all of it
            _LOGGER.exception("The exploration failed")
            console.print(Text(_explain(error), style="red"))
            console.print(Text(f"The log is {log}"))
            return EXIT_FAILED
    return 0


def _check_output(output: Path, force: bool) -> None:
    """Makes sure that nothing but an older page is replaced, and that only if asked to."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from error
    if not os.access(output.parent, os.W_OK):
        raise click.UsageError(f"{output} cannot be written: choose another --output")
    if output.suffix == ".log":
        raise click.UsageError(f"{output} would be the log's name: choose another --output")
    if not output.exists():
        return
    if not output.is_file() or _OWN_MARK not in _beginning(output):
        raise click.UsageError(
            f"{output} is something else than a page of studio-mask: choose another --output"
        )
    if not force:
        raise click.UsageError(
            f"{output} is there already: choose another --output, or replace it with --force"
        )


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_BEGINNING)


def _explain(error: Exception) -> str:
    from components.photograph_folder import UnusableFolder

    return str(error) if isinstance(error, UnusableFolder) else f"{type(error).__name__}: {error}"
