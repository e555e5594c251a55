"""What ``studio-mask mask`` does: photographs in, results out, one line for each that failed."""

import contextlib
import sys
import time
from pathlib import Path

from serving.client.batch_run import BatchRun
from serving.client.errors import MaskServiceError, ServiceError
from serving.client.mask_options import MaskOptions, ServerOptions
from serving.client.mask_run import MakeResult, OutputNotWritable
from serving.client.mask_screen import MaskScreen
from serving.client.mask_stream import STREAM, check_stream, mask_stream
from serving.client.output_kind import OutputKind
from serving.client.photograph_plan import MaskTask, PlanError, check_table
from serving.client.pictures.rendering import DEFAULT_JPEG_QUALITY, Rendering
from serving.client.result_store import PictureFiles, ResultStore, TableRows
from serving.client.run_length_csv import RunLengthCsv, UnusableTable
from serving.client.stop_request import stop_on_signals
from serving.client.transports.background import UnusableBackground, read_background
from serving.quiet import silence_libraries

_INTERRUPTED = 130


def run(source: Path, output: Path, server: ServerOptions, options: MaskOptions) -> int:
    """Masks a photograph, a folder of them, or what comes into a folder.

    Args:
        source: The photograph or folder; ``-`` is stdin.
        output: The file or folder to write; ``-`` is stdout.
        server: Whom to ask.
        options: What to make.

    Returns:
        The exit status: 0 if every photograph has its result, 1 if not, 130 after Ctrl-C.
    """
    silence_libraries()
    screen = MaskScreen()
    try:
        with contextlib.ExitStack() as opened:
            if STREAM in (source, output):
                _run_stream(source, output, server, options, opened)
                return 0
            return _run_batch(source, output, server, options, screen, opened)
    except (
        PlanError,
        UnusableBackground,
        UnusableTable,
        OutputNotWritable,
        MaskServiceError,
    ) as error:
        screen.say(str(error))
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run_stream(
    source: Path,
    output: Path,
    server: ServerOptions,
    options: MaskOptions,
    opened: contextlib.ExitStack,
) -> None:
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    check_stream(source, output, options, is_terminal=stdout.isatty())
    make_result = _prepare(server, options, opened)
    mask_stream(source, output, options, make_result, stdin=stdin, stdout=stdout)


def _run_batch(
    source: Path,
    output: Path,
    server: ServerOptions,
    options: MaskOptions,
    screen: MaskScreen,
    opened: contextlib.ExitStack,
) -> int:
    started = time.monotonic()
    if options.watch and not source.is_dir():
        raise PlanError(f"Only a folder can be watched, and {source} is none.")
    stop = opened.enter_context(stop_on_signals())
    store = _open_store(source, output, options, opened)
    batch = BatchRun(source, output, store, screen, in_flight=options.in_flight, stop=stop)
    make_result = _prepare(server, options, opened)
    is_broken = False
    try:
        if options.watch:
            screen.say(f"Watching {source} (Ctrl-C stops)")
            batch.watch(make_result)
        else:
            batch.once(make_result)
    except (ServiceError, OutputNotWritable, UnusableTable) as error:
        screen.say(str(error))
        is_broken = True
    except KeyboardInterrupt:  # the second one: not even what is in flight is waited for
        pass
    batch.save_failures()
    seconds = time.monotonic() - started
    summary = f"{batch.tally} in {seconds:.1f} s: {output}"
    if batch.failures:
        summary += f" (failures: {batch.failures.path})"
    screen.summarize(summary)
    if stop:
        return stop.exit_code
    return 1 if is_broken or batch.tally.failed or batch.tally.not_done else 0


def _open_store(
    source: Path, output: Path, options: MaskOptions, opened: contextlib.ExitStack
) -> ResultStore:
    """Returns what plans the work and keeps its results."""
    if options.kind is not OutputKind.RLE:
        return PictureFiles(source, output, options.suffixes, options.force)
    check_table(output)
    try:
        table = opened.enter_context(RunLengthCsv(output))
    except OSError as error:
        raise PlanError(f"Cannot open {output}: {error.strerror}.") from error
    return TableRows(source, table, force=options.force)


def _prepare(
    server: ServerOptions, options: MaskOptions, opened: contextlib.ExitStack
) -> MakeResult:
    """Reads the background, makes the client, and returns what turns a photograph into a result."""
    rendering = None
    if options.kind is not OutputKind.RLE:
        rendering = Rendering(
            options.kind,
            options.feather_px,
            read_background(options.background),
            options.jpeg_quality or DEFAULT_JPEG_QUALITY,
        )
    try:
        client = opened.enter_context(server.connect())
    except ValueError as error:
        raise PlanError(str(error)) from error

    def make_result(task: MaskTask, photograph: bytes) -> bytes:
        if rendering is None:
            return client.rle(photograph).encode("ascii")
        return rendering(photograph, client.mask(photograph), task.destination.suffix)

    return make_result
