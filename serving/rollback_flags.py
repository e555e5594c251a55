"""The flags of ``studio-mask rollback``."""

import click


@click.command()
@click.argument("model_base_path", metavar="MODEL_BASE_PATH")
@click.option(
    "--to",
    type=click.IntRange(min=0),
    metavar="VERSION",
    help="Go back to this version.  [default: the last before the one that is served]",
)
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with what is taken back.")
@click.option(
    "--list", "show", is_flag=True, help="Only tell the versions: served, earlier, withdrawn."
)
@click.option(
    "--restore",
    type=click.IntRange(min=0),
    metavar="VERSION",
    help="Put a version back that was taken back.",
)
@click.option(
    "--metadata",
    metavar="FILE|URL",
    help="The pipeline's ML Metadata, which knows what was blessed.  [default: the workdir's]",
)
@click.option(
    "--unproven",
    is_flag=True,
    help="Go back even to a version of which nothing says that it was blessed.",
)
def rollback(
    model_base_path: str,
    to: int | None,
    reason: str,
    show: bool,
    restore: int | None,
    metadata: str | None,
    unproven: bool,
) -> None:
    """Take served versions back: servers go on with an earlier, blessed one.

    MODEL_BASE_PATH is the folder that servers load versions from, here or where TensorFlow reads
    and writes (gs://). Later versions are moved to withdrawn/ beside it, never deleted. The next
    run of the pipeline compares with the version that is served then, and pushes no model that was
    taken back.
    """
    if sum((show, restore is not None, to is not None)) > 1:
        raise click.UsageError("--to, --restore and --list are three things to do; take one")
    from serving.rollback import rollback_command

    rollback_command.run(
        model_base_path,
        to=to,
        reason=reason,
        restore=restore,
        show=show,
        metadata=metadata,
        unproven=unproven,
    )
