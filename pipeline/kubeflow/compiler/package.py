"""Compiles the pipeline to the file that Kubeflow Pipelines v2 takes."""

import json
from typing import Any

import yaml
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.utils.import_utils import import_class_by_path

from pipeline.kubeflow.compiler.machines import platform_spec, set_machines
from pipeline.kubeflow.compiler.record_task import add_record_tasks
from pipeline.kubeflow.compiler.settings_task import add_settings_task
from pipeline.kubeflow.compiler.task_names import executor_name, task_name
from pipeline.kubeflow.compiler.tfx_spec import RunData, tfx_spec, without_files
from pipeline.kubeflow.container.run_step import INPUTS_SPEC, LOCAL_COPIES, SHARED_COPIES
from pipeline.kubeflow.job import KubeflowJob
from trainer.fit_job import JOBS_VARIABLE, MODEL

_FIT = task_name(f"Trainer.{MODEL}")


def compile_package(job: KubeflowJob) -> str:
    """Compiles a job.

    Args:
        job: What to compile.

    Returns:
        YAML: a PipelineSpec, and a PlatformSpec as a second document where the job asks for node
        selectors or a volume. The same job gives the same text.

    Raises:
        InvalidOverride: If an override of the job names no field, or has an unusable value.
        MissingKubeflow: If kfp, which TFX compiles with, is not installed.
        UnknownStep: If a machine is given to a task that the pipeline does not have.
    """
    spec = tfx_spec(job, without_files(job.config()), RunData())
    add_settings_task(spec, job)
    add_record_tasks(spec, job)
    _prepare_commands(spec, job)
    set_machines(spec, job)
    spec["defaultPipelineRoot"] = job.root
    documents = [spec]
    if platform := platform_spec(spec, job):
        documents.append(platform)
    return "---\n".join(
        yaml.dump(document, Dumper=_WithoutAliases, sort_keys=True, width=100)
        for document in documents
    )


class _WithoutAliases(yaml.SafeDumper):
    """Writes what occurs twice twice: references make YAML hard to read, and to compare."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _prepare_commands(spec: dict[str, Any], job: KubeflowJob) -> None:
    """Says to TFX's steps where they find their artifacts, and takes line breaks out of JSON."""
    for executor in spec["deploymentSpec"]["executors"].values():
        args = executor.get("container", {}).get("args", [])
        if INPUTS_SPEC not in args:
            continue
        place = args.index(INPUTS_SPEC) + 1
        args[place] = json.dumps(json.loads(args[place]), sort_keys=True, separators=(",", ":"))
        # TFX gives Beam's flags to every step; only those on Beam address artifacts by URL.
        if not (job.beam_elsewhere and _is_on_beam(args)):
            args.insert(0, LOCAL_COPIES)
    if job.fit_jobs:
        container = spec["deploymentSpec"]["executors"][executor_name(_FIT)]["container"]
        container["env"] = [{"name": JOBS_VARIABLE, "value": job.fit_jobs}]
        container["args"][1:1] = [SHARED_COPIES, f"{job.fit_jobs.rstrip('/')}/artifacts"]


def _is_on_beam(args: list[str]) -> bool:
    executor = import_class_by_path(args[args.index("--executor_class_path") + 1])
    return issubclass(executor, BaseBeamExecutor)
