"""Says in a spec what each container gets: cores, memory, GPUs, nodes, volumes, other tries."""

from typing import Any

from pipeline.kubeflow.compiler.task_names import executor_name
from pipeline.kubeflow.job import KubeflowJob, StepMachine


class UnknownStep(ValueError):
    """A machine was given to a task that the pipeline does not have."""


def set_machines(spec: dict[str, Any], job: KubeflowJob) -> None:
    """Writes resources, retries and caching into the tasks.

    Args:
        spec: A PipelineSpec; is changed.
        job: Says which.

    Raises:
        UnknownStep: If ``job.machines`` names none of the tasks that run in a container.
    """
    executors = spec["deploymentSpec"]["executors"]
    tasks = spec["root"]["dag"]["tasks"]
    in_container = [task for task in tasks if "container" in executors[executor_name(task)]]
    if unknown := sorted(set(job.machines) - set(in_container)):
        raise UnknownStep(
            f"{unknown[0]!r} is no step of this pipeline; the steps are "
            + ", ".join(sorted(in_container))
        )
    for task in in_container:
        executors[executor_name(task)]["container"]["resources"] = _resources(
            _machine_of(task, job)
        )
        if job.retries:
            tasks[task]["retryPolicy"] = {
                "maxRetryCount": job.retries,
                "backoffDuration": f"{job.backoff_seconds}s",
                "backoffFactor": 2.0,
                "backoffMaxDuration": "3600s",
            }
        # Those without are ours, and look at what no cache knows: folders and pushed models.
        if "cachingOptions" in tasks[task] and not job.cache:
            tasks[task]["cachingOptions"] = {"enableCache": False}


def platform_spec(spec: dict[str, Any], job: KubeflowJob) -> dict[str, Any]:
    """Returns what only Kubernetes knows: node selectors and volumes.

    The field names are those of kubernetes_executor_config.proto
    (https://github.com/kubeflow/pipelines/tree/master/kubernetes_platform).

    Args:
        spec: With the machines of ``set_machines``.
        job: Says which.

    Returns:
        A PlatformSpec as JSON; empty where there is nothing to say.
    """
    executors = {}
    for task in spec["root"]["dag"]["tasks"]:
        if "container" not in spec["deploymentSpec"]["executors"][executor_name(task)]:
            continue
        wanted: dict[str, Any] = {}
        if labels := _machine_of(task, job).node_selector:
            wanted["nodeSelector"] = {"labels": dict(labels)}
        if job.volume is not None:
            wanted["pvcMount"] = [{"constant": job.volume.claim, "mountPath": job.volume.path}]
        if wanted:
            executors[executor_name(task)] = wanted
    if not executors:
        return {}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def _machine_of(task: str, job: KubeflowJob) -> StepMachine:
    return job.machines.get(task, job.machine)


def _resources(machine: StepMachine) -> dict[str, Any]:
    resources: dict[str, Any] = {
        "cpuLimit": machine.cpu,
        "cpuRequest": machine.cpu,
        "memoryLimit": machine.memory_gib,
        "memoryRequest": machine.memory_gib,
    }
    if machine.gpus:
        resources["accelerator"] = {"type": machine.gpu_type, "count": str(machine.gpus)}
    return resources
