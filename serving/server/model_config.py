"""The models a server is told to serve: TensorFlow Serving's ModelServerConfig, read and checked.

The checks, their order and their texts are those of its ``server_core.cc``.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tensorflow_serving.config import model_server_config_pb2

from serving.errors import ServingError, StatusCode
from serving.server.text_proto import read_text_proto
from serving.server.versions.version_policy import VersionPolicy

_PLATFORM = "tensorflow"
_SCHEME = re.compile(r"[a-zA-Z][0-9a-zA-Z.]*://")


@dataclass(frozen=True)
class ModelConfig:
    """One model of the list.

    Attributes:
        name: The name requests ask for.
        base_path: The directory of version directories.
        platform: What the model is made for; this server loads "tensorflow".
        policy: Which versions to serve.
        labels: Version numbers by label.
    """

    name: str
    base_path: Path
    platform: str = _PLATFORM
    policy: VersionPolicy = VersionPolicy()
    labels: Mapping[str, int] = field(default_factory=dict)


def read_model_config_file(
    path: str | os.PathLike[str],
) -> model_server_config_pb2.ModelServerConfig:
    """Reads what ``--model_config_file`` names: a ModelServerConfig in protobuf's text format.

    Args:
        path: The file.

    Returns:
        The configuration, not checked yet.

    Raises:
        ServingError: The file cannot be read or parsed.
    """
    return read_text_proto(path, model_server_config_pb2.ModelServerConfig)


def model_configs(
    config: model_server_config_pb2.ModelServerConfig, current: Mapping[str, ModelConfig]
) -> dict[str, ModelConfig]:
    """Reads a ModelServerConfig.

    Args:
        config: What is asked for.
        current: What is served now.

    Returns:
        The models to serve, by name.

    Raises:
        ServingError: INVALID_ARGUMENT for a model that is listed twice, has no absolute path,
            changes its platform or has none that is known here, UNIMPLEMENTED for a path that is
            no local directory.
    """
    if config.WhichOneof("config") == "custom_model_config":
        raise ServingError(
            StatusCode.UNIMPLEMENTED, "A custom_model_config is not served: use model_config_list."
        )
    listed = config.model_config_list.config
    names = set()
    for model in listed:
        if model.name in names:
            raise _invalid(f"Illegal to list model {model.name} multiple times in config list")
        names.add(model.name)
    for model in listed:
        _check_base_path(model)
    for model in listed:
        old = current.get(model.name)
        if old is not None and _platform(model) != old.platform:
            raise _invalid(
                f"Illegal to change a model's platform. For model {model.name} platform was "
                f"{old.platform} and new platform requested is {_platform(model)}"
            )
    for model in listed:
        if _platform(model) != _PLATFORM:
            raise _invalid(f"Model {model.name} requests unsupported platform {_platform(model)}")
    return {
        model.name: ModelConfig(
            model.name,
            Path(model.base_path),
            policy=VersionPolicy.from_proto(model.model_version_policy),
            labels=dict(model.version_labels),
        )
        for model in listed
    }


def _check_base_path(model: Any) -> None:
    if _SCHEME.match(model.base_path):
        raise ServingError(
            StatusCode.UNIMPLEMENTED,
            f"Model {model.name}: only local directories are served here, not {model.base_path}: "
            "mount it, or use tensorflow_model_server.",
        )
    if not os.path.isabs(model.base_path):
        raise _invalid(
            f"Expected model {model.name} to have an absolute path or URI; got "
            f"base_path()={model.base_path}"
        )


def _platform(model: Any) -> str:
    """Returns what a model is made for; ``model_type`` is the old way to say it."""
    if model.model_type:
        if model.model_platform:
            raise _invalid(
                "Illegal setting both ModelServerConfig::model_type (deprecated) and "
                "ModelServerConfig::model_platform."
            )
        if model.model_type != model_server_config_pb2.TENSORFLOW:
            raise _invalid(
                f"ModelServerConfig::model_type choice {model.model_type} not supported."
            )
        return _PLATFORM
    if not model.model_platform:
        raise _invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {model.name}"
        )
    return str(model.model_platform)


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
