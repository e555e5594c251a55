"""Puts a task after each Pusher that remembers what was pushed, for later runs."""

from typing import Any

from pipeline.kubeflow.compiler.settings_task import (
    CONFIG,
    DATA,
    FINGERPRINT,
    IDENTITY,
    MAKE_IDENTITY,
    SETTINGS_TASK,
    from_settings,
)
from pipeline.kubeflow.compiler.task_names import component_name, executor_name
from pipeline.kubeflow.job import KubeflowJob

_COMMAND = ["python", "-m", "pipeline.kubeflow.container.keep_record"]
_SHARED = (DATA, FINGERPRINT, CONFIG)


def add_record_tasks(spec: dict[str, Any], job: KubeflowJob) -> None:
    """Adds a task for the mask model, and one for the make classifier if the run has one.

    Args:
        spec: With the task of ``add_settings_task``; is changed.
        job: Of which it was compiled.
    """
    tasks = spec["root"]["dag"]["tasks"]
    _add(
        spec,
        job,
        "keep-record",
        job.serving_directory,
        IDENTITY,
        model=("trainer-unet", "model"),
        pushed_model=("pusher", "pushed_model"),
        statistics=("photograph-statistics-gen", "statistics"),
    )
    if "make-pusher" in tasks:
        _add(
            spec,
            job,
            "keep-make-record",
            job.make_serving_directory,
            MAKE_IDENTITY,
            model=("trainer-make", "model"),
            pushed_model=("make-pusher", "pushed_model"),
        )


def _add(
    spec: dict[str, Any],
    job: KubeflowJob,
    task: str,
    serving_directory: str,
    identity: str,
    **sources: tuple[str, str],
) -> None:
    tasks = spec["root"]["dag"]["tasks"]
    types = {
        name: spec["components"][component_name(producer)]["outputDefinitions"]["artifacts"][key]
        for name, (producer, key) in sources.items()
    }
    spec["components"][component_name(task)] = {
        "executorLabel": executor_name(task),
        "inputDefinitions": {
            "artifacts": types,
            "parameters": {name: {"parameterType": "STRING"} for name in (*_SHARED, IDENTITY)},
        },
    }
    spec["deploymentSpec"]["executors"][executor_name(task)] = {
        "container": {
            "image": job.image,
            "command": _COMMAND,
            "args": ["--serving_directory", serving_directory, "--executor_input", "{{$}}"],
        }
    }
    tasks[task] = {
        "taskInfo": {"name": task},
        "componentRef": {"name": component_name(task)},
        "dependentTasks": sorted({SETTINGS_TASK, *(producer for producer, _ in sources.values())}),
        "inputs": {
            "artifacts": {
                name: {"taskOutputArtifact": {"producerTask": producer, "outputArtifactKey": key}}
                for name, (producer, key) in sources.items()
            },
            "parameters": {
                **{name: from_settings(name) for name in _SHARED},
                IDENTITY: from_settings(identity),
            },
        },
    }
