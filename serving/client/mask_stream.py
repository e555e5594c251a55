"""One photograph through stdin or stdout, for pipes."""

from pathlib import Path
from typing import BinaryIO

from serving.atomic_file import write_atomically
from serving.client.mask_options import MaskOptions
from serving.client.mask_run import MakeResult, OutputNotWritable
from serving.client.output_kind import OutputKind
from serving.client.photograph_plan import MaskTask, PlanError, check_destination

# What stands for stdin as INPUT, and for stdout as OUTPUT.
STREAM = Path("-")


def check_stream(source: Path, output: Path, options: MaskOptions, *, is_terminal: bool) -> None:
    """Refuses what cannot go through a pipe.

    Args:
        source: A photograph, or ``STREAM``.
        output: A file, or ``STREAM``.
        options: What to make.
        is_terminal: Whether stdout is read by eyes.

    Raises:
        PlanError: It cannot be done.
    """
    if options.watch:
        raise PlanError("Only a folder can be watched: name one as INPUT, and one as OUTPUT.")
    if source != STREAM and not source.exists():
        raise PlanError(f"There is no {source}: name a photograph or a folder of photographs.")
    if source.is_dir():
        raise PlanError("The photographs of a folder need a folder: stdout holds one result.")
    if output == STREAM:
        if is_terminal and options.kind is not OutputKind.RLE:
            raise PlanError("A picture is no text for a terminal: send stdout to a file.")
    elif options.kind is OutputKind.RLE:
        raise PlanError("A row needs a name, and stdin has none: name the photograph as INPUT.")
    elif output.is_dir():
        raise PlanError(f"What comes from stdin has no name: name a file in {output}.")
    else:
        check_destination(output, options.suffixes, force=options.force)


def mask_stream(
    source: Path,
    output: Path,
    options: MaskOptions,
    make_result: MakeResult,
    *,
    stdin: BinaryIO,
    stdout: BinaryIO,
) -> None:
    """Masks one photograph.

    Args:
        source: A photograph, or ``STREAM``.
        output: A file, or ``STREAM``; run lengths go there as one line, without a name.
        options: What to make.
        make_result: Makes it.
        stdin: Where the photograph comes from, if it is a stream.
        stdout: Where the result goes, if it is a stream.

    Raises:
        MaskServiceError: There is no result.
        PlanError: The photograph cannot be read.
        OutputNotWritable: The result cannot be written.
    """
    try:
        photograph = stdin.read() if source == STREAM else source.read_bytes()
    except OSError as error:
        raise PlanError(f"Cannot read {source}: {error.strerror}.") from error
    destination = Path(f"stdout{options.suffixes[0]}") if output == STREAM else output
    result = make_result(MaskTask(source, source.name, destination), photograph)
    try:
        if output == STREAM:
            stdout.write(result + b"\n" if options.kind is OutputKind.RLE else result)
            stdout.flush()
        else:
            write_atomically(output, result)
    except OSError as error:
        raise OutputNotWritable(f"Cannot write {destination}: {error.strerror}.") from error
