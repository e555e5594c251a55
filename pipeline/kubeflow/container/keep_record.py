"""The last task of a run on Kubeflow: remembers the pushed model for later runs."""

import sys

import click

from pipeline.kubeflow.blessed_record import BlessedRecord, write_record
from pipeline.kubeflow.compiler.settings_task import CONFIG, DATA, FINGERPRINT, IDENTITY
from pipeline.kubeflow.container.executor_input import ExecutorInput


@click.command()
@click.option("--serving_directory", required=True, help="Where the model was pushed to.")
@click.option("--executor_input", required=True, help="What the launcher puts for {{$}}.")
def main(serving_directory: str, executor_input: str) -> None:
    """Writes a record if the model was pushed."""
    step = ExecutorInput.parse(executor_input)
    pushed = step.artifact("pushed_model").get("metadata", {})
    if not pushed.get("pushed"):
        click.echo("Nothing was pushed: nothing to remember.")
        return
    has_statistics = "statistics" in step.content["inputs"]["artifacts"]
    write_record(
        serving_directory,
        BlessedRecord(
            version=int(pushed["pushed_version"]),
            model=step.artifact("model")["uri"],
            statistics=step.artifact("statistics")["uri"] if has_statistics else "",
            fingerprint=step.parameter(FINGERPRINT),
            identity=step.parameter(IDENTITY),
            data=step.parameter(DATA),
            config=step.parameter(CONFIG),
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
