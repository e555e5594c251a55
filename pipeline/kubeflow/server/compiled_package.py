"""What is known of a compiled pipeline from its file: its name, its version, its parameters.

Read before anything is sent, so that a misspelt parameter is said at once and not by a run that
has failed an hour later.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.kubeflow.server.refused import KubeflowRefused

# By KFP's name of the type: what a value may be in JSON, and what is written in the error.
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "STRING": ((str,), "text"),
    "NUMBER_INTEGER": ((int,), "a whole number"),
    "NUMBER_DOUBLE": ((int, float), "a number"),
    "BOOLEAN": ((bool,), "true or false"),
    "LIST": ((list,), 'a JSON list such as ["a", "b"]'),
    "STRUCT": ((dict,), 'a JSON object such as {"a": 1}'),
}


@dataclass(frozen=True)
class CompiledPackage:
    """A compiled pipeline.

    Attributes:
        path: The file.
        name: Of the pipeline.
        version: What this file's version of the pipeline is called: the name and the first 12 hex
            digits of the file's SHA-256, so that the same file is the same version.
        parameters: The runtime parameters' specifications, by name.
    """

    path: Path
    name: str
    version: str
    parameters: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "CompiledPackage":
        """Reads a file that ``kubeflow_runner.py`` wrote.

        Args:
            path: YAML; a PlatformSpec may follow as a second document.

        Raises:
            KubeflowRefused: If it cannot be read, or is no compiled pipeline.
        """
        try:
            content = path.read_bytes()
            spec: Any = next(iter(yaml.safe_load_all(content)), None)
        except OSError as error:
            raise KubeflowRefused(f"{path} cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, ValueError) as error:
            raise KubeflowRefused(f"{path} is no YAML; compile it anew") from error
        try:
            name = spec["pipelineInfo"]["name"]
            root = spec["root"]
            parameters = root.get("inputDefinitions", {}).get("parameters", {})
        except (TypeError, KeyError, AttributeError) as error:
            raise KubeflowRefused(
                f"{path} is no pipeline compiled for Kubeflow Pipelines v2; compile it anew"
            ) from error
        digest = hashlib.sha256(content).hexdigest()[:12]
        return cls(path, name, f"{name}-{digest}", parameters)

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Returns runtime parameters as the server wants them.

        Args:
            given: Values by name; text, as the command line has it, is turned into the
                parameter's type, from JSON where that is not text.

        Raises:
            KubeflowRefused: If the pipeline has no such parameter, a value is not of its type, or
                one without a default is missing.
        """
        for name in given:
            if name not in self.parameters:
                known = ", ".join(sorted(self.parameters)) or "none"
                raise KubeflowRefused(f"the pipeline has no parameter {name!r}; it has: {known}")
        for name, spec in self.parameters.items():
            if name not in given and not spec.get("isOptional") and "defaultValue" not in spec:
                raise KubeflowRefused(f"the pipeline needs a value of its parameter {name!r}")
        return {name: self._converted(name, value) for name, value in given.items()}

    def _converted(self, name: str, value: Any) -> Any:
        kind = self.parameters[name].get("parameterType")
        if kind not in _TYPES:
            return value
        types, words = _TYPES[kind]
        if isinstance(value, str) and str not in types:
            try:
                value = json.loads(value)
            except ValueError as error:
                raise KubeflowRefused(
                    f"parameter {name!r} is {words}, and {value!r} is not"
                ) from error
        # To Python, True is a whole number.
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise KubeflowRefused(f"parameter {name!r} is {words}, and {value!r} is not")
        return value
