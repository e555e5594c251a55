from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline import features
from pipeline.schema_copy import SCHEMA_FILE

# The contract between the steps; a copy of pipeline/features.py's comments.
BYTES = {
    features.IMAGE,
    features.MASK,
    features.IMAGE_ID,
    features.GROUP_ID,
    features.MAKE,
    features.MODEL,
}
INTEGERS = {features.POSE, features.YEAR, features.HEIGHT, features.WIDTH}


@pytest.fixture(scope="module")
def schema():
    parsed = text_format.Parse(Path(SCHEMA_FILE).read_text(), schema_pb2.Schema())
    assert len({feature.name for feature in parsed.feature}) == len(parsed.feature)
    return {feature.name: feature for feature in parsed.feature}


def test_describes_exactly_the_raw_features_with_their_types(schema):
    assert {name: feature.type for name, feature in schema.items()} == {
        **dict.fromkeys(BYTES, schema_pb2.BYTES),
        **dict.fromkeys(INTEGERS, schema_pb2.INT),
    }


def test_features_holds_no_other_raw_feature():
    constants = {
        value for name, value in vars(features).items() if name.isupper() and isinstance(value, str)
    }
    transformed = {features.IMAGE_TENSOR, features.MASK_TENSOR, features.AVERAGE_MASK_TENSOR}
    of_evaluation = {features.MASK_AREA}
    assert constants - transformed - of_evaluation - set(features.SPLITS) == BYTES | INTEGERS


def test_every_example_must_have_every_feature_once(schema):
    for name, feature in schema.items():
        assert feature.presence.min_fraction == 1.0, name
        if name == features.MASK:
            # Sparse: served photographs have no mask, and Transform's graph must take them.
            assert not feature.HasField("shape")
            assert (feature.value_count.min, feature.value_count.max) == (1, 1)
        else:
            assert feature.HasField("shape"), name
            assert list(feature.shape.dim) == []


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [(features.POSE, -1, 16), (features.YEAR, -1, 2100)],
)
def test_numbers_have_their_domains(schema, name, lowest, highest):
    assert (schema[name].int_domain.min, schema[name].int_domain.max) == (lowest, highest)


@pytest.mark.parametrize("name", [features.HEIGHT, features.WIDTH])
def test_sizes_are_positive(schema, name):
    assert schema[name].int_domain.min == 1
