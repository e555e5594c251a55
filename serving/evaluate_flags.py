"""The flags of ``studio-mask evaluate``."""

import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--model",
    "models",
    required=True,
    multiple=True,
    metavar="[NAME=]DIR|HOST:PORT",
    help="Folder of a SavedModel or of numbered versions, or a model server; may be repeated.",
)
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of photographs and masks, laid out as Kaggle's Carvana download, or of TFRecord "
    "files that follow the data contract.",
)
@click.option(
    "--output",
    default="evaluation",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write; OUTPUT.log gets what libraries say.",
)
@click.option("--force", is_flag=True, help="Replace the evaluation that lies in OUTPUT.")
@click.option(
    "--slice",
    "slices",
    default=["pose"],
    show_default=True,
    multiple=True,
    type=click.Choice(["pose", "make", "year", "mask_area", "group_id", "height", "width"]),
    help="Show the Dice of each value of it; may be repeated.",
)
@click.option(
    "--model-name", default="mask", show_default=True, help="The model to ask a server for."
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Photographs scored side by side.  [default: 1 per CPU]",
)
def evaluate(
    models: tuple[str, ...],
    data: Path,
    output: Path,
    force: bool,
    slices: tuple[str, ...],
    model_name: str,
    workers: int | None,
) -> None:
    """Score models on photographs that have hand-made masks, at full resolution.

    All models are asked for the same photographs. OUTPUT gets TensorFlow Model Analysis' result, a
    row per model and photograph (scores.csv), the first model's worst masks (worst.html), labels
    that are probably wrong (suspected_labels.jsonl) and what could not be used (quarantine.jsonl).
    """
    from evaluation import evaluate_command

    sys.exit(
        evaluate_command.run(
            models,
            data,
            output=output,
            slices=slices,
            model_name=model_name,
            workers=workers,
            force=force,
        )
    )
