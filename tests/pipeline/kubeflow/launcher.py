"""Runs a compiled pipeline as Kubeflow does, as far as its steps can tell.

What Kubeflow Pipelines' driver and launcher do for a step is done here: parameters and artifacts
are resolved, placeholders filled in, inputs downloaded from the object store and outputs uploaded,
metadata merged, importers and the cache obeyed (backend/src/v2 of kubeflow/pipelines). The object
store is a folder. A step sees what the image holds, its own inputs, and the volume; the folder for
the launcher's copies is emptied before each.

A step is a process of its own: a fork of one that holds the image's libraries, which take
ten seconds to load.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.pipeline.kubeflow.image_files import image_environment

# Before the steps' own code: the launcher's folders are at the root of the container's file system,
# and here below one that the test may write to.
_PROGRAM = """
import json, os, runpy, sys
from pipeline.gpu import hide_gpus
hide_gpus()
from pipeline.kubeflow.container import launcher_paths
copies = sys.argv[1]
launcher_paths._FOLDERS = {
    scheme: copies + folder for scheme, folder in launcher_paths._FOLDERS.items()
}
import pipeline.kubeflow.container.run_settings, tfx.v1
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor
answers = os.fdopen(os.dup(1), "w")
for line in iter(sys.stdin.readline, ""):
    request = json.loads(line)
    pid = os.fork()
    if not pid:
        code = 70
        try:
            log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            python, dash_m, module, *arguments = request["command"]
            assert (python, dash_m) == ("python", "-m")
            sys.argv = [module, *arguments]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    answers.write(f"{os.waitstatus_to_exitcode(status)}\\n")
    answers.flush()
