import json
from pathlib import Path

import pytest

from components.server_verdict import SERVER_VERDICT, not_checked
from evaluation.label_audit import Suspect
from pipeline.config import ModelCardConfig
from report.model_card.model_digest import model_digest
from report.model_card.reader import read_model_card
from tests.report.finished_run import scores_by_model
from tests.report.model_card.model_card_facts import SERVED

DICE = {
    "a_01": {"dice": 0.99, "make": "Acme", "mask_area": 0.12, "year": 2010},
    "a_02": {"dice": 0.97, "make": "Acme", "mask_area": 0.22, "year": 2010},
    "b_01": {"dice": 0.98, "make": "Bolt", "mask_area": 0.14, "year": 2012},
    "b_02": {"dice": 0.94, "make": "Bolt", "mask_area": 0.24, "year": 2012},
    "c_01": {"dice": 0.96, "make": "", "mask_area": 0.11, "year": -1},
    "c_02": {"dice": 0.95, "make": "", "mask_area": 0.21, "year": -1},
}


@pytest.fixture
def run(finished_run):
    """A finished run, and what reads its card."""
    finished_run.fit(finished="2026-11-23T16:24:11+00:00", versions={"Keras": "3.3"}, code="c0de")
    finished_run.score(scores_by_model(DICE), [Suspect("b_02", 5.0, "too large")])
    counts = {
        "photographs": {"train": 6, "val": 2, "test": 6},
        "groups": {"train": 3, "val": 1, "test": 3},
        "quarantined": {"empty mask": 2},
        "groups_without_metadata": ["c", "d"],
    }
    Path(finished_run.files.quarantine, "counts.json").write_text(json.dumps(counts))
    servable = Path(finished_run.files.models["unet"], "Format-Serving")
    servable.mkdir()
    (servable / "saved_model.pb").write_bytes(b"graph")

    def read(**more):
        return read_model_card(
            ModelCardConfig(name="cars"),
            servable=str(servable),
            fit=finished_run.files.fits["unet"],
            evaluation=finished_run.files.evaluation,
            quarantine=finished_run.files.quarantine,
            **more,
        )

    finished_run.read = read
    return finished_run


def test_what_the_steps_left(run):
    card = run.read(span="7", fingerprint="f00d")
    assert card.about.name == "cars"
    assert card.digest == model_digest(str(Path(run.files.models["unet"], "Format-Serving")))
    assert card.version == card.digest[:12]
    assert card.date == "2026-11-23"
    assert (card.fit.threshold, card.fit.versions, card.fit.code) == (0.5, {"Keras": "3.3"}, "c0de")
    assert card.verdict.dice["unet"] == pytest.approx(0.965)
    assert card.is_blessed
    assert card.server_verdict is None
    assert card.clauses == card.verdict.clauses
    assert card.data.photographs == {"train": 6, "val": 2, "test": 6}
    assert card.data.cars == {"train": 3, "val": 1, "test": 3}
    assert card.data.quarantined == {"empty mask": 2}
    assert card.data.cars_without_metadata == 2
    assert (card.data.span, card.data.fingerprint, card.data.splits) == ("7", "f00d", {})


def test_slices_worst_first_and_without_what_is_unknown(run):
    slices = {
        name: [(each.value, round(each.dice.mean, 4), each.cars) for each in of]
        for name, of in run.read().slices.items()
    }
    assert slices == {
        "pose": [(2, 0.9533, 3), (1, 0.9767, 3)],
        "make": [("Bolt", 0.96, 1), ("Acme", 0.98, 1)],
        "year": [(2012, 0.96, 1), (2010, 0.98, 1)],
        "mask_area": [("0.20-0.25", 0.9533, 3), ("0.10-0.15", 0.9767, 3)],
    }


def test_a_feature_of_one_value_is_no_slice(run):
    same = {name: fields | {"make": "Acme", "year": 2010} for name, fields in DICE.items()}
    run.score(scores_by_model(same))
    assert set(run.read().slices) == {"pose", "mask_area"}


def test_the_worst_photographs_and_whose_label_is_suspect(run):
    card = run.read()
    worst = [(each.image_id, each.pose, each.dice, each.is_suspect) for each in card.worst]
    assert worst == [
        ("b_02", 2, 0.94, True),
        ("c_02", 2, 0.95, False),
        ("c_01", 1, 0.96, False),
        ("a_02", 2, 0.97, False),
        ("b_01", 1, 0.98, False),
    ]
    assert card.suspects == 1
    Path(run.files.evaluation, "suspected_labels.jsonl").unlink()
    assert run.read().suspects is None


def test_photographs_in_numbers(run, photograph_statistics):
    photographs = [
        photograph_statistics("t_02", make="Bolt", year=2009, mask_area=0.4, width=40),
        photograph_statistics("t_01", make="Bolt", year=2009, mask_area=0.1),
        photograph_statistics("u_01", make="", year=-1, mask_area=0.3),
        photograph_statistics("v_01", split="val", mask_area=None),
    ]
    splits = run.read(photographs=photographs).data.splits
    assert list(splits) == ["train", "val"]
    train = splits["train"]
    assert train.poses == {1: 2, 2: 1}
    assert train.makes == {"": 1, "Bolt": 1}
    assert train.years == {-1: 1, 2009: 1}
    assert train.sizes == {(30, 20): 2, (40, 20): 1}
    assert train.smallest_mask == ("t_01", 0.1)
    assert train.largest_mask == ("t_02", 0.4)
    assert splits["val"].smallest_mask is None


def test_the_check_in_a_server(run):
    folder = Path(run.files.infra_blessing)
    file = folder / "server_check.json"
    file.write_bytes(SERVER_VERDICT.dump_json(SERVED))
    card = run.read(infra_blessing=str(folder))
    assert card.is_blessed
    assert not card.ships_photographs
    assert [clause.name for clause in card.clauses][-1] == "fast over gRPC"

    requests = folder / "stamped_model" / "assets.extra" / "tf_serving_warmup_requests"
    requests.parent.mkdir(parents=True)
    requests.write_bytes(b"requests")
    assert run.read(infra_blessing=str(folder)).ships_photographs

    file.write_bytes(SERVER_VERDICT.dump_json(not_checked()))
    card = run.read(infra_blessing=str(folder))
    assert not card.is_blessed
    assert card.clauses == card.verdict.clauses


@pytest.mark.parametrize(
    ("folder", "file", "message"),
    [
        ("evaluation", "verdict.json", "holds no verdict.json"),
        ("evaluation", "scores.csv", "or no score of unet"),
        ("quarantine", "counts.json", "no counts.json in .*quarantine"),
        ("fits/unet", "fit.json", "no fit.json in .*unet"),
    ],
)
def test_a_missing_file_is_named(run, folder, file, message):
    Path(run.folder, folder, file).unlink()
    with pytest.raises(ValueError, match=message):
        run.read()
