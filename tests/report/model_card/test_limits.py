import dataclasses

import pytest

from report.model_card.card import WorstPhotograph
from report.model_card.limits import limits
from tests.report.model_card.model_card_facts import data_of, facts_of, split_of, verdict_of


def of(word, **changes):
    """The sentences that hold a word."""
    return [sentence for sentence in limits(facts_of(**changes)) if word in sentence]


def of_train(word, **changes):
    return of(word, data=data_of(splits={"train": split_of(**changes), "test": split_of()}))


def test_the_door():
    assert of("INVALID_ARGUMENT") == [
        "Takes JPEG and PNG files of up to 12.5 megapixels and 4 MB, and refuses others with "
        "INVALID_ARGUMENT."
    ]


def test_the_resolution_and_what_it_costs():
    [sentence] = of("Sees every photograph")
    assert "at 144x96 pixels" in sentence
    assert sentence.endswith("a perfect answer at that size has a Dice of 0.9975.")
    verdict = verdict_of()
    models = dict(verdict.models)
    models["unet"] = dataclasses.replace(models["unet"], ceiling=None)
    [sentence] = of("Sees every", verdict=dataclasses.replace(verdict, models=models))
    assert sentence.endswith("are not in the mask.")


def test_poses_that_were_hardly_or_never_shown():
    assert of("pose", worst=()) == []
    poses = {pose: 20 for pose in range(1, 14)} | {3: 2, 5: 1, -1: 4}
    assert of_train("Fitted on", poses=poses)[:2] == [
        "Fitted on no photograph of pose 14, 15, 16.",
        "Fitted on fewer than 3 cars in pose 3, 5.",
    ]
    assert len(of_train("Poses are not known", poses={-1: 7})) == 1


def test_makes_that_were_hardly_or_never_shown():
    assert of("makes") == ["Fitted on fewer than 3 cars of these makes: Bolt."]
    assert of_train("makes", makes={"Acme": 3, "": 9}) == [
        "Scored on makes that it was not fitted on: Bolt."
    ]
    many = {f"Make {number:02}": 1 for number in range(14)} | {"Acme": 5, "Bolt": 5}
    [sentence] = of_train("these makes", makes=many)
    assert sentence.endswith("Make 10, Make 11 and 2 more.")
    assert len(of_train("Makes are not known", makes={"": 20})) == 1


def test_years_areas_and_sizes():
    assert of("years") == ["Fitted on cars of the years 2009 to 2016."]
    assert of_train("years", years={-1: 3}) == []
    assert of("smaller") == [
        "Fitted on objects that cover 10.5% (s_09) to 41.0% (l_13) of the photograph; on none "
        "smaller or larger."
    ]
    assert of_train("smaller", smallest_mask=None, largest_mask=None) == []
    assert of("1918x1280") == ["Fitted on photographs of 1918x1280 pixels only."]
    sizes = {(100, 90): 1, (40, 30): 2, (60, 50): 3}
    assert of_train("sizes", sizes=sizes) == [
        "Fitted on photographs of 3 sizes, 40x30 to 100x90 pixels."
    ]


def test_without_statistics_nothing_is_said_of_what_was_shown():
    assert of("Fitted on", data=data_of(splits={})) == []


@pytest.mark.parametrize(("cars", "said"), [(1, "on 1 car:"), (29, "on 29 cars:"), (30, "")])
def test_few_test_cars(cars, said):
    sentences = of("Scored on", data=data_of(cars={"train": 9, "test": cars}))
    assert [said in sentence for sentence in sentences] == ([True] if said else [])


def test_suspected_labels():
    [sentence] = of("suspected to be wrong")
    assert "of which 1 in 4 are" in sentence
    assert of("suspected to be wrong", suspects=0) == []
    assert of("suspected to be wrong", suspects=None) == []


def test_what_was_set_aside():
    assert of("set aside") == []
    quarantined = {"empty mask": 2, "truncated image": 1}
    [sentence] = of("set aside", data=data_of(quarantined=quarantined))
    assert sentence.endswith(": 2 empty mask, 1 truncated image.")


def test_the_worst_photographs():
    worst = (WorstPhotograph("c_03", 3, 0.0, False, "no PNG"), *facts_of().worst)
    assert of("Worst on", worst=worst) == [
        "Worst on these test photographs: c_03 (pose 3, no mask: no PNG); b_02 (pose 2, Dice "
        "0.9400, its hand-made mask is suspected); a_02 (Dice 0.9700)."
    ]
