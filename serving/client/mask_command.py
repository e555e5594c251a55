"""What ``studio-mask mask`` does: photographs in, PNG files out, one line for each that failed."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from serving.client.errors import ServiceError
from serving.client.mask_run import OutputNotWritable, mask_photographs
from serving.client.photograph_plan import PlanError, plan_masks
from serving.quiet import silence_libraries

# A run that is over sooner needs no bar.
_BAR_AFTER_S = 2.0


def run(
    source: Path,
    output: Path,
    *,
    target: str,
    model_name: str,
    cutout: bool,
    in_flight: int,
    timeout_s: float,
) -> int:
    """Masks a photograph or a folder of them.

    Args:
        source: The photograph or folder.
        output: The PNG file or folder to write.
        target: The model server, as ``host:port``.
        model_name: The name the model is served under.
        cutout: Write the photograph with its mask as alpha, instead of the mask.
        in_flight: Requests to keep under way at the same time.
        timeout_s: The deadline of each request.

    Returns:
        The exit status: 0 if every photograph has its mask.
    """
    screen = Console(stderr=True)
    started = time.monotonic()
    try:
        plan = plan_masks(source, output)
    except PlanError as error:
        _say(screen, str(error))
        return 1
    masked, failed = 0, len(plan.refusals)
    for refusal in plan.refusals:
        _say(screen, f"{refusal.photograph}: {refusal.reason}")

    silence_libraries()
    from serving.client.cutout import cutout_png
    from serving.client.mask_client import MaskClient

    with (
        MaskClient(target, model_name=model_name, timeout_s=timeout_s) as client,
        _progress_bar(screen, len(plan.tasks)) as advance,
    ):

        def cut_out(photograph: bytes) -> bytes:
            return cutout_png(photograph, client.mask(photograph))

        make_result = cut_out if cutout else client.mask
        try:
            for outcome in mask_photographs(plan.tasks, make_result, in_flight=in_flight):
                if outcome.failure is None:
                    masked += 1
                else:
                    failed += 1
                    _say(screen, f"{outcome.task.photograph}: {outcome.failure}")
                advance()
        except (ServiceError, OutputNotWritable) as error:
            _say(screen, str(error))
    left = len(plan.tasks) + len(plan.refusals) - masked - failed
    not_tried = f", {left} not done" if left else ""
    seconds = time.monotonic() - started
    summary = f"{masked} masked, {failed} failed{not_tried} in {seconds:.1f} s: {output}"
    click.echo(_printable(summary))
    return 1 if failed or left else 0


@contextlib.contextmanager
def _progress_bar(screen: Console, total: int) -> Iterator[Callable[[], None]]:
    """Yields what to call after each photograph; the bar appears once the run takes long."""
    progress = Progress(
        TextColumn("Masking"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
    bar = progress.add_task("", total=total)
    started = time.monotonic()

    def advance() -> None:
        progress.advance(bar)
        if time.monotonic() - started > _BAR_AFTER_S:
            progress.start()

    try:
        yield advance
    finally:
        progress.stop()


def _say(screen: Console, text: str) -> None:
    """Prints one line above the bar, as it is: file names may hold what Rich takes for markup."""
    screen.print(_printable(text), markup=False, highlight=False, soft_wrap=True)


def _printable(text: str) -> str:
    """Returns the text with a mark for each byte of a file name that is no character."""
    return text.encode(errors="replace").decode()
