import re

import pytest
from tfx import v1 as tfx
from tfx.utils import import_utils

import components
from components.run_report import RunReport


def _types_of(component):
    channels = [*component.SPEC_CLASS.INPUTS.values(), *component.SPEC_CLASS.OUTPUTS.values()]
    return {channel.type for channel in channels}


# It takes what all others put out.
OWN = sorted(
    (kind for kind in _types_of(RunReport) if not kind.__module__.startswith("tfx.")),
    key=lambda kind: kind.__name__,
)


def test_there_are_some():
    assert [kind.__name__ for kind in OWN] == [
        "Drift",
        "ModelCardFiles",
        "PhotographStatistics",
        "Quarantine",
        "Report",
    ]


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.__name__)
def test_a_type_is_found_by_its_name_as_kubeflow_pipelines_do(kind):
    # What Kubeflow Pipelines take for the title of a schema.
    assert re.fullmatch(r"[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}", kind.TYPE_NAME)
    assert import_utils.import_class_by_path(kind.TYPE_NAME) is kind
    assert issubclass(kind, tfx.dsl.Artifact)


def test_no_other_name_is_there():
    with pytest.raises(AttributeError, match="module 'components' has no attribute 'Gate'"):
        components.Gate  # noqa: B018
