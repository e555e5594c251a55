import dataclasses

import pytest

from evaluation.evidence import Evidence, Leak


def test_everything_comes_in_one_order(evidence_of):
    car, photograph = (
        Leak("car", ("a",), ("train", "test"), ("a_01", "a_09")),
        Leak("photograph", ("x", "y"), ("val",), ("x", "y")),
    )
    evidence = evidence_of(
        {"b_01": 0.25, "a_02": 0.5, "a_01": 0.75},
        leaks=[photograph, car],
        unequal_repeats=["b_01", "a_01"],
        latencies={"b_01": 1.0, "a_01": 3.0},
        non_finite=["b_01", "a_02"],
    )
    assert evidence.image_ids == ["a_01", "a_02", "b_01"]
    assert evidence.groups == ["a", "a", "b"]
    assert evidence.dice("unet").tolist() == [0.75, 0.5, 0.25]
    assert evidence.leaks == (car, photograph)
    assert evidence.unequal_repeats == ("a_01", "b_01")
    assert list(evidence.latencies.items()) == [("a_01", 3.0), ("b_01", 1.0)]
    assert evidence.non_finite == ("a_02", "b_01")
    assert list(evidence.scores) == ["average_mask", "cnn", "unet"]


@pytest.mark.parametrize("scores", [{}, {"unet": [], "cnn": [], "average_mask": []}])
def test_no_photograph_is_refused(scores):
    with pytest.raises(ValueError, match="no photograph to judge the models on"):
        Evidence(scores)


@pytest.mark.parametrize("name", ["unet", "cnn", "average_mask"])
def test_a_missing_model_is_named(evidence_of, name):
    scores = dict(evidence_of({"a_01": 1.0}).scores)
    del scores[name]
    with pytest.raises(ValueError, match=f"^no scores of {name}$"):
        Evidence(scores)


@pytest.mark.parametrize(
    "cnn",
    [
        {"a_01": 1.0},
        {"a_01": 1.0, "a_03": 1.0},
        {"a_01": 1.0, "a_02": {"group_id": "b"}},
        {"a_01": 1.0, "a_02": {"width": 999}},
    ],
)
def test_other_photographs_are_refused(evidence_of, cnn):
    with pytest.raises(ValueError, match="cnn and unet were not scored on the same photographs"):
        evidence_of({"a_01": 1.0, "a_02": 1.0}, cnn=cnn)


def test_scores_under_another_models_name_are_refused(evidence_of):
    scores = dict(evidence_of({"a_01": 1.0}).scores)
    with pytest.raises(ValueError, match="the scores of cnn hold those of average_mask"):
        Evidence(scores | {"cnn": scores["average_mask"]})


def test_a_photograph_that_comes_twice_is_refused(evidence_of):
    scores = {name: 2 * list(each) for name, each in evidence_of({"a_01": 1.0}).scores.items()}
    with pytest.raises(ValueError, match="photograph a_01 comes twice"):
        Evidence(scores)


def test_a_photograph_without_a_car_is_refused(evidence_of):
    changes = {"a_01": 1.0, "a_02": {"group_id": ""}}
    with pytest.raises(ValueError, match=r"1 of 2 photographs have no group_id \(first a_02\)"):
        evidence_of(changes, cnn=changes, average_mask=changes)


def test_faults_are_of_one_model_and_named(evidence_of):
    evidence = evidence_of({"a_01": 1.0, "b_01": 1.0}, cnn={"a_01": {"fault": "no"}, "b_01": 0.5})
    assert evidence.faults("cnn") == {"a_01": "no"}
    assert evidence.faults("unet") == {}


def test_evidence_cannot_be_changed(evidence_of):
    with pytest.raises(dataclasses.FrozenInstanceError):
        evidence_of({"a_01": 1.0}).repeated = 2
