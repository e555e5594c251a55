"""Puts a first task into the spec, whose outputs are the parameters of all others.

TFX writes parameters into the spec when it compiles. On Kubeflow most of them are known only when
a run starts: which span is the newest, what it holds, which model was pushed last, what the user
set. So each becomes an output of the task ``run-settings``, which compiles the pipeline once more,
inside the image and with what it has found (pipeline/kubeflow/container/run_settings.py).
"""

from typing import Any

from pipeline.kubeflow.compiler.imported_models import IMPORTERS
from pipeline.kubeflow.compiler.task_names import component_name, executor_name, task_name
from pipeline.kubeflow.compiler.tfx_spec import constant_parameters, structure_digest
from pipeline.kubeflow.job import KUBEFLOW_JOB, KubeflowJob

SETTINGS_TASK = "run-settings"

# What the user gives a run; also the names of the pipeline's inputs.
DATA = "data"
SPAN = "span"
OVERRIDES = "overrides"

# Outputs that are no parameter of a TFX task.
FINGERPRINT = "fingerprint"
IDENTITY = "identity"
MAKE_IDENTITY = "make_identity"
CONFIG = "config"
_OWN = (DATA, FINGERPRINT, IDENTITY, MAKE_IDENTITY, CONFIG)

_COMMAND = ["python", "-m", "pipeline.kubeflow.container.run_settings"]
_TEXT = {"parameterType": "STRING"}


def output_name(task: str, parameter: str) -> str:
    """Returns the output that holds a task's parameter.

    Args:
        task: ``trainer-unet``.
        parameter: ``custom_config``.

    Returns:
        ``trainer_unet__custom_config``.
    """
    return f"{task.replace('-', '_')}__{parameter}"


def importers_in(spec: dict[str, Any]) -> tuple[str, ...]:
    """Returns the importers of earlier models that a spec has, by their names in IMPORTERS."""
    return tuple(name for name in IMPORTERS if task_name(name) in spec["root"]["dag"]["tasks"])


def from_settings(output: str) -> dict[str, Any]:
    """Returns the source of a task's parameter that is an output of ``run-settings``."""
    return {"taskOutputParameter": {"producerTask": SETTINGS_TASK, "outputParameterKey": output}}


def add_settings_task(spec: dict[str, Any], job: KubeflowJob) -> None:
    """Adds the task, and the pipeline's inputs that it reads.

    Args:
        spec: See ``pipeline.kubeflow.compiler.tfx_spec``; is changed.
        job: Of which it was compiled.
    """
    constants = constant_parameters(spec)
    structure = structure_digest(spec)
    tasks = spec["root"]["dag"]["tasks"]
    outputs = set(_OWN)
    for task, parameter in constants:
        outputs.add(output_name(task, parameter))
        tasks[task]["inputs"]["parameters"][parameter] = from_settings(output_name(task, parameter))
    for importer in importers_in(spec):
        outputs.add(importer)
        tasks[task_name(importer)]["inputs"]["parameters"]["artifact_uri"] = from_settings(importer)

    inputs = {
        DATA: {**_TEXT, "defaultValue": job.data, "description": "As --data of local_runner.py"},
        SPAN: {
            "parameterType": "NUMBER_INTEGER",
            "defaultValue": -1,
            "description": "Of the pattern in data; -1 is the newest",
        },
        OVERRIDES: {
            "parameterType": "LIST",
            "defaultValue": [],
            "description": 'Fields of the preset, such as ["unet_fit.epochs=60"]',
        },
    }
    spec["root"]["inputDefinitions"] = {"parameters": inputs}
    spec["components"][component_name(SETTINGS_TASK)] = {
        "executorLabel": executor_name(SETTINGS_TASK),
        "inputDefinitions": {"parameters": inputs},
        "outputDefinitions": {"parameters": {name: _TEXT for name in sorted(outputs)}},
    }
    spec["deploymentSpec"]["executors"][executor_name(SETTINGS_TASK)] = {
        "container": {
            "image": job.image,
            "command": _COMMAND,
            "args": [
                "--job",
                KUBEFLOW_JOB.dump_json(job).decode(),
                "--structure",
                structure,
                "--executor_input",
                "{{$}}",
            ],
        }
    }
    tasks[SETTINGS_TASK] = {
        "taskInfo": {"name": SETTINGS_TASK},
        "componentRef": {"name": component_name(SETTINGS_TASK)},
        "inputs": {"parameters": {name: {"componentInputParameter": name} for name in inputs}},
    }
    for task in tasks.values():
        if any(
            source.get("taskOutputParameter", {}).get("producerTask") == SETTINGS_TASK
            for source in task.get("inputs", {}).get("parameters", {}).values()
        ):
            task["dependentTasks"] = sorted({*task.get("dependentTasks", ()), SETTINGS_TASK})
