"""Latest, all and specific versions."""

import pytest
from google.protobuf import text_format
from tensorflow_serving.config.file_system_storage_path_source_pb2 import (
    FileSystemStoragePathSourceConfig,
)

from serving.server.versions.version_policy import VersionPolicy

ON_DISK = [3, -5, 12, 7]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", [12]),
        ("latest {}", [12]),
        ("latest { num_versions: 0 }", [12]),
        ("latest { num_versions: 2 }", [12, 7]),
        ("latest { num_versions: 9 }", [12, 7, 3, -5]),
        ("all {}", [12, 7, 3, -5]),
        ("specific { versions: [7, -5, 99] }", [7, -5]),
        ("specific {}", []),
    ],
)
def test_what_each_policy_wants_newest_first(text, wanted):
    proto = FileSystemStoragePathSourceConfig.ServableVersionPolicy()
    policy = VersionPolicy.from_proto(text_format.Parse(text, proto))
    assert policy.wanted(ON_DISK) == wanted
    assert policy.wanted([]) == []


def test_without_anything_said_it_is_the_latest():
    assert VersionPolicy().wanted(ON_DISK) == [12]
