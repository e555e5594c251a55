from pathlib import Path

import pytest
from tfx import v1 as tfx

from components.blessing import write_blessing


@pytest.mark.parametrize(("blessed", "marker"), [(True, "BLESSED"), (False, "NOT_BLESSED")])
def test_is_what_tfx_reads(artifact, blessed, marker):
    made = artifact(tfx.types.standard_artifacts.ModelBlessing, "blessing")
    candidate = artifact(tfx.types.standard_artifacts.Model, "model", 7)
    write_blessing(made, candidate, blessed)
    assert made.get_int_custom_property("blessed") == int(blessed)
    assert made.get_string_custom_property("current_model") == candidate.uri
    assert made.get_int_custom_property("current_model_id") == 7
    assert [path.name for path in Path(made.uri).iterdir()] == [marker]
