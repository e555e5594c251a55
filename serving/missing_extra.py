"""Says which extra a command misses, where an installation has not what it imports.

``pip install .`` brings the command and little else, as a client needs no TensorFlow and a server
no Beam. Each command imports its libraries when it runs.
"""

from collections.abc import Mapping
from typing import Any

import click

# A module of these that is missing is a broken installation, or a defect.
_OWN_PACKAGES = ("components", "evaluation", "pipeline", "report", "serving", "studio", "trainer")


class MissingExtra(click.ClickException):
    """A command's libraries are not installed; the text is one line for the user."""

    exit_code = 2


class CommandsWithExtras(click.Group):
    """A group of commands, each of which needs one of the distribution's extras."""

    def __init__(self, *arguments: Any, extras: Mapping[str, str], **settings: Any) -> None:
        """Makes a group.

        Args:
            *arguments: Those of ``click.Group``.
            extras: The extra that brings what a command imports, by the command's name.
            **settings: Those of ``click.Group``.
        """
        super().__init__(*arguments, **settings)
        self._extras = extras

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was asked for.

        Raises:
            MissingExtra: It needs a library that is not installed.
        """
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            extra = self._extras.get(ctx.invoked_subcommand or "")
            package = (error.name or "").partition(".")[0]
            if extra is None or not package or package in _OWN_PACKAGES:
                raise
            raise MissingExtra(
                f"{ctx.command_path} {ctx.invoked_subcommand} needs {error.name}, which is not "
                f"installed: pip install '.[{extra}]' in the checkout"
            ) from error
