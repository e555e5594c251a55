"""Reads the file of ``--monitoring_config_file``: whether metrics are shown, and where."""

import os

from serving.errors import ServingError, StatusCode
from serving.server.text_proto import message_type, read_text_proto

DEFAULT_PROMETHEUS_PATH = "/monitoring/prometheus/metrics"

_MESSAGE = message_type(
    "MonitoringConfig", {"prometheus_config": {"enable": "bool", "path": "string"}}
)


def read_monitoring_config(path: str | os.PathLike[str]) -> str | None:
    """Reads a MonitoringConfig in text format.

    Args:
        path: The file.

    Returns:
        The path of the metrics page on the REST port; None if the file does not enable it.

    Raises:
        ServingError: The file cannot be read, or its path is not one.
    """
    prometheus = read_text_proto(path, _MESSAGE).prometheus_config
    if not prometheus.enable:
        return None
    if prometheus.path and not prometheus.path.startswith("/"):
        raise ServingError(
            StatusCode.INVALID_ARGUMENT,
            f"{path}: the path of prometheus_config has to start with '/', but is "
            f"'{prometheus.path}'.",
        )
    return prometheus.path or DEFAULT_PROMETHEUS_PATH
