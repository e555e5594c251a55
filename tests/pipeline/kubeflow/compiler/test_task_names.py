import pytest

from pipeline.kubeflow.compiler.task_names import rename_tasks, task_name


@pytest.mark.parametrize(
    ("component", "task"),
    [
        ("PhotographExampleGen", "photograph-example-gen"),
        ("Trainer.average_mask", "trainer-average-mask"),
        ("Trainer.unet", "trainer-unet"),
        ("ImportSchemaGen", "import-schema-gen"),
        ("LastBlessedMake", "last-blessed-make"),
        ("TFXThing2", "tfx-thing-2"),
    ],
)
def test_names_are_those_of_kubeflows_sdk(component, task):
    assert task_name(component) == task


def test_all_that_names_a_task_is_renamed():
    spec = {
        "pipelineInfo": {"name": "p"},
        "components": {
            "Trainer.unet": {"executorLabel": "Trainer.unet_executor", "outputDefinitions": {}},
            "Gate": {"executorLabel": "Gate_executor"},
        },
        "deploymentSpec": {
            "executors": {"Trainer.unet_executor": {"container": 1}, "Gate_executor": {"x": 2}}
        },
        "root": {
            "inputDefinitions": {},
            "dag": {
                "tasks": {
                    "Trainer.unet": {
                        "taskInfo": {"name": "Trainer.unet"},
                        "componentRef": {"name": "Trainer.unet"},
                        "inputs": {"parameters": {"a": {}}},
                    },
                    "Gate": {
                        "taskInfo": {"name": "Gate"},
                        "componentRef": {"name": "Gate"},
                        "dependentTasks": ["Trainer.unet"],
                        "inputs": {
                            "artifacts": {
                                "candidate": {
                                    "taskOutputArtifact": {
                                        "producerTask": "Trainer.unet",
                                        "outputArtifactKey": "model",
                                    }
                                }
                            }
                        },
                    },
                }
            },
        },
    }
    assert rename_tasks(spec) == {
        "pipelineInfo": {"name": "p"},
        "components": {
            "comp-trainer-unet": {"executorLabel": "exec-trainer-unet", "outputDefinitions": {}},
            "comp-gate": {"executorLabel": "exec-gate"},
        },
        "deploymentSpec": {
            "executors": {"exec-trainer-unet": {"container": 1}, "exec-gate": {"x": 2}}
        },
        "root": {
            "inputDefinitions": {},
            "dag": {
                "tasks": {
                    "trainer-unet": {
                        "taskInfo": {"name": "trainer-unet"},
                        "componentRef": {"name": "comp-trainer-unet"},
                        "inputs": {"parameters": {"a": {}}},
                    },
                    "gate": {
                        "taskInfo": {"name": "gate"},
                        "componentRef": {"name": "comp-gate"},
                        "dependentTasks": ["trainer-unet"],
                        "inputs": {
                            "artifacts": {
                                "candidate": {
                                    "taskOutputArtifact": {
                                        "producerTask": "trainer-unet",
                                        "outputArtifactKey": "model",
                                    }
                                }
                            }
                        },
                    },
                }
            },
        },
    }
