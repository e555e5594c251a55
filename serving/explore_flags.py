"""The flags of ``studio-mask explore``."""

import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of photographs and masks, laid out as Kaggle's Carvana download; masks, "
    "metadata.csv and test/ may be missing.",
)
@click.option(
    "--output",
    default="exploration.html",
    show_default=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Page to write; beside it a .log gets what libraries say.",
)
@click.option("--force", is_flag=True, help="Replace the page that lies there.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Photographs looked at side by side.  [default: 1 per CPU]",
)
def explore(data: Path, output: Path, force: bool, workers: int | None) -> None:
    """Look at a folder of photographs, without a run: one page that opens offline.

    It shows the splits, makes, models and years, sizes, masks, brightness and colour, samples,
    photographs that are in two splits at once, and what a run would set aside.
    """
    from report import explore_command

    sys.exit(explore_command.run(data, output=output, force=force, workers=workers))
