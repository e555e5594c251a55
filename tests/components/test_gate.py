import csv
import json
import shutil
from pathlib import Path

import pytest
from tfx import v1 as tfx

from components.gate import Gate
from pipeline.config import GATE_CONFIG, GateConfig

Model = tfx.types.standard_artifacts.Model


@pytest.fixture
def judged(
    artifact, run_component, raw_example, write_records, pixels_of_image, file_of, red_is_car
):
    """Runs the gate on models that miss so many rows; returns its artifacts."""
    examples = artifact(tfx.types.standard_artifacts.Examples, "examples")
    write_records(
        Path(examples.uri, "Split-test", "data.gz"),
        [
            raw_example(
                f"car {seed}_07", 20, 24, seed, image=file_of(pixels_of_image(20, 24, seed), "PNG")
            )
            for seed in range(2)
        ],
    )

    def judged(missed_rows):
        models = {}
        for identity, (name, rows) in enumerate(missed_rows.items(), start=41):
            models[name] = artifact(Model, name, identity)
            shutil.copytree(red_is_car(rows), Path(models[name].uri, "Format-Serving"))
        return run_component(
            Gate,
            {"examples": examples, **models},
            config=GATE_CONFIG.dump_json(GateConfig(0.01, 0.01)).decode(),
            code="any",
        )

    return judged


def test_a_candidate_that_beats_its_rivals_is_blessed(judged):
    outputs = judged({"candidate": 0, "cnn": 10, "average_mask": 12})
    blessing = outputs["blessing"]
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == 41
    assert blessing.get_string_custom_property("current_model").endswith("/candidate")
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["BLESSED"]

    verdict = json.loads(Path(outputs["evaluation"].uri, "verdict.json").read_text())
    assert verdict["blessed"] is True
    assert verdict["dice"]["unet"] == 1.0
    assert verdict["dice"].keys() == {"unet", "cnn", "average_mask"}
    assert [clause["passed"] for clause in verdict["clauses"]] == [True, True, True]

    with Path(outputs["evaluation"].uri, "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["model"], row["image_id"], row["group_id"], row["pose"]) for row in rows] == [
        (model, f"car {seed}_07", f"car {seed}", "7")
        for model in ("unet", "cnn", "average_mask")
        for seed in range(2)
    ]
    of_cnn = [float(row["dice"]) for row in rows if row["model"] == "cnn"]
    assert sum(of_cnn) / 2 == pytest.approx(verdict["dice"]["cnn"])


def test_a_candidate_that_is_worse_than_the_last_blessed_model_is_not(judged):
    outputs = judged({"candidate": 8, "cnn": 11, "average_mask": 12, "blessed": 0})
    assert outputs["blessing"].get_int_custom_property("blessed") == 0
    assert [path.name for path in Path(outputs["blessing"].uri).iterdir()] == ["NOT_BLESSED"]
    verdict = json.loads(Path(outputs["evaluation"].uri, "verdict.json").read_text())
    assert verdict["dice"]["blessed"] == 1.0
    assert [clause["passed"] for clause in verdict["clauses"]] == [True, True, True, False]
