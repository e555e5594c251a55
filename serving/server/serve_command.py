"""What ``studio-mask serve`` does: a model server, a few lines on the screen, a clean end."""

import importlib.metadata
import signal
import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import click

from serving.errors import ServingError
from serving.quiet import import_tensorflow, silence_libraries
from serving.server import real_server
from serving.server.server_flags import ServerFlags, names_of
from serving.server.versions import model_directory
from serving.version_status import VersionState, VersionStatus

if TYPE_CHECKING:
    from serving.server.embedded_server import EmbeddedServer

# What tensorflow_model_server exits with when it cannot start.
_CANNOT_START = 255


def run(flags: ServerFlags, *, given: AbstractSet[str], unknown: Sequence[str] = ()) -> int:
    """Serves until SIGTERM or Ctrl-C, then finishes the running requests.

    Where there is a tensorflow_model_server, this process becomes it and nothing is returned.

    Args:
        flags: What was asked for.
        given: The names of the flags that stood on the command line.
        unknown: The arguments that are no flags of either server, as far as this package knows.

    Returns:
        The exit status: 0 after a signal, 255 if the server cannot start.
    """
    try:
        executable = None if flags.embedded else real_server.find()
        if executable is not None:
            arguments = real_server.command_line(executable, flags, given, unknown)
            click.echo(f"Running {executable}", err=True)
            real_server.become(arguments)
        _warn(flags, given, unknown)
        return _run_embedded(flags)
    except (ServingError, OSError) as error:
        click.echo(f"Failed to start server. Error: {_one_line(error)}", err=True)
        return _CANNOT_START


def _warn(flags: ServerFlags, given: AbstractSet[str], unknown: Sequence[str]) -> None:
    """Names what is passed over: TensorFlow Serving starts with all of this, and so does ours."""
    for argument in unknown:
        click.echo(f"unknown argument: {argument}", err=True)
    ignored = [f"--{name}" for name in vars(flags) if name in given & names_of("theirs")]
    if ignored:
        click.echo(f"The embedded server ignores {', '.join(ignored)}", err=True)
    if flags.monitoring_config_file and not flags.rest_api_port:
        click.echo("No metrics: --monitoring_config_file needs a --rest_api_port", err=True)


def _run_embedded(flags: ServerFlags) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = None
    try:
        silence_libraries()
        if flags.version:
            _show_version()
            return 0
        from serving.server.flag_options import server_options

        options = server_options(flags)
        import_tensorflow()
        from serving.server.embedded_server import EmbeddedServer

        server = EmbeddedServer(options, on_change=_show)
        if not flags.model_config_file and not _has_version(flags.model_base_path):
            click.echo(f"Waiting for a version in {flags.model_base_path}")
        server.start()
        click.echo(f"Serving on {_where(server)} (Ctrl-C stops)")
        threading.Event().wait()
    except KeyboardInterrupt:
        # Whoever signals again does not want to wait for the requests.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        if server is not None:
            server.stop()
        click.echo("Stopped")
    return 0


def _show_version() -> None:
    import_tensorflow()
    import tensorflow as tf

    try:
        version = importlib.metadata.version("studio-mask")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    click.echo(f"studio-mask (embedded server): {version}")
    click.echo(f"TensorFlow Library: {tf.__version__}")


def _where(server: "EmbeddedServer") -> str:
    places = [f"{server.target} (gRPC)"]
    if server.options.grpc_socket_path:
        places.append(f"unix:{server.options.grpc_socket_path} (gRPC)")
    if server.rest_port is not None:
        places.append(f"{server.options.host}:{server.rest_port} (REST)")
    return ", ".join(places)


def _has_version(model_base_path: str) -> bool:
    try:
        return bool(model_directory.version_directories(model_base_path))
    except OSError:
        return False


def _show(model_name: str, status: VersionStatus) -> None:
    """Prints the two changes that matter: a version is available, or will not be."""
    version = f"{model_name} version {status.version}"
    if status.state is VersionState.AVAILABLE:
        click.echo(f"{version} AVAILABLE")
    elif status.error is not None:
        click.echo(f"{version} cannot be loaded: {_one_line(status.error)}", err=True)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
