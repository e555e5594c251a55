"""Hands over to tensorflow_model_server where there is one."""

import os
import shutil
import sys
from collections.abc import Collection, Sequence

from serving.errors import ServingError, StatusCode
from serving.server.server_flags import TENSORFLOW_MODEL_SERVER, ServerFlags, names_of

# It listens on every address, and cannot be told otherwise.
_EVERY_ADDRESS = ("[::]", "::", "0.0.0.0")


def find() -> str | None:
    """Returns the path of tensorflow_model_server, or None if there is none on the PATH."""
    return shutil.which(TENSORFLOW_MODEL_SERVER)


def command_line(
    executable: str, flags: ServerFlags, given: Collection[str], unknown: Sequence[str]
) -> list[str]:
    """Writes a command line in the one form that it reads, ``--flag=value``.

    Args:
        executable: Its path.
        flags: What was asked for.
        given: The names of the flags to pass on.
        unknown: Arguments that this package does not know; a newer server may.

    Returns:
        The arguments, its own name first.

    Raises:
        ServingError: UNIMPLEMENTED for a flag that it could not honour.
    """
    if "host" in given and flags.host not in _EVERY_ADDRESS:
        raise ServingError(
            StatusCode.UNIMPLEMENTED,
            f"{executable} listens on every address: leave out --host={flags.host}, or serve with "
            "--embedded.",
        )
    if flags.require_signature:
        raise ServingError(
            StatusCode.UNIMPLEMENTED,
            f"{executable} does not check signatures: leave out --require_signature, or serve with "
            "--embedded.",
        )
    values = dict(vars(flags))
    if "://" not in flags.model_base_path:
        # It takes no relative path.
        values["model_base_path"] = os.path.abspath(flags.model_base_path)
    passed_on = [
        f"--{name}={_text(value)}"
        for name, value in values.items()
        if name in given and name not in names_of("ours")
    ]
    return [executable, *passed_on, *unknown]


def become(arguments: Sequence[str]) -> None:
    """Replaces this process: signals and exit status are the server's own from here on.

    Args:
        arguments: The command line, its path first.

    Raises:
        OSError: It cannot be run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(arguments[0], list(arguments))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    # It reads whole seconds only, "1" but not "1.0".
    return f"{value:.15g}" if isinstance(value, float) else str(value)
