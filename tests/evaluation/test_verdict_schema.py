import json
from pathlib import Path

import jsonschema
import pytest

from evaluation.verdict import VERDICT, judge
from evaluation.verdict_schema import verdict_schema
from pipeline.config import GateConfig

COMMITTED = Path(__file__).parents[2] / "docs/verdict.schema.json"


@pytest.fixture(scope="module")
def schema():
    return json.loads(COMMITTED.read_text())


@pytest.fixture
def dumped(evidence_of):
    """A verdict with everything that may be null."""
    evidence = evidence_of({"a_01": {"dice": 0.0, "fault": "none"}}, blessed=0.5, latencies={})
    return json.loads(VERDICT.dump_json(judge(evidence, GateConfig())))


def test_the_committed_schema_is_that_of_the_code():
    assert COMMITTED.read_text() == verdict_schema(), (
        "write it anew: python -m evaluation.verdict_schema > docs/verdict.schema.json"
    )


def test_every_field_says_what_it_is(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    objects = [schema, *schema["$defs"].values()]
    assert {each["title"] for each in objects} == {"Verdict", "Clause", "Interval", "ModelFigures"}
    for each in objects:
        assert "Attributes" not in each["description"]
        assert all(field["description"].endswith(".") for field in each["properties"].values())
        assert set(each["required"]) == set(each["properties"])
    assert schema["$defs"]["ModelFigures"]["properties"]["faults"]["description"] == (
        "For how many of them it gave no usable mask."
    )


def test_a_dumped_verdict_fits(schema, dumped):
    jsonschema.Draft202012Validator(schema).validate(dumped)
    assert dumped["schema_version"] == 1
    assert dumped["models"]["unet"]["ceiling"] is None
    assert dumped["models"]["unet"]["figures"]["dice"] == {"mean": 0.0, "low": None, "high": None}


@pytest.mark.parametrize(
    "change",
    [{"schema_version": 2}, {"blessed": "yes"}, {"dice": {"unet": None}}, {"reason": "another"}],
)
def test_another_form_does_not_fit(schema, dumped, change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(dumped | change)
