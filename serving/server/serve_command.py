"""What ``studio-mask serve`` does: an EmbeddedServer, a few lines on the screen, a clean end."""

import signal
import threading

import click

from serving.errors import ServingError
from serving.quiet import silence_libraries
from serving.server import model_directory
from serving.server.session_options import SessionOptions
from serving.server.version_status import VersionState, VersionStatus

# What tensorflow_model_server exits with when it cannot start.
_CANNOT_START = 255


def run(
    model_base_path: str,
    model_name: str,
    *,
    host: str,
    port: int,
    file_system_poll_wait_seconds: float,
    grpc_max_threads: int | None,
    options: SessionOptions,
) -> int:
    """Serves until SIGTERM or Ctrl-C, then finishes the running requests.

    Args:
        model_base_path: The directory of version directories.
        model_name: The name requests ask for.
        host: The address to listen on.
        port: The port to listen on.
        file_system_poll_wait_seconds: Time between two looks for a new version.
        grpc_max_threads: Requests answered side by side; None leaves it to the server.
        options: Threads and devices of each version.

    Returns:
        The exit status: 0 after a signal, 255 if the server cannot start.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = None
    try:
        silence_libraries()
        from serving.server.embedded_server import EmbeddedServer

        server = EmbeddedServer(
            model_base_path,
            model_name,
            host=host,
            port=port,
            file_system_poll_wait_seconds=file_system_poll_wait_seconds,
            grpc_max_threads=grpc_max_threads,
            options=options,
            on_change=_show,
        )
        if not _has_version(model_base_path):
            click.echo(f"Waiting for a version in {model_base_path}")
        server.start()
        click.echo(f"Serving {model_name} on {server.target} (Ctrl-C stops)")
        threading.Event().wait()
    except ServingError as error:
        click.echo(f"Failed to start server. Error: {_one_line(error)}", err=True)
        return _CANNOT_START
    except KeyboardInterrupt:
        # Whoever signals again does not want to wait for the requests.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if server is not None:
            server.stop()
        click.echo("Stopped")
    return 0


def _has_version(model_base_path: str) -> bool:
    try:
        return bool(model_directory.version_directories(model_base_path))
    except OSError:
        return False


def _show(status: VersionStatus) -> None:
    """Prints the two changes that matter: a version is available, or will not be."""
    if status.state is VersionState.AVAILABLE:
        click.echo(f"Version {status.version} AVAILABLE")
    elif status.error is not None:
        click.echo(
            f"Version {status.version} cannot be loaded: {_one_line(status.error)}", err=True
        )


def _one_line(error: ServingError) -> str:
    return " ".join(str(error).split())
