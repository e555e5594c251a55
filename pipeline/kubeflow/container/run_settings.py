"""The first task of a run on Kubeflow: finds out what all others are told.

It does what ``local_runner.py`` does before it starts the pipeline: applies the overrides, finds
the spans and what is in them, and looks up the models of earlier runs. Then it compiles the
pipeline with that, and puts out every parameter that TFX wrote into it.
"""

import hashlib
import sys
from dataclasses import dataclass
from typing import Any

import click
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from components.photograph_folder import fingerprint
from components.span_listing import list_spans, spans_fingerprint
from components.spans import resolve_spans
from pipeline.config import PIPELINE_CONFIG, PipelineConfig
from pipeline.kubeflow.blessed_record import BlessedRecord, nothing_at, read_records
from pipeline.kubeflow.compiler.imported_models import (
    DRIFT_MODEL,
    DRIFT_STATISTICS,
    LAST_BLESSED,
    LAST_BLESSED_MAKE,
    WARM_START,
)
from pipeline.kubeflow.compiler.settings_task import (
    CONFIG,
    DATA,
    FINGERPRINT,
    IDENTITY,
    MAKE_IDENTITY,
    OVERRIDES,
    SPAN,
    importers_in,
    output_name,
)
from pipeline.kubeflow.compiler.tfx_spec import (
    RunData,
    constant_parameters,
    structure_digest,
    tfx_spec,
    without_files,
)
from pipeline.kubeflow.container.executor_input import ExecutorInput
from pipeline.kubeflow.job import KUBEFLOW_JOB, KubeflowJob
from pipeline.writable import check_writable
from report.data.unlabelled import names_digest

# The tasks whose parameters decide what is fitted.
_DATA_TASKS = ("photograph-example-gen", "transform")
_MASK_FIT = (*_DATA_TASKS, "tuner", "trainer-unet")
_MAKE_FIT = (*_DATA_TASKS, "trainer-make")


class OtherPipeline(ValueError):
    """The compiled pipeline is not the one that this image and these overrides make."""


@dataclass(frozen=True)
class AskedRun:
    """What the user gave a run.

    Attributes:
        data: Where the photographs are.
        span: To take; -1 for the newest.
        overrides: ``KEY=VALUE``, after those of the job.
    """

    data: str
    span: int = -1
    overrides: tuple[str, ...] = ()


def run_settings(job: KubeflowJob, structure: str, asked: AskedRun) -> dict[str, str]:
    """Finds the settings of a run.

    Args:
        job: Of which the pipeline was compiled.
        structure: Its ``structure_digest``.
        asked: What the user gave.

    Returns:
        Outputs of the task ``run-settings``, by name.

    Raises:
        UnusableFolder: If there are no photographs to work on.
        InvalidOverride: If an override names no field, or has an unusable value.
        OtherPipeline: If the overrides change the steps, or the image holds other code than the
            pipeline was compiled from.
        NotWritable: If no model could be pushed in the end.
    """
    span = () if asked.span < 0 else (f"data.spans.span={asked.span}",)
    config = job.config(*asked.overrides, *span)
    check_writable(job.serving_directory)
    FileSystems.set_options(PipelineOptions(list(job.beam_args)))
    spans = resolve_spans(asked.data, config.data.spans)
    list_spans(spans)  # Says at once if there is nothing to work on.
    run = RunData(
        data=asked.data,
        fingerprint=spans_fingerprint(spans),
        unlabelled_names=names_digest([each.path for each in spans]),
        bulk_fingerprint=config.bulk.photographs and fingerprint(config.bulk.photographs),
    )
    spec = tfx_spec(job, config, run)
    _check_structure(job, spec, structure)

    records = read_records(job.serving_directory)
    other_data = [each for each in records if each.fingerprint != run.fingerprint]
    constants = constant_parameters(spec)
    base = _uri(other_data, job)
    identity = _identity(constants, _MASK_FIT, base if config.warm_start else "")
    make_identity = _identity(constants, _MAKE_FIT)
    models = {
        DRIFT_MODEL: base,
        DRIFT_STATISTICS: other_data[-1].statistics if other_data else nothing_at(job.root),
        WARM_START: base,
        LAST_BLESSED: _uri([each for each in records if each.identity != identity], job),
        LAST_BLESSED_MAKE: _last_make(job, make_identity) if config.make.enabled else "",
    }
    return {
        DATA: asked.data,
        FINGERPRINT: run.fingerprint,
        IDENTITY: identity,
        MAKE_IDENTITY: make_identity,
        CONFIG: _as_json(config),
        **{name: models[name] for name in importers_in(spec)},
        **{output_name(*place): value for place, value in constants.items()},
    }


def _check_structure(job: KubeflowJob, spec: dict[str, Any], structure: str) -> None:
    if structure_digest(spec) == structure:
        return
    compiled = tfx_spec(job, without_files(job.config()), RunData())
    if structure_digest(compiled) != structure:
        raise OtherPipeline(
            f"the image {job.image} holds other code than this pipeline was compiled from; compile "
            "it again from the same version"
        )
    raise OtherPipeline(
        "the overrides add or remove steps, which is decided when the pipeline is compiled: give "
        "them to kubeflow_runner.py as --set"
    )


def _uri(records: list[BlessedRecord], job: KubeflowJob) -> str:
    return records[-1].model if records else nothing_at(job.root)


def _last_make(job: KubeflowJob, identity: str) -> str:
    records = read_records(job.make_serving_directory)
    return _uri([each for each in records if each.identity != identity], job)


def _identity(
    constants: dict[tuple[str, str], str], tasks: tuple[str, ...], base_model: str = ""
) -> str:
    digest = hashlib.sha256(base_model.encode())
    for (task, parameter), value in sorted(constants.items()):
        if task in tasks:
            digest.update(f"\0{task}\0{parameter}\0{value}".encode())
    return digest.hexdigest()[:16]


def _as_json(config: PipelineConfig) -> str:
    return PIPELINE_CONFIG.dump_json(config).decode()


@click.command()
@click.option("--job", required=True, help="A KubeflowJob as JSON.")
@click.option("--structure", required=True, help="Digest of the compiled pipeline.")
@click.option("--executor_input", required=True, help="What the launcher puts for {{$}}.")
def main(job: str, structure: str, executor_input: str) -> None:
    """Puts out the parameters of all other tasks."""
    step = ExecutorInput.parse(executor_input)
    asked = AskedRun(
        data=step.parameter(DATA),
        span=int(step.parameter(SPAN)),
        overrides=tuple(step.parameter(OVERRIDES)),
    )
    if not asked.data:
        raise click.UsageError(f"the runtime parameter {DATA!r} is empty: where are photographs?")
    try:
        settings = run_settings(KUBEFLOW_JOB.validate_json(job), structure, asked)
    except ValueError as error:  # All of its kind are written for the user.
        raise click.ClickException(str(error)) from error
    for name, value in settings.items():
        step.write_parameter(name, value)


if __name__ == "__main__":
    sys.exit(main())
