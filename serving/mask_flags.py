"""The flags of ``studio-mask mask``."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUTPUT", type=click.Path(path_type=Path))
@click.option(
    "--server",
    default="127.0.0.1:8500",
    show_default=True,
    metavar="HOST:PORT",
    help="The model server.",
)
@click.option("--model-name", default="mask", show_default=True, help="The model to ask.")
@click.option("--cutout", is_flag=True, help="Write the photograph with the mask as its alpha.")
@click.option(
    "--in-flight",
    default=4,
    show_default=True,
    type=click.IntRange(min=1),
    help="Requests under way at the same time.",
)
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds each request may take.",
)
def mask(
    source: Path,
    output: Path,
    server: str,
    model_name: str,
    cutout: bool,
    in_flight: int,
    timeout: float,
) -> None:
    """Mask the photograph INPUT, or all JPEG and PNG files in the folder INPUT, into OUTPUT.

    Masks are one-channel PNG files, 255 on the object. Those of a folder keep the photographs'
    relative names. A photograph that fails is named, and does not stop the others.
    """
    from serving.client import mask_command

    sys.exit(
        mask_command.run(
            source,
            output,
            target=server,
            model_name=model_name,
            cutout=cutout,
            in_flight=in_flight,
            timeout_s=timeout,
        )
    )
