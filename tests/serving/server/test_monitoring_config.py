"""The file of --monitoring_config_file."""

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.monitoring_config import read_monitoring_config


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("prometheus_config { enable: true }", "/monitoring/prometheus/metrics"),
        ('prometheus_config { enable: true, path: "/metrics" }', "/metrics"),
        ('prometheus_config { enable: false, path: "/metrics" }', None),
        ('prometheus_config { path: "/metrics" }', None),
        ("", None),
    ],
)
def test_where_the_metrics_are(tmp_path, text, path):
    (tmp_path / "monitoring.pbtxt").write_text(text)
    assert read_monitoring_config(tmp_path / "monitoring.pbtxt") == path


def test_a_path_that_is_none(tmp_path):
    file = tmp_path / "monitoring.pbtxt"
    file.write_text('prometheus_config { enable: true path: "metrics" }')
    with pytest.raises(ServingError, match="has to start with '/'") as caught:
        read_monitoring_config(file)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message.startswith(str(file))
