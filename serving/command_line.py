"""The ``studio-mask`` command: its subcommands, nothing else.

Each has its flags in a module of its own. The work is imported when a command runs, so that
``--help`` answers at once.
"""

import click

from serving.evaluate_flags import evaluate
from serving.explore_flags import explore
from serving.lineage_flags import lineage
from serving.mask_flags import mask
from serving.missing_extra import CommandsWithExtras
from serving.rollback_flags import rollback
from serving.serve_flags import serve


@click.group(
    cls=CommandsWithExtras,
    extras={
        "serve": "server",
        "mask": "client",
        "evaluate": "pipeline",
        "explore": "pipeline",
        "lineage": "pipeline",
        "rollback": "pipeline",
    },
)
def main() -> None:
    """Masks for photographs, from a served model."""


main.add_command(serve)
main.add_command(mask)
main.add_command(evaluate)
main.add_command(explore)
main.add_command(lineage)
main.add_command(rollback)
