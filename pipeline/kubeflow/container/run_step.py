"""The command of every TFX step on Kubeflow: TFX's own, with what it needs around it.

TFX's executors get an ExecutorInput from Kubeflow's launcher. Three things are between the two: the
launcher names artifacts by URL, but keeps copies in files; it does not say of what type an input
is; and it hands an importer's placeholder for "no such model" on as a model. A fit on several
machines needs a fourth: files that the other machines see too.
"""

import json
import os
import runpy
import shutil
import sys
from dataclasses import dataclass
from typing import Any

from pipeline.gpu import hide_gpus
from pipeline.kubeflow.blessed_record import is_nothing
from pipeline.kubeflow.container.launcher_paths import local_path, uri_of
from pipeline.kubeflow.job import SCHEMA_FOLDER
from pipeline.kubeflow.missing_kubeflow import MissingKubeflow, check_kubeflow
from pipeline.schema_copy import write_schema_copy

LOCAL_COPIES = "--local_copies"
SHARED_COPIES = "--shared_copies"
INVOCATION = "--json_serialized_invocation_args"
INPUTS_SPEC = "--json_serialized_inputs_spec_args"

_TFX = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"


@dataclass(frozen=True)
class StepCommand:
    """What a container is told.

    Attributes:
        arguments: Flags of TFX's command.
        copies: Whether the step reads and writes the launcher's copies instead of the object store.
        shared: Folder that other machines see, for copies of these; empty for none.
    """

    arguments: tuple[str, ...]
    copies: bool = False
    shared: str = ""

    @classmethod
    def parse(cls, arguments: list[str]) -> "StepCommand":
        """Takes the flags apart: ours come first."""
        rest = list(arguments)
        shared = ""
        copies = rest[:1] == [LOCAL_COPIES]
        if copies:
            rest = rest[1:]
        if rest[:1] == [SHARED_COPIES]:
            shared, rest = rest[1].rstrip("/"), rest[2:]
        return cls(tuple(rest), copies, shared)

    @property
    def step(self) -> dict[str, Any]:
        """The ExecutorInput as the launcher wrote it."""
        parsed: dict[str, Any] = json.loads(self._value_of(INVOCATION))
        parsed.setdefault("inputs", {}).setdefault("artifacts", {})
        return parsed

    def path_of(self, uri: str) -> str:
        """Returns what an artifact is called in the step."""
        local = local_path(uri) if self.copies else uri
        return self.shared + local if local != uri else uri

    def for_tfx(self) -> list[str]:
        """Returns TFX's flags.

        Inputs have a type, those that stand for nothing are gone, and artifacts are called what
        they are called in the step.
        """
        types = json.loads(self._value_of(INPUTS_SPEC)).get("artifacts", {})
        step = self.step
        step["inputs"]["artifacts"] = _known_inputs(step["inputs"]["artifacts"], types)
        for artifact in [*_artifacts(step["inputs"]), *_artifacts(step["outputs"])]:
            artifact["uri"] = self.path_of(artifact["uri"])
        arguments = list(self.arguments)
        arguments[arguments.index(INVOCATION) + 1] = json.dumps(step)
        return arguments

    def share_inputs(self) -> None:
        """Copies the launcher's copies to where other machines see them."""
        for artifact in _artifacts(self.step["inputs"]):
            local, shared = local_path(artifact["uri"]), self.path_of(artifact["uri"])
            if self.shared and os.path.isdir(local):
                shutil.copytree(local, shared, dirs_exist_ok=True)

    def take_outputs(self) -> None:
        """Moves what the step wrote there to where the launcher looks, and removes the inputs."""
        if not self.shared:
            return
        for artifact in _artifacts(self.step["outputs"]):
            local, shared = local_path(artifact["uri"]), self.path_of(artifact["uri"])
            shutil.copytree(shared, local, dirs_exist_ok=True)
        for artifact in [*_artifacts(self.step["inputs"]), *_artifacts(self.step["outputs"])]:
            shutil.rmtree(self.path_of(artifact["uri"]), ignore_errors=True)

    def name_by_url(self, output_file: str) -> None:
        """Names the artifacts by URL again in what the launcher reads.

        Args:
            output_file: An ExecutorOutput as JSON.
        """
        with open(output_file, encoding="utf-8") as file:
            written = json.load(file)
        for artifact in _artifacts(written):
            artifact["uri"] = uri_of(artifact["uri"].removeprefix(self.shared))
        with open(output_file, "w", encoding="utf-8") as file:
            json.dump(written, file)

    def _value_of(self, flag: str) -> str:
        return self.arguments[self.arguments.index(flag) + 1]


def _known_inputs(artifacts: dict[str, Any], types: dict[str, Any]) -> dict[str, Any]:
    known = {}
    for name, found in artifacts.items():
        present = [each for each in found["artifacts"] if not is_nothing(each["uri"])]
        for artifact in present:
            artifact.setdefault("type", types[name]["artifactType"])
        if present:
            known[name] = {"artifacts": present}
    return known


def _artifacts(side: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for found in side.get("artifacts", {}).values() for each in found["artifacts"]]


def _run(command: StepCommand) -> None:
    try:
        check_kubeflow()
    except MissingKubeflow as error:
        sys.exit(str(error))
    outputs = command.step["outputs"]
    hide_gpus()  # Before TensorFlow looks for them.
    write_schema_copy(SCHEMA_FOLDER)
    command.share_inputs()
    for artifact in _artifacts(outputs):
        if os.path.isabs(command.path_of(artifact["uri"])):
            os.makedirs(command.path_of(artifact["uri"]), exist_ok=True)
    sys.argv = [_TFX, *command.for_tfx()]
    try:
        runpy.run_module(_TFX, run_name="__main__", alter_sys=True)
    except SystemExit as end:  # How absl ends.
        if end.code:
            raise
    command.name_by_url(outputs["outputFile"])
    command.take_outputs()


if __name__ == "__main__":
    _run(StepCommand.parse(sys.argv[1:]))
