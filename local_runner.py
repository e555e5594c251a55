"""Runs the pipeline on this machine: flags, nothing else."""

import os
import sys
from pathlib import Path

import click

# Said before TensorFlow is imported: C++ chatter below warnings never leaves the library.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--preset", default="sample", show_default=True, help="Named configuration.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of photographs, laid out as Kaggle's Carvana download, or of TFRecord files that "
    "follow the data contract. Without it the sample studio is rendered.",
)
@click.option(
    "--workdir", type=click.Path(path_type=Path, file_okay=False), help="[default: runs/PRESET]"
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="E.g. unet_fit.epochs=3"
)
@click.option("--fail-if-rejected", is_flag=True, help="Exit with 3 if the model is rejected.")
def main(
    preset: str,
    data: Path | None,
    workdir: Path | None,
    overrides: tuple[str, ...],
    fail_if_rejected: bool,
) -> None:
    """Turns studio photographs and hand-made masks into a served model that makes masks."""
    from rich.console import Console
    from rich.text import Text

    from pipeline.gpu import hide_gpus
    from pipeline.log_file import chatter_to
    from pipeline.overrides import InvalidOverride, apply_overrides
    from pipeline.presets import PRESETS
    from pipeline.workdir import Workdir

    if preset not in PRESETS:
        raise click.BadParameter(
            f"{preset!r} is none of: {', '.join(PRESETS)}", param_hint="--preset"
        )
    try:
        config = apply_overrides(PRESETS[preset], overrides)
    except InvalidOverride as error:
        raise click.UsageError(str(error)) from error
    if data is None and preset != "sample":
        raise click.UsageError(f"--preset {preset} needs --data DIR, a folder of photographs")

    place = Workdir((workdir or Path("runs") / preset).resolve())
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
            from pipeline.local_run import LocalRun
        exit_code = LocalRun(config, data, place, fail_if_rejected).execute(console)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
