"""Hands a compiled pipeline to a Kubeflow Pipelines server: to be run, or by a schedule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeline.kubeflow.server.compiled_package import CompiledPackage
from pipeline.kubeflow.server.cron import InvalidCron, cron_with_seconds
from pipeline.kubeflow.server.pipelines_server import KubeflowAddress, PipelinesServer
from pipeline.kubeflow.server.refused import KubeflowRefused

DEFAULT_EXPERIMENT = "Default"
# The runtime parameter of pipeline/kubeflow/compiler/settings_task.py, whose import would load TFX.
_SPAN = "span"
_NEWEST_SPAN = -1
_RECURRING_RUNS = "recurringruns"


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
    run_id = server.make(
        "the run",
        "runs",
        "run_id",
        {
            "experiment_id": _experiment(server, experiment),
            "display_name": name,
            "pipeline_version_reference": version,
            "runtime_config": {"parameters": parameters},
        },
    )
    url = f"{address.url}/#/runs/details/{run_id}"
    return SubmittedRun(run_id, url, name, compiled.version)


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
        each["recurring_run_id"]
        for each in server.all_of(
            "the list of recurring runs",
            _RECURRING_RUNS,
            "recurringRuns",
            experiment_id=experiment_id,
        )
        if each["display_name"] == name
    ]
    made = server.make(
        "the recurring run",
        _RECURRING_RUNS,
        "recurring_run_id",
        {
            "display_name": name,
            "experiment_id": experiment_id,
            "namespace": address.namespace,
            "mode": "ENABLE",
            "pipeline_version_reference": version,
            "runtime_config": {"parameters": parameters},
            "trigger": {"cron_schedule": {"cron": cron}},
            "max_concurrency": "1",
            "no_catchup": True,
        },
    )
    for old in older:
        server.remove(
            f"to remove the recurring run {old}, which the new {made} replaces",
            f"{_RECURRING_RUNS}/{old}",
        )
    url = f"{address.url}/#/recurringrun/details/{made}"
    return ScheduledRun(made, url, name, compiled.version, cron, len(older))


def _upload(server: PipelinesServer, package: CompiledPackage) -> dict[str, str]:
    """Returns the reference of the package's version, after an upload if there is none yet."""
    namespace = server.address.namespace
    found = [
        each["pipeline_id"]
        for each in server.all_of(
            "the list of pipelines",
            "pipelines",
            "pipelines",
            namespace=namespace,
            filter=_named(package.name),
        )
        if each["display_name"] == package.name
    ]
    if found:
        pipeline_id = found[0]
    else:
        body = {"display_name": package.name, "namespace": namespace}
        pipeline_id = server.make("the pipeline", "pipelines", "pipeline_id", body)
    versions = server.all_of(
        "the list of versions", f"pipelines/{pipeline_id}/versions", "pipeline_versions"
    )
    for each in versions:
        if each["display_name"] == package.version:
            version = each["pipeline_version_id"]
            break
    else:
        version = server.upload(
            f"the package {package.path}",
            "pipelines/upload_version",
            "pipeline_version_id",
            package.path,
            name=package.version,
            pipelineid=pipeline_id,
        )
    return {"pipeline_id": pipeline_id, "pipeline_version_id": version}


def _experiment(server: PipelinesServer, name: str) -> str:
    """Returns the experiment's ID, after it was made if there is none of that name."""
    for each in server.all_of(
        "the list of experiments",
        "experiments",
        "experiments",
        namespace=server.address.namespace,
        filter=_named(name),
    ):
        if each["display_name"] == name and each.get("storage_state") != "ARCHIVED":
            return str(each["experiment_id"])
    body = {"display_name": name, "namespace": server.address.namespace}
    return server.make("the experiment", "experiments", "experiment_id", body)


def _named(name: str) -> str:
    """Returns the filter of a list in which everything has that name."""
    same = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [same]})
