"""Names tasks as Kubeflow's own SDK does.

TFX names a task like the component, ``Trainer.unet``. Argo, which runs the tasks, takes no dot in a
task's name, and everything else on Kubeflow's screens is written ``trainer-unet``.
"""

import re
from typing import Any

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def task_name(component: str) -> str:
    """Returns a task's name.

    Args:
        component: Id of a TFX component: ``PhotographExampleGen``, ``Trainer.unet``.

    Returns:
        ``photograph-example-gen``, ``trainer-unet``.
    """
    return "-".join(word.lower() for word in _WORD.findall(component))


def component_name(task: str) -> str:
    """Returns the key of a task's component in a pipeline spec."""
    return f"comp-{task}"


def executor_name(task: str) -> str:
    """Returns the key of a task's executor in a pipeline spec."""
    return f"exec-{task}"


def rename_tasks(spec: dict[str, Any]) -> dict[str, Any]:
    """Renames the tasks, components and executors of a pipeline spec.

    Args:
        spec: A PipelineSpec as TFX compiles it, in which task and component have one name.

    Returns:
        A new spec; what it shares with the old one must not be changed.
    """
    tasks, components, executors = {}, {}, {}
    for old, task in spec["root"]["dag"]["tasks"].items():
        new = task_name(old)
        component = spec["components"][old]
        executors[executor_name(new)] = spec["deploymentSpec"]["executors"][
            component["executorLabel"]
        ]
        components[component_name(new)] = {**component, "executorLabel": executor_name(new)}
        renamed = {
            **task,
            "taskInfo": {"name": new},
            "componentRef": {"name": component_name(new)},
        }
        inputs = {**task.get("inputs", {})}
        if "artifacts" in inputs:
            inputs["artifacts"] = {
                name: _of_renamed_producer(source) for name, source in inputs["artifacts"].items()
            }
        if inputs:
            renamed["inputs"] = inputs
        if "dependentTasks" in task:
            renamed["dependentTasks"] = sorted(map(task_name, task["dependentTasks"]))
        tasks[new] = renamed
    return {
        **spec,
        "components": components,
        "deploymentSpec": {"executors": executors},
        "root": {**spec["root"], "dag": {**spec["root"]["dag"], "tasks": tasks}},
    }


def _of_renamed_producer(source: dict[str, Any]) -> dict[str, Any]:
    output = source["taskOutputArtifact"]
    return {"taskOutputArtifact": {**output, "producerTask": task_name(output["producerTask"])}}
