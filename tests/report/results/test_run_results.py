import json
from pathlib import Path

import pytest

from evaluation.label_audit import Suspect
from report.results.run_results import read_results
from tests.report.finished_run import score_of, scores_by_model


def test_nothing_is_there(finished_run):
    results = read_results(finished_run.files.evaluation)
    assert results.verdict is None
    assert results.scores == {}
    assert results.suspects is None
    assert results.slices == ("pose", "make", "mask_area", "year")


def test_what_the_gate_left(finished_run):
    suspect = Suspect("a_01", 7.25, "\u2028 <b>")
    finished_run.score(scores_by_model({"a_01": 0.75, "b_01": 0.9}, blessed=0.75), [suspect])
    results = read_results(finished_run.files.evaluation)
    assert results.verdict.dice["unet"] == pytest.approx(0.825)
    assert list(results.scores) == ["unet", "blessed", "cnn", "average_mask"]
    assert [score.figures.dice for score in results.scores["unet"]] == [0.75, 0.9]
    assert results.not_finite == 0
    assert results.suspects == (suspect,)


def test_a_dice_that_is_no_number_is_left_out(finished_run):
    finished_run.scores([score_of("unet", "a_01", float("nan")), score_of("unet", "a_02", 0.5)])
    results = read_results(finished_run.files.evaluation)
    assert [score.image_id for score in results.scores["unet"]] == ["a_02"]
    assert results.not_finite == 1


def test_the_slices_are_those_that_were_asked_for(finished_run):
    specs = [{}, {"featureKeys": ["model"]}, {"featureKeys": ["make"]}]
    path = Path(finished_run.files.evaluation, "eval_config.json")
    path.write_text(json.dumps({"evalConfig": {"slicingSpecs": specs}}))
    assert read_results(finished_run.files.evaluation).slices == ("model", "make")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("verdict.json", "{", r"verdict\.json holds no JSON"),
        ("verdict.json", '{"blessed": 7}', r"verdict\.json does not follow docs/verdict"),
        ("suspected_labels.jsonl", '{"image_id": "a"}\n', r"suspected_labels\.jsonl"),
        ("suspected_labels.jsonl", "{\n", r"suspected_labels\.jsonl"),
    ],
)
def test_a_file_that_holds_something_else_is_named(finished_run, file, content, message):
    Path(finished_run.files.evaluation, file).write_text(content)
    with pytest.raises(ValueError, match=message):
        read_results(finished_run.files.evaluation)
