"""What Kubeflow's launcher tells a container about its step.

The placeholder ``{{$}}`` in a command becomes an ExecutorInput as JSON
(https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto).
"""

import json
import os
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ExecutorInput:
    """An ExecutorInput.

    Attributes:
        content: The parsed JSON.
    """

    content: dict[str, Any]

    @classmethod
    def parse(cls, text: str) -> "ExecutorInput":
        """Parses what came for ``{{$}}``.

        Raises:
            ValueError: If it is no JSON of an object.
        """
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError(f"no ExecutorInput: {text[:80]}")
        return cls(content)

    def parameter(self, name: str) -> Any:
        """Returns the value of an input parameter.

        Raises:
            KeyError: If there is none of that name.
        """
        return self.content["inputs"]["parameterValues"][name]

    def artifact(self, name: str) -> dict[str, Any]:
        """Returns the one artifact of an input: ``uri``, ``metadata`` ...

        Raises:
            KeyError: If there is no such input.
        """
        artifact: dict[str, Any] = self.content["inputs"]["artifacts"][name]["artifacts"][0]
        return artifact

    def write_parameter(self, name: str, value: str) -> None:
        """Puts out a parameter.

        Args:
            name: Of an output parameter.
            value: Its text.

        Raises:
            KeyError: If the step has no such output.
        """
        path = self.content["outputs"]["parameters"][name]["outputFile"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(value)
