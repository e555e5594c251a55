import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from tfx import v1 as tfx

from components.model_card import ModelCard
from components.model_card_files import ModelCardFiles
from components.photograph_statistics import PhotographStatistics
from components.quarantine import Quarantine
from components.server_verdict import SERVER_VERDICT
from pipeline.config import MODEL_CARD_CONFIG, ModelCardConfig
from tests.report.finished_run import FinishedRun, scores_by_model
from tests.report.model_card.model_card_facts import SERVED

DICE = {"a_01": 0.99, "a_02": 0.97, "b_01": 0.98, "b_02": 0.94}
COUNTS = {
    "photographs": {"train": 6, "val": 2, "test": 4},
    "groups": {"train": 3, "val": 1, "test": 2},
    "quarantined": {},
    "groups_without_metadata": [],
}
ROW = {
    "image_id": "t_01",
    "group_id": "t",
    "pose": 1,
    "make": "Acme | <Bolt>",
    "model": "",
    "year": 2010,
    "split": "train",
    "height": 20,
    "width": 30,
    "brightness": 100.0,
    "colour": [90.0, 100.0, 110.0],
    "saturation": 0.25,
    "mask_area": 0.2,
}
SPANS = [{"number": 3, "version": None, "path": "/s/3"}, {"number": 4, "version": 2, "path": "/s"}]


@pytest.fixture
def run(tmp_path):
    run = FinishedRun(tmp_path / "run")
    run.fit(finished="2026-11-23T16:24:11+00:00")
    run.score(scores_by_model(DICE))
    Path(run.files.quarantine, "counts.json").write_text(json.dumps(COUNTS))
    Path(run.files.infra_blessing, "server_check.json").write_bytes(
        SERVER_VERDICT.dump_json(SERVED)
    )
    Path(run.files.photograph_statistics, "photographs.jsonl").write_text(json.dumps(ROW) + "\n")
    servable = Path(run.files.models["unet"], "Format-Serving")
    servable.mkdir()
    (servable / "saved_model.pb").write_bytes(b"graph")
    return run


@pytest.fixture
def card(run, artifact, run_component):
    """Runs the component; returns its artifact, and both files."""
    types = tfx.types.standard_artifacts

    def card(spans=None, all_inputs=True, folder=None, **config):
        files = run.files
        known = {
            "examples": (types.Examples, files.examples),
            "quarantine": (Quarantine, files.quarantine),
            "model": (types.Model, files.models["unet"]),
            "model_run": (types.ModelRun, files.fits["unet"]),
            "evaluation": (types.ModelEvaluation, files.evaluation),
        }
        if all_inputs:
            known["photograph_statistics"] = (PhotographStatistics, files.photograph_statistics)
            known["infra_blessing"] = (types.InfraBlessing, files.infra_blessing)
        inputs = {}
        for name, (kind, uri) in known.items():
            inputs[name] = artifact(kind, name)
            inputs[name].uri = uri.replace(str(run.folder), str(folder or run.folder))
        inputs["examples"].set_string_custom_property("input_fingerprint", "f00d")
        if spans is not None:
            inputs["examples"].set_string_custom_property("spans", json.dumps(spans))
        made = run_component(
            ModelCard,
            inputs,
            config=MODEL_CARD_CONFIG.dump_json(ModelCardConfig(**config)).decode(),
            code="any",
        )["card"]
        folder = Path(made.uri)
        assert {path.name for path in folder.iterdir()} == {"model_card.md", "model_card.json"}
        document = json.loads((folder / "model_card.json").read_bytes())
        return made, (folder / "model_card.md").read_bytes().decode(), document

    return card


def test_both_files_are_of_the_run(card):
    made, markdown, document = card(name="cars Ω")
    assert isinstance(made, ModelCardFiles)
    assert made.get_int_custom_property("blessed") == 1
    version = made.get_string_custom_property("version")
    assert document["model_details"]["version"] == {"name": version, "date": "2026-11-23"}
    assert f"# cars Ω, model {version}\n" in markdown
    assert "**Blessed by the gate, and by the check in its server (embedded).**" in markdown
    assert "| cars by make | Acme \\| \\<Bolt\\> (1) |" in markdown
    assert "Fingerprint: f00d." in markdown
    assert "Spans" not in markdown
    schema = json.loads((Path(__file__).parents[2] / "docs/model_card.schema.json").read_text())
    jsonschema.validate(document, schema)


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(card, run, tmp_path):
    _, *first = card()
    moved = shutil.move(run.folder, tmp_path / "elsewhere")
    _, *second = card(folder=moved)
    assert first == second
    assert str(tmp_path) not in first[0] + json.dumps(first[1])


def test_a_rejected_model_has_a_card_that_says_so(card, run):
    run.score(scores_by_model(DICE, cnn=0.99))
    made, markdown, _ = card()
    assert made.get_int_custom_property("blessed") == 0
    assert "**Rejected by the gate: it was not pushed and must not be served.**" in markdown
    assert "| beats cnn | **no** |" in markdown


def test_without_statistics_and_server(card):
    made, markdown, _ = card(all_inputs=False)
    assert made.get_int_custom_property("blessed") == 1
    assert "**Blessed by the gate; it was not tried in a server.**" in markdown
    assert "cars by make" not in markdown


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        (SPANS, "Spans: 3, 4 (version 2)."),
        ([{"number": 0, "version": 1, "path": ""}], "Spans: 0 (version 1)."),
        ([{"number": 0, "version": None, "path": "/photographs"}], None),
    ],
)
def test_spans_are_numbers_not_folders(card, spans, shown):
    _, markdown, _ = card(spans=spans)
    lines = [line for line in markdown.splitlines() if line.startswith("Spans")]
    assert lines == ([shown] if shown else [])
    assert "/s" not in "".join(lines)
