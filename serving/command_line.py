"""The ``studio-mask`` command: flags, nothing else.

The work is imported when a command runs, so that ``--help`` answers at once.
"""

import sys
from pathlib import Path

import click


@click.group()
def main() -> None:
    """Masks for photographs, from a served model."""


@main.command()
@click.option(
    "--model_base_path",
    required=True,
    type=click.Path(file_okay=False),
    help="Folder of numbered versions, as the pipeline pushes them; it may appear later.",
)
@click.option("--model_name", default="mask", show_default=True, help="The name requests use.")
@click.option("--host", default="[::]", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8500,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="gRPC port; 0 takes a free one.",
)
@click.option(
    "--file_system_poll_wait_seconds",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Time between two looks for a new version; 0 keeps the first one.",
)
@click.option(
    "--grpc_max_threads",
    type=click.IntRange(min=1),
    help="Requests answered side by side.  [default: 4 per CPU]",
)
@click.option(
    "--tensorflow_intra_op_parallelism",
    default=0,
    type=click.IntRange(min=0),
    help="Threads inside one operation.  [default: chosen by TensorFlow]",
)
@click.option(
    "--tensorflow_inter_op_parallelism",
    default=0,
    type=click.IntRange(min=0),
    help="Operations run side by side.  [default: chosen by TensorFlow]",
)
def serve(
    model_base_path: str,
    model_name: str,
    host: str,
    port: int,
    file_system_poll_wait_seconds: float,
    grpc_max_threads: int | None,
    tensorflow_intra_op_parallelism: int,
    tensorflow_inter_op_parallelism: int,
) -> None:
    """Serve the newest version of a model over gRPC, as TensorFlow Serving does.

    The flags are those of tensorflow_model_server. A new version is loaded while the old one still
    answers; SIGTERM and Ctrl-C let running requests finish.
    """
    from serving.server import serve_command
    from serving.server.session_options import SessionOptions

    sys.exit(
        serve_command.run(
            model_base_path,
            model_name,
            host=host,
            port=port,
            file_system_poll_wait_seconds=file_system_poll_wait_seconds,
            grpc_max_threads=grpc_max_threads,
            options=SessionOptions(
                intra_op_threads=tensorflow_intra_op_parallelism,
                inter_op_threads=tensorflow_inter_op_parallelism,
            ),
        )
    )


@main.command()
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


@main.command()
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
