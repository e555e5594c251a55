"""The flags of ``studio-mask serve``: those of tensorflow_model_server."""

import sys

import click


@click.command()
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
