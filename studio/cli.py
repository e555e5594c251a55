"""The command line: flags in, one folder and one closing line out."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from studio.config import StudioConfig
from studio.dataset import OutputInTheWay, holds_rendering, render_dataset

BAR_AFTER_S = 2.0
"""Seconds a rendering may take before it shows a progress bar."""
_DEFAULT = StudioConfig()


@click.command(context_settings={"show_default": True})
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option("--cars", default=_DEFAULT.cars, help="Cars with masks.")
@click.option("--test-cars", default=_DEFAULT.test_cars, help="Further cars without masks.")
@click.option("--seed", default=_DEFAULT.seed, help="Same seed, same bytes.")
@click.option("--width", default=_DEFAULT.width, help="Pixels across a photograph.")
@click.option("--height", default=_DEFAULT.height, help="Pixels down a photograph.")
@click.option("--poses", default=_DEFAULT.poses, help="Turntable stops per car, up to 16.")
@click.option("--jpeg-quality", default=_DEFAULT.jpeg_quality, help="1 to 100.")
def main(out: Path, **fields: int) -> None:
    """Render studio photographs of cars, with masks, in the layout of the Carvana challenge."""
    try:
        config = StudioConfig(**fields)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if holds_rendering(out, config):
        click.echo(f"{out} already holds this rendering; nothing to do.")
        return
    started = time.monotonic()
    try:
        _render_with_bar(out, config, started)
    except OutputInTheWay as error:
        click.echo(f"Error: {error}; choose another --out or empty it.", err=True)
        raise click.exceptions.Exit(2) from None
    labelled = config.cars * config.poses
    click.echo(
        f"Wrote {labelled} photographs with masks of {config.cars} cars and "
        f"{config.photographs - labelled} photographs without, {config.width}x{config.height}, "
        f"to {out} in {time.monotonic() - started:.1f} s."
    )


def _render_with_bar(out: Path, config: StudioConfig, started: float) -> None:
    columns = (
        TextColumn("Rendering"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("photographs", total=config.photographs)

    def advance(done: int, _: int) -> None:
        bar.update(task, completed=done)
        if not bar.live.is_started and time.monotonic() - started > BAR_AFTER_S:
            bar.start()

    try:
        render_dataset(out, config, advance)
    finally:
        if bar.live.is_started:
            bar.stop()
