"""The flags of ``studio-mask lineage``."""

import click


@click.command()
@click.argument("model_dir", metavar="MODEL_DIR")
@click.option(
    "--metadata",
    metavar="FILE|URL",
    help="The pipeline's ML Metadata: an SQLite file, a workdir, or the address of a server, such "
    "as mysql://user@host:3306/database.  [default: that of the workdir MODEL_DIR lies in]",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def lineage(model_dir: str, metadata: str | None, as_json: bool) -> None:
    """Tell what data, settings, code and parent made a model.

    MODEL_DIR is a pushed version, one that was taken back, a folder of versions (the newest is
    meant), or a Trainer's model. Parents are followed to the first. Without ML Metadata the model
    card inside the version tells what it knows.
    """
    from pipeline import lineage_command

    lineage_command.run(model_dir, metadata=metadata, as_json=as_json)
