import json
from pathlib import Path

import jsonschema
import pytest

from report.model_card.card_json import model_card_json
from report.model_card.schema import model_card_schema
from tests.report.model_card.model_card_facts import about, data_of, facts_of, fit_of, verdict_of

COMMITTED = Path(__file__).parents[3] / "docs/model_card.schema.json"


def card_of(**changes):
    return json.loads(model_card_json(facts_of(**changes)))


@pytest.fixture(scope="module")
def schema():
    return json.loads(COMMITTED.read_text())


def test_the_committed_schema_is_that_of_the_code():
    assert COMMITTED.read_text() == model_card_schema(), (
        "write it anew: python -m report.model_card.schema > docs/model_card.schema.json"
    )


def test_every_field_says_what_it_is(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    for each in (schema, *schema["$defs"].values()):
        assert "Attributes" not in each["description"]
        assert all(field["description"].endswith(".") for field in each["properties"].values())
        assert each["additionalProperties"] is False


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"about": about(owners=("Ann",), contact="ann", licence="MIT"), "ships_photographs": True},
        {"about": about(licence="Ask Ann"), "server_verdict": None, "slices": {}},
        {"fit": fit_of(finished="", versions={}, code=""), "data": data_of(splits={})},
    ],
)
def test_a_card_fits_the_schema(schema, changes):
    jsonschema.Draft202012Validator(schema).validate(card_of(**changes))


@pytest.mark.parametrize("change", [{"model_details": {}}, {"schema_version": "0.0.1"}, {"x": 1}])
def test_another_form_does_not_fit(schema, change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(card_of() | change)


def test_has_the_sections_of_the_model_card_toolkit_and_no_others():
    card = card_of(ships_photographs=True)
    assert {name: set(part) for name, part in card.items() if name != "schema_version"} == {
        "model_details": {"name", "overview", "documentation", "owners", "version", "licenses"},
        "model_parameters": {
            "model_architecture",
            "data",
            "input_format",
            "input_format_map",
            "output_format",
            "output_format_map",
        },
        "quantitative_analysis": {"performance_metrics"},
        "considerations": {"use_cases", "limitations", "ethical_considerations"},
    }
    assert card["schema_version"] == "0.0.2"


def test_details():
    details = card_of(
        about=about(name="cars", owners=("Ann", "Bob"), contact="a@b.org", licence="MIT")
    )["model_details"]
    assert details["name"] == "cars"
    assert details["version"] == {"name": "a6f25175e3e8", "date": "2026-11-23"}
    assert details["owners"] == [
        {"name": "Ann", "contact": "a@b.org"},
        {"name": "Bob", "contact": "a@b.org"},
    ]
    assert details["licenses"] == [{"identifier": "MIT"}]
    lines = details["documentation"].splitlines()
    assert "Fitted with Python 3.10.13, TensorFlow 2.16.2, code of the fit 0123456789abcdef." in (
        lines
    )
    assert "good enough: yes, Dice 0.9700, at least 0.9500 is asked" in lines
    assert "fast over gRPC: yes, median 0.041 s" in lines


def test_what_is_not_known_is_left_out():
    details = card_of(fit=fit_of(finished="", versions={}, code=""))["model_details"]
    assert details["version"] == {"name": "a6f25175e3e8"}
    assert details["owners"] == details["licenses"] == []
    assert "Fitted with" not in details["documentation"]


def test_a_licence_of_ones_own():
    card = card_of(about=about(licence="Ask Ann"))
    assert card["model_details"]["licenses"] == [{"custom_text": "Ask Ann"}]


def test_a_rejected_model_says_so():
    card = card_of(verdict=verdict_of(cnn=0.99), server_verdict=None)
    lines = card["model_details"]["documentation"].splitlines()
    assert "Rejected by the gate: it was not pushed and must not be served." in lines
    assert any(line.startswith("beats cnn: no, ") for line in lines)


def test_parameters():
    parameters = card_of(data=data_of(span="7", fingerprint="f00d"))["model_parameters"]
    maps = {
        each["key"]: each["value"]
        for name in ("input_format_map", "output_format_map")
        for each in parameters[name]
    }
    assert maps == {
        "width": "144",
        "height": "96",
        "max_pixels": "12500000",
        "max_bytes": "4000000",
        "serving_default": "mask_png_bytes, string [N]",
        "rle": "rle, string [N]: run lengths as the Carvana challenge has them",
        "probability": "probability, float32 [N, 96, 144]",
        "threshold": "0.4921875",
        "flip_average": "yes",
        "enlarge": "logits",
    }
    assert [each["name"] for each in parameters["data"]] == ["train", "val", "test"]
    assert parameters["data"][2]["description"] == (
        "studio photographs, split by car; photographs: 4; cars: 2; photographs by pose: 20 in "
        "each of 16 poses; cars by make: Acme (2); years of the cars: 2009 to 2016. Spans: 7. "
        "Fingerprint of the data: f00d."
    )


def test_metrics_of_all_models_and_of_slices():
    metrics = card_of(verdict=verdict_of(blessed=0.95))["quantitative_analysis"][
        "performance_metrics"
    ]
    whole = {each["type"]: each for each in metrics if "slice" not in each}
    assert whole["dice"] == {
        "type": "dice",
        "value": "0.97",
        "confidence_interval": {"lower_bound": "0.96", "upper_bound": "0.98"},
    }
    assert whole["ceiling"] == {"type": "ceiling", "value": "0.9975"}
    assert whole["dice (blessed)"]["value"] == "0.95"
    assert len(whole) == 4 * 11
    assert [each for each in metrics if "slice" in each] == [
        {
            "type": "dice",
            "value": "0.955",
            "slice": "pose: 2",
            "confidence_interval": {"lower_bound": "0.94", "upper_bound": "0.97"},
        },
        {
            "type": "dice",
            "value": "0.985",
            "slice": "pose: 1",
            "confidence_interval": {"lower_bound": "0.98", "upper_bound": "0.99"},
        },
        {"type": "dice", "value": "0.96", "slice": "make: Acme"},
        {"type": "dice", "value": "0.98", "slice": "make: Bolt"},
    ]


def test_considerations():
    card = card_of(about=about(intended_use="cars", out_of_scope="trains"), ships_photographs=True)[
        "considerations"
    ]
    assert [each["description"] for each in card["use_cases"]] == ["cars", "Not for: trains"]
    assert len(card["limitations"]) > 5
    [risk] = card["ethical_considerations"]
    assert "whoever gets the model gets them" in risk["name"]
    assert card_of()["considerations"]["ethical_considerations"] == []


def test_text_is_text_whatever_it_holds():
    name = '"<script>"\n\\ 🚗 |*'
    assert card_of(about=about(name=name))["model_details"]["name"] == name
