"""Masks a folder of photographs, however large, on Beam: flags, nothing else."""

import os
import re
import sys
from typing import Any

import click
from click.core import ParameterSource

# Said before TensorFlow is imported: C++ chatter below warnings never leaves the library.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

_WITH_CHECK = {"--check", "--sample-submission", "--image-size"}
_SIZE = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")


def _size(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    """Reads ``WIDTHxHEIGHT``."""
    del context, parameter
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text!r} is no size: write WIDTHxHEIGHT, e.g. 1918x1280.")
    return int(match[1]), int(match[2])


def _given(context: click.Context) -> set[str]:
    """Returns the flags that the user has written."""
    return {
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name is not None
        and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="DIR|blessed",
    help="Folder of a SavedModel, or of numbered versions; blessed is the newest one that "
    "--workdir has pushed. Several: their probabilities are averaged.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="PATTERN",
    help="Folder, file or pattern such as 'photos/*.jpg' or 'photos/**/*.jpg'; here, or where Beam "
    "reads (gs://, s3://, hdfs://). May be given several times.",
)
@click.option("--output", metavar="DIR", help="Folder to write; a run that was stopped goes on.")
@click.option(
    "--format",
    "kind",
    default="rle",
    show_default=True,
    type=click.Choice(["rle", "png", "cutout", "composite"]),
    help="rle: one submission file. png: masks. cutout: RGBA. composite: on another background.",
)
@click.option(
    "--workdir", default="runs/sample", show_default=True, help="Of the run that pushed blessed."
)
@click.option(
    "--sample-submission",
    metavar="FILE",
    help="Rows in this file's order, one for each of its names; with --check, those that must be "
    "there.",
)
@click.option("--gzip", is_flag=True, help="Write submission.csv.gz.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, max_open=True),
    help="In place of the model's own; of several models, of the mean of theirs.",
)
@click.option(
    "--enlarge",
    type=click.Choice(["probability", "logits"]),
    help="What is enlarged to full size, in place of the model's own choice.",
)
@click.option(
    "--flip-average", is_flag=True, help="Average with the mirror image, if the model does not."
)
@click.option(
    "--tile",
    callback=_size,
    metavar="WIDTHxHEIGHT",
    help="Mask photographs that are larger in overlapping tiles of this size.",
)
@click.option(
    "--tile-overlap",
    type=click.IntRange(min=0),
    metavar="PIXELS",
    help="Of neighbouring tiles.  [default: an eighth of the shorter side]",
)
@click.option(
    "--background",
    metavar="COLOUR|FILE",
    help="Behind a composite: #rgb, #rrggbb, or a picture, scaled to cover.  [default: #ffffff]",
)
@click.option(
    "--feather", default=0.0, type=click.FloatRange(0, 100), help="Soften edges, in pixels."
)
@click.option("--jpeg-quality", type=click.IntRange(1, 100), help="Write composites as JPEG files.")
@click.option(
    "--batch-size",
    default=4,
    show_default=True,
    type=click.IntRange(1, 1024),
    help="Photographs in a request to the model.",
)
@click.option(
    "--shard-size",
    default=64,
    show_default=True,
    type=click.IntRange(min=1),
    help="Photographs that are done, or done again, together.",
)
@click.option("--retry-failed", is_flag=True, help="Try photographs again that have no mask.")
@click.option(
    "--beam-option",
    "beam_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="For Beam, e.g. hdfs_host=namenode, or direct_num_workers=8.",
)
@click.option(
    "--beam-runner",
    default="DirectRunner",
    show_default=True,
    metavar="NAME",
    help="Where Beam works: on this machine, or on an engine; see docs/beam.md.",
)
@click.option("--worker-image", default="", metavar="IMAGE", help="Of workers in containers.")
@click.option(
    "--shared-folder",
    "shared_folders",
    multiple=True,
    metavar="DIR",
    help="Local folder that every worker mounts at the same place.",
)
@click.option("--check", metavar="FILE", help="Validate a submission instead, here or at a URL.")
@click.option(
    "--image-size",
    callback=_size,
    default="1918x1280",
    show_default=True,
    metavar="WIDTHxHEIGHT",
    help="Of the masks that --check validates.",
)
@click.pass_context
def main(
    context: click.Context,
    models: tuple[str, ...],
    inputs: tuple[str, ...],
    output: str | None,
    kind: Any,
    sample_submission: str | None,
    tile: tuple[int, int] | None,
    tile_overlap: int | None,
    background: str | None,
    feather: float,
    check: str | None,
    image_size: tuple[int, int],
    beam_runner: str,
    beam_options: tuple[str, ...],
    worker_image: str,
    shared_folders: tuple[str, ...],
    **options: Any,
) -> None:
    """Makes the masks of photographs: run lengths, pictures, cutouts or composites."""
    from rich.console import Console

    from batch.masking import Tile
    from pipeline.gpu import grow_gpu_memory
    from pipeline.log_file import chatter_to
    from pipeline.writable import NotWritable, check_replaceable, check_writable

    given = _given(context)
    if check is not None:
        if superfluous := given - _WITH_CHECK:
            raise click.UsageError(
                f"--check validates a file: leave out {', '.join(sorted(superfluous))}"
            )
        from batch.batch_command import run_check

        sys.exit(run_check(check, sample_submission or "", image_size, Console(soft_wrap=True)))
    for name, value in (("--model", models), ("--input", inputs), ("--output", output)):
        if not value:
            raise click.UsageError(f"{name} is missing")
    if "--image-size" in given:
        raise click.UsageError("--image-size needs --check; masks are as large as photographs")
    if "--workdir" in given and "blessed" not in models:
        raise click.UsageError("--workdir needs --model blessed")
    if kind != "rle" and (sample_submission or options["gzip"]):
        raise click.UsageError("--sample-submission and --gzip need --format rle")
    if kind != "composite" and (background or options["jpeg_quality"]):
        raise click.UsageError("--background and --jpeg-quality need --format composite")
    if kind == "rle" and feather:
        raise click.UsageError("--feather has no meaning for --format rle")
    if tile is None and tile_overlap is not None:
        raise click.UsageError("--tile-overlap needs --tile")
    try:
        cut = tile and Tile(*tile, min(tile) // 8 if tile_overlap is None else tile_overlap)
    except ValueError as error:
        raise click.UsageError(f"--tile: {error}") from error

    from batch.log_place import log_of

    log = log_of(output or "")
    try:
        check_writable(str(log.parent))
        check_replaceable(log)
    except NotWritable as error:
        raise click.ClickException(str(error)) from error
    with chatter_to(log) as screen:
        console = Console(file=screen, soft_wrap=True)
        grow_gpu_memory()  # A fit may be on the GPU, too.
        with console.status("Loading TensorFlow and Beam"):
            from batch.batch_command import run_batch
            from batch.batch_options import BatchOptions
            from pipeline.beam_runner import BeamRunner
        asked = BatchOptions(
            models,
            inputs,
            output or "",
            kind,
            sample_submission=sample_submission or "",
            tile=cut,
            background=background or "#ffffff",
            feather_px=feather,
            runner=BeamRunner(beam_runner, beam_options, worker_image, shared_folders),
            **options,
        )
        exit_code = run_batch(asked, console, log)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
