"""Hands a compiled pipeline to a Kubeflow Pipelines server: to be run, or by a schedule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import kfp_server_api as api

from pipeline.kubeflow.server.compiled_package import CompiledPackage
from pipeline.kubeflow.server.cron import InvalidCron, cron_with_seconds
from pipeline.kubeflow.server.pipelines_server import KubeflowAddress, PipelinesServer
from pipeline.kubeflow.server.refused import KubeflowRefused

DEFAULT_EXPERIMENT = "Default"
# The runtime parameter of pipeline/kubeflow/compiler/settings_task.py, whose import would load TFX.
_SPAN = "span"
_NEWEST_SPAN = -1


@dataclass(frozen=True)
class SubmittedRun:
    """A run that the server has taken.

    Attributes:
        run_id: The server's name of it.
        url: Its page.
        name: What it is called on that page.
        version: The pipeline's version.
    """

    run_id: str
    url: str
    name: str
    version: str


@dataclass(frozen=True)
class ScheduledRun:
    """A recurring run that the server has taken.

    Attributes:
        recurring_run_id: The server's name of it.
        url: Its page.
        name: What it is called on that page.
        version: The pipeline's version.
        cron: When it runs, in six fields; by the server's clock.
        replaced: How many older ones of that name were removed.
    """

    recurring_run_id: str
    url: str
    name: str
    version: str
    cron: str
    replaced: int


def submit(
    package: Path,
    address: KubeflowAddress,
    *,
    run_name: str | None = None,
    experiment: str = DEFAULT_EXPERIMENT,
    arguments: Mapping[str, Any] | None = None,
) -> SubmittedRun:
    """Uploads a compiled pipeline and runs it once.

    The pipeline gets a new version; a file that was uploaded before is not uploaded again.

    Args:
        package: What ``kubeflow_runner.py`` wrote.
        address: Of the server.
        run_name: Of the run; None for the pipeline's name and the time.
        experiment: That the run belongs to; is made if there is none of that name.
        arguments: Runtime parameters that are not to have their default, by name; text is turned
            into the parameter's type.

    Raises:
        KubeflowRefused: If the package or an argument is not usable, which is found before
            anything is sent, or the server does not take it.
    """
    compiled = CompiledPackage.read(package)
    parameters = compiled.arguments(arguments or {})
    server = PipelinesServer(address)
    version = _upload(server, compiled)
    name = run_name or f"{compiled.name} {datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S}Z"
    run = server.ask(
        "the run",
        server.runs.create_run,
        body=api.V2beta1Run(
            experiment_id=_experiment(server, experiment),
            display_name=name,
            pipeline_version_reference=version,
            runtime_config=api.V2beta1RuntimeConfig(parameters=parameters),
        ),
    )
    url = f"{address.url}/#/runs/details/{run.run_id}"
    return SubmittedRun(run.run_id, url, name, compiled.version)


def schedule(
    package: Path,
    address: KubeflowAddress,
    cron: str,
    *,
    run_name: str | None = None,
    experiment: str = DEFAULT_EXPERIMENT,
    arguments: Mapping[str, Any] | None = None,
) -> ScheduledRun:
    """Uploads a compiled pipeline and has it run again and again, each time on the newest span.

    One run at a time, and what was missed is not made up for: each run takes the newest span, so
    that a second would find nothing new. A recurring run of the same name in the same experiment is
    replaced: it is removed as soon as the new one is there.

    Args:
        package: What ``kubeflow_runner.py`` wrote.
        address: Of the server.
        cron: When, see ``pipeline.kubeflow.server.cron``; by the server's clock, mostly UTC.
        run_name: Of the recurring run; None for the pipeline's name.
        experiment: As in ``submit``.
        arguments: As in ``submit``; not the span.

    Raises:
        KubeflowRefused: As in ``submit``, and if the cron expression is not usable.
    """
    try:
        cron = cron_with_seconds(cron)
    except InvalidCron as error:
        raise KubeflowRefused(f"--schedule: {error}") from error
    compiled = CompiledPackage.read(package)
    parameters = compiled.arguments(arguments or {})
    if parameters.get(_SPAN, _NEWEST_SPAN) != _NEWEST_SPAN:
        raise KubeflowRefused(
            f"a recurring run takes the newest span: leave the parameter {_SPAN!r} out"
        )
    server = PipelinesServer(address)
    version = _upload(server, compiled)
    experiment_id = _experiment(server, experiment)
    name = run_name or compiled.name
    older = [
        each.recurring_run_id
        for each in server.all_of(
            "the list of recurring runs",
            server.recurring_runs.list_recurring_runs,
            "recurring_runs",
            experiment_id=experiment_id,
        )
        if each.display_name == name
    ]
    made = server.ask(
        "the recurring run",
        server.recurring_runs.create_recurring_run,
        body=api.V2beta1RecurringRun(
            display_name=name,
            experiment_id=experiment_id,
            namespace=address.namespace,
            mode=api.RecurringRunMode.ENABLE,
            pipeline_version_reference=version,
            runtime_config=api.V2beta1RuntimeConfig(parameters=parameters),
            trigger=api.V2beta1Trigger(cron_schedule=api.V2beta1CronSchedule(cron=cron)),
            max_concurrency="1",
            no_catchup=True,
        ),
    )
    for old in older:
        server.ask(
            f"to remove the recurring run {old}, which the new {made.recurring_run_id} replaces",
            server.recurring_runs.delete_recurring_run,
            old,
        )
    url = f"{address.url}/#/recurringrun/details/{made.recurring_run_id}"
    return ScheduledRun(made.recurring_run_id, url, name, compiled.version, cron, len(older))


def _upload(server: PipelinesServer, package: CompiledPackage) -> Any:
    """Returns the reference of the package's version, after an upload if there is none yet."""
    namespace = server.address.namespace
    same_name = {"operation": "EQUALS", "key": "display_name", "stringValue": package.name}
    found = [
        each.pipeline_id
        for each in server.all_of(
            "the list of pipelines",
            server.pipelines.list_pipelines,
            "pipelines",
            namespace=namespace,
            filter=json.dumps({"predicates": [same_name]}),
        )
        if each.display_name == package.name
    ]
    if found:
        pipeline_id = found[0]
    else:
        body = api.V2beta1Pipeline(display_name=package.name, namespace=namespace)
        pipeline_id = server.ask("the pipeline", server.pipelines.create_pipeline, body).pipeline_id
    versions = server.all_of(
        "the list of versions",
        server.pipelines.list_pipeline_versions,
        "pipeline_versions",
        pipeline_id,
    )
    for each in versions:
        if each.display_name == package.version:
            version = each
            break
    else:
        version = server.ask(
            f"the package {package.path}",
            server.uploads.upload_pipeline_version,
            str(package.path),
            name=package.version,
            pipelineid=pipeline_id,
        )
    return api.V2beta1PipelineVersionReference(
        pipeline_id=pipeline_id, pipeline_version_id=version.pipeline_version_id
    )


def _experiment(server: PipelinesServer, name: str) -> str:
    """Returns the experiment's ID, after it was made if there is none of that name."""
    same_name = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    for each in server.all_of(
        "the list of experiments",
        server.experiments.list_experiments,
        "experiments",
        namespace=server.address.namespace,
        filter=json.dumps({"predicates": [same_name]}),
    ):
        if each.display_name == name and each.storage_state != "ARCHIVED":
            return each.experiment_id
    body = api.V2beta1Experiment(display_name=name, namespace=server.address.namespace)
    return server.ask("the experiment", server.experiments.create_experiment, body).experiment_id