"""


class FailedStep(Exception):
    """A step ended with another exit code than 0; holds the end of its log."""


@dataclass
class Run:
    """One run of a pipeline.

    Attributes:
        executed: Tasks whose container was started, in their order.
        cached: Those that were taken from an earlier run.
        artifacts: By (task, output): RuntimeArtifacts as JSON.
        parameters: By (task, output).
    """

    executed: list[str] = field(default_factory=list)
    cached: list[str] = field(default_factory=list)
    artifacts: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    parameters: dict[tuple[str, str], Any] = field(default_factory=dict)


class Launcher:
    """A context manager; runs pipelines one after another on one object store."""

    def __init__(self, image: Path, folder: Path) -> None:
        """Takes the image's ``site-packages``, see ``image_files``, and an empty folder."""
        self._image = image
        self._folder = folder
        self._copies = folder / "copies"
        self._cache: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._imported: dict[str, dict[str, Any]] = {}
        self._artifacts = 0
        self._runs = 0
        self.log = folder / "steps.log"

    def __enter__(self) -> "Launcher":
        """Starts the process that forks."""
        environment = image_environment(self._image)
        work = self._folder / "work"
        work.mkdir(parents=True)
        with (self._folder / "forks.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["python", "-W", "ignore", "-c", _PROGRAM, str(self._copies)],
                executable=shutil.which("python", path=environment["PATH"]),
                cwd=work,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(self, *error: object) -> None:
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def run(self, package: str, **parameters: Any) -> Run:
        """Runs a compiled pipeline.

        Args:
            package: The YAML.
            **parameters: Of the run; the others have their defaults.

        Raises:
            FailedStep: If a step fails.
        """
        spec = next(yaml.safe_load_all(package))
        inputs = spec["root"]["inputDefinitions"]["parameters"]
        values = {name: each["defaultValue"] for name, each in inputs.items()} | parameters
        assert set(values) == set(inputs)
        self._runs += 1
        run = Run()
        waiting = dict(spec["root"]["dag"]["tasks"])
        while waiting:
            done = {*run.executed, *run.cached}
            ready = sorted(task for task in waiting if _needs(waiting[task]) <= done)
            assert ready, f"these wait for each other: {sorted(waiting)}"
            self._run_task(spec, ready[0], waiting.pop(ready[0]), values, run)
        return run

    def _run_task(
        self, spec: dict[str, Any], name: str, task: dict[str, Any], values: Any, run: Run
    ) -> None:
        component = spec["components"][task["componentRef"]["name"]]
        executor = spec["deploymentSpec"]["executors"][component["executorLabel"]]
        step = self._executor_input(spec, name, task, component, values, run)
        if "importer" in executor:
            (output,) = component["outputDefinitions"]["artifacts"]
            run.artifacts[name, output] = self._import(executor["importer"], step)
            run.executed.append(name)
            return
        container = executor["container"]
        cacheable = task.get("cachingOptions", {}).get("enableCache", False)
        key = _cache_key(step, container, component)
        if cacheable and key in self._cache:
            artifacts, parameters = self._cache[key]
            run.cached.append(name)
        else:
            artifacts, parameters = self._execute(name, step, container)
            self._cache[key] = artifacts, parameters
            run.executed.append(name)
        run.artifacts |= {(name, output): each for output, each in artifacts.items()}
        run.parameters |= {(name, output): each for output, each in parameters.items()}

    def _executor_input(
        self, spec: Any, name: str, task: Any, component: Any, values: Any, run: Run
    ) -> dict[str, Any]:
        parameters, artifacts = {}, {}
        for key, source in task.get("inputs", {}).get("parameters", {}).items():
            if "componentInputParameter" in source:
                parameters[key] = values[source["componentInputParameter"]]
            elif "taskOutputParameter" in source:
                output = source["taskOutputParameter"]
                place = output["producerTask"], output["outputParameterKey"]
                parameters[key] = run.parameters[place]
            else:
                parameters[key] = source["runtimeValue"]["constant"]
        for key, source in task.get("inputs", {}).get("artifacts", {}).items():
            output = source["taskOutputArtifact"]
            found = run.artifacts[output["producerTask"], output["outputArtifactKey"]]
            # Kubeflow's launcher does not tell of what type an input is.
            known = {part: found[part] for part in ("name", "uri", "metadata")}
            artifacts[key] = {"artifacts": [json.loads(json.dumps(known))]}
        outputs = component.get("outputDefinitions", {})
        place = self._folder / "outputs"
        root = f"{spec['defaultPipelineRoot']}/{spec['pipelineInfo']['name']}/run-{self._runs}"
        return {
            "inputs": {"parameterValues": parameters, "artifacts": artifacts},
            "outputs": {
                "parameters": {
                    key: {"outputFile": str(place / key)} for key in outputs.get("parameters", {})
                },
                "artifacts": {
                    key: {
                        "artifacts": [
                            {
                                "name": key,
                                "type": each["artifactType"],
                                "uri": f"{root}/{name}/{key}",
                                "metadata": {},
                            }
                        ]
                    }
                    for key, each in outputs.get("artifacts", {}).items()
                },
                "outputFile": str(place / "output_metadata.json"),
            },
        }

    def _import(self, importer: Any, step: Any) -> dict[str, Any]:
        uri = step["inputs"]["parameterValues"][importer["artifactUri"]["runtimeParameter"]]
        assert uri
        if importer.get("reimport") or uri not in self._imported:
            self._imported[uri] = self._named({"uri": uri, "metadata": {}})
        return self._imported[uri]

    def _named(self, artifact: dict[str, Any]) -> dict[str, Any]:
        self._artifacts += 1
        return {**artifact, "name": str(self._artifacts)}

    def _execute(self, name: str, step: Any, container: Any) -> tuple[Any, Any]:
        # Each step starts in a container of its own, also after one that failed.
        shutil.rmtree(self._copies, ignore_errors=True)
        shutil.rmtree(self._folder / "outputs", ignore_errors=True)
        (self._folder / "outputs").mkdir()
        for found in step["inputs"]["artifacts"].values():
            uri = found["artifacts"][0]["uri"]
            if self.stored(uri).exists():
                shutil.copytree(self.stored(uri), self._copy(uri), dirs_exist_ok=True)
        for found in step["outputs"]["artifacts"].values():
            self._copy(found["artifacts"][0]["uri"]).parent.mkdir(parents=True, exist_ok=True)
        command = [
            _filled(part, step) for part in (*container["command"], *container.get("args", ()))
        ]
        begin = self.log.stat().st_size if self.log.exists() else 0
        self._process.stdin.write(json.dumps({"command": command, "log": str(self.log)}) + "\n")
        self._process.stdin.flush()
        code = self._process.stdout.readline().strip()
        if code != "0":
            with self.log.open("rb") as file:
                file.seek(begin)
                said = file.read()[-3000:].decode(errors="replace")
            raise FailedStep(f"{name} ended with {code}:\n{said}")
        return self._collected(step)

    def _collected(self, step: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        written = Path(step["outputs"]["outputFile"])
        told = json.loads(written.read_text()) if written.exists() else {}
        artifacts = {}
        for key, found in step["outputs"]["artifacts"].items():
            artifact = found["artifacts"][0]
            for each in told.get("artifacts", {}).get(key, {}).get("artifacts", ()):
                artifact = {
                    **artifact,
                    "uri": each.get("uri") or artifact["uri"],
                    "metadata": artifact["metadata"] | _as_stored(each.get("metadata", {})),
                }
            copy = self._copy(artifact["uri"])
            if copy.exists():
                shutil.copytree(copy, self.stored(artifact["uri"]))
            artifacts[key] = self._named(artifact)
        parameters = {
            key: Path(each["outputFile"]).read_text()
            for key, each in step["outputs"]["parameters"].items()
        }
        return artifacts, parameters

    def stored(self, uri: str) -> Path:
        """Returns where the object store keeps what a URI names."""
        scheme, path = uri.split("://")
        return self._folder / "store" / scheme / path

    def _copy(self, uri: str) -> Path:
        scheme, path = uri.split("://")
        return self._copies / {"gs": "gcs"}.get(scheme, scheme) / path


def _needs(task: Mapping[str, Any]) -> set[str]:
    needed = set(task.get("dependentTasks", ()))
    for kind in ("parameters", "artifacts"):
        for source in task.get("inputs", {}).get(kind, {}).values():
            for output in ("taskOutputParameter", "taskOutputArtifact"):
                if output in source:
                    needed.add(source[output]["producerTask"])
    return needed


def _filled(text: str, step: Any) -> str:
    text = text.replace("{{$}}", json.dumps(step))
    for name, value in step["inputs"]["parameterValues"].items():
        text = text.replace(f"{{{{$.inputs.parameters['{name}']}}}}", str(value))
    assert "{{" not in text.replace("}}", "") or "{{$" not in text, f"not filled in: {text[:200]}"
    return text


def _cache_key(step: Any, container: Any, component: Any) -> str:
    artifacts = {
        name: [each["name"] for each in found["artifacts"]]
        for name, found in step["inputs"]["artifacts"].items()
    }
    parts = (
        artifacts,
        step["inputs"]["parameterValues"],
        component.get("outputDefinitions", {}),
        container["image"],
        container["command"],
        container.get("args", []),
    )
    return json.dumps(parts, sort_keys=True)


def _as_stored(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of metadata in Kubeflow's store: numbers are doubles, truths integers."""
    return {
        key: float(value) if isinstance(value, (bool, int, float)) else value
        for key, value in metadata.items()
    }
