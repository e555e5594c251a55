"""Runs the pipeline on this machine: flags, nothing else."""

import os
import sys
from pathlib import Path

import click

# Said before TensorFlow is imported: C++ chatter below warnings never leaves the library.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")


def _check_data(context: click.Context, parameter: click.Parameter, data: str | None) -> str | None:
    """Says at once that a folder of this machine does not exist; patterns and URLs come later."""
    del context, parameter
    if data is None or "://" in data or "{" in data:
        return data
    if not os.path.isdir(data):
        what = "is a file" if os.path.exists(data) else "does not exist"
        raise click.BadParameter(f"Directory {data!r} {what}.")
    return data


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--preset", default="sample", show_default=True, help="Named configuration.")
@click.option(
    "--data",
    callback=_check_data,
    metavar="DIR|URL|PATTERN",
    help="Folder of photographs, laid out as Kaggle's Carvana download, or of TFRecord files that "
    "follow the data contract; here, or where Beam can read (gs://, s3://, hdfs://). With "
    "'photos/span-{SPAN}' the newest of them. Without it the sample studio is rendered.",
)
@click.option(
    "--workdir", type=click.Path(path_type=Path, file_okay=False), help="[default: runs/PRESET]"
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="E.g. unet_fit.epochs=3"
)
@click.option(
    "--beam-runner",
    default="DirectRunner",
    show_default=True,
    metavar="NAME",
    help="Who does the work of the Beam steps: DirectRunner (this machine), FlinkRunner, "
    "SparkRunner, DataflowRunner or PortableRunner; docs/beam.md has a command for each.",
)
@click.option(
    "--beam-option",
    "beam_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="E.g. hdfs_host=namenode, which hdfs:// needs.",
)
@click.option(
    "--worker-image",
    default="",
    metavar="IMAGE",
    help="Container image of the Beam workers, where they are on other machines.",
)
@click.option(
    "--shared-folder",
    "shared_folders",
    multiple=True,
    metavar="DIR",
    help="Folder that all Beam workers mount at the same place.",
)
@click.option(
    "--metadata",
    metavar="URL",
    help="Server that keeps ML Metadata, e.g. postgresql://user@host:5432/database or mysql://...; "
    "the password comes from PGPASSWORD, MYSQL_PWD or ?password_file=PATH.  [default: an SQLite "
    "file in the workdir]",
)
@click.option("--make-classifier", is_flag=True, help="Fit, judge and push a model of makes too.")
@click.option("--fail-if-rejected", is_flag=True, help="Exit with 3 if the model is rejected.")
def main(
    preset: str,
    data: str | None,
    workdir: Path | None,
    overrides: tuple[str, ...],
    beam_runner: str,
    beam_options: tuple[str, ...],
    worker_image: str,
    shared_folders: tuple[str, ...],
    metadata: str | None,
    make_classifier: bool,
    fail_if_rejected: bool,
) -> None:
    """Turns studio photographs and hand-made masks into a served model that makes masks."""
    from rich.console import Console
    from rich.text import Text

    from pipeline.gpu import hide_gpus
    from pipeline.log_file import chatter_to
    from pipeline.metadata_connection import MetadataServer, UnusableMetadata
    from pipeline.overrides import InvalidOverride, apply_overrides
    from pipeline.presets import PRESETS
    from pipeline.workdir import Workdir
    from pipeline.writable import NotWritable

    if preset not in PRESETS:
        raise click.BadParameter(
            f"{preset!r} is none of: {', '.join(PRESETS)}", param_hint="--preset"
        )
    try:
        on = ("make.enabled=true",) if make_classifier else ()
        config = apply_overrides(PRESETS[preset], (*overrides, *on))
    except InvalidOverride as error:
        raise click.UsageError(str(error)) from error
    try:
        server = MetadataServer.parse(metadata) if metadata else None
    except UnusableMetadata as error:
        raise click.BadParameter(str(error), param_hint="--metadata") from error
    if data is None and preset != "sample":
        raise click.UsageError(f"--preset {preset} needs --data DIR, a folder of photographs")

    place = Workdir((workdir or Path("runs") / preset).resolve())
    try:
        place.check_writable()
    except NotWritable as error:
        raise click.ClickException(str(error)) from error
    with chatter_to(place.log) as screen:
        console = Console(file=screen, soft_wrap=True)
        console.print(
            Text(
                f"studio-mask: preset {preset}, photographs "
                f"{data or 'of the rendered sample studio'}, workdir {os.path.relpath(place.path)}"
            )
        )
        hide_gpus()  # Before TensorFlow looks for them.
        with console.status("Loading TensorFlow and TFX"):
            from pipeline.beam_runner import BeamRunner
            from pipeline.local_run import LocalRun
        beam = BeamRunner(beam_runner, beam_options, worker_image, shared_folders)
        exit_code = LocalRun(config, data, place, fail_if_rejected, beam, server).execute(console)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
