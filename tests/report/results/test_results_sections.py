"""What the page says of a run's models, and what where something is missing."""

import json
from pathlib import Path

import pytest

from evaluation.label_audit import Suspect
from report.page import page_of
from report.results.results_sections import results_sections
from tests.report.finished_run import red_is_car, score_of, scores_by_model

IDENTITIES = [
    *("scores", "verdict", "dice-of-photographs", "slices", "thresholds", "comparisons"),
    "suspected-labels",
]
TWO_CARS = {"a_01": 0.75, "a_02": 0.95, "b_01": 0.85, "b_02": 0.95}


@pytest.fixture
def read(finished_run, read_page):
    """Builds the sections of a run and reads them."""

    def read():
        return read_page(page_of("Run", "", results_sections(finished_run.files)).decode())

    return read


@pytest.fixture(scope="module")
def servable(tmp_path_factory):
    return red_is_car(tmp_path_factory.mktemp("model") / "Format-Serving")


def test_nothing_is_there(read):
    page = read()
    assert list(page.sections) == IDENTITIES
    for identity in ("scores", "verdict"):
        assert "There is no verdict.json" in page.sections[identity]
    for identity in ("dice-of-photographs", "slices", "comparisons"):
        assert "There is no scores.csv" in page.sections[identity]
    assert "There is no fit.json" in page.sections["thresholds"]
    assert "There is no suspected_labels.jsonl" in page.sections["suspected-labels"]
    assert page.plots == page.pictures == []


def test_scores(finished_run, read):
    finished_run.score(scores_by_model(TWO_CARS, cnn=0.5, average_mask=0.25, blessed=0.875))
    page = read()
    text = page.sections["scores"]
    assert "over 4 photographs of 2 cars that no step" in text
    assert "U-Net 0.8750 0.8500 to 0.9000 0.9975 0.8750 1.50 0" in text
    assert "Last blessed 0.8750 0.8750 to 0.8750 0.9975" in text
    assert text.index("Last blessed 0") < text.index("CNN 0.5000") < text.index("mask 0.2500")
    assert "one car only" not in text
    assert any(label.startswith("Mean Dice;") for label in page.plots)


def test_one_car_has_no_interval(finished_run, read):
    finished_run.score(scores_by_model({"a_01": 0.75, "a_02": {"dice": 1.0, "ceiling": -1.0}}))
    text = read().sections
    assert "U-Net 0.8750 none 0.9975" in text["scores"]
    assert "The photographs are of one car only, so that there is none." in text["scores"]
    assert "1 0.7500 one car 1 1" in text["slices"]


def test_a_ceiling_that_is_not_known(finished_run, read):
    finished_run.score(scores_by_model({"a_01": {"dice": 0.75, "ceiling": -1.0}}))
    assert "U-Net 0.7500 none unknown 0.7500" in read().sections["scores"]


def test_verdict_of_one_that_passes(finished_run, read):
    finished_run.score(scores_by_model(dict.fromkeys(TWO_CARS, 0.95)))
    text = read().sections["verdict"]
    assert "Blessed: the U-Net passed all 13 clauses." in text
    assert "passed good enough Dice 0.9500, at least 0.5000 is asked" in text
    assert "failed" not in text


def test_verdict_and_slices_of_one_that_fails_in_a_pose(finished_run, read):
    finished_run.score(
        scores_by_model({"a_01": 0.25, "a_02": 0.9, "b_01": 0.35, "b_02": 0.9}, cnn=0.9)
    )
    page = read()
    verdict = page.sections["verdict"]
    assert "Rejected: the U-Net failed 2 of 13 clauses." in verdict
    # What failed comes first, with the photographs that show it.
    assert verdict.index("failed beats cnn") < verdict.index("failed no weak pose")
    assert verdict.index("failed no weak pose") < verdict.index("passed ")
    assert "1 of 2 below Dice 0.5000: pose 1 at 0.3000. See a_01, b_01" in verdict
    slices = page.sections["slices"]
    assert "By pose pose 1 at 0.3000: no weak pose failed." in slices
    assert "pose 2 at" not in slices
    [by_pose] = [label for label in page.plots if "by pose" in label]
    assert by_pose.endswith("red diamond: the gate's clause failed")


def test_dice_of_the_photographs(finished_run, read):
    finished_run.score(scores_by_model(TWO_CARS, cnn=0.5))
    text = read().sections["dice-of-photographs"]
    assert "U-Net 0.7500 0.9000 0.9500 0" in text
    assert "CNN 0.5000 0.5000 0.5000 0" in text


def test_a_model_that_gave_no_mask(finished_run, read):
    fault = {"dice": 0.0, "fault": "ValueError: <script>alert(1)</script>"}
    finished_run.score(scores_by_model({"a_01": fault, "b_01": 0.9}))
    page = read()
    assert "U-Net 0.4500 0.0000 to 0.9000 0.9975 0.4500 1.50 1" in page.sections["scores"]
    assert "U-Net 0.0000 0.4500 0.9000 1" in page.sections["dice-of-photographs"]
    assert "failed answers every photograph 1 of 2 masks; a_01" in page.sections["verdict"]
    worst = page.sections["comparisons"]
    assert "a_01 : Dice 0.0000, no mask: ValueError: <script>alert(1)</script>" in worst
    assert "script" not in page.tags


def test_a_dice_that_is_no_number(finished_run, read):
    nan = float("nan")
    finished_run.scores([score_of("unet", "a_01", nan), score_of("unet", "b_01", 0.5)])
    text = read().sections
    assert "1 score whose Dice is no number is left out." in text["dice-of-photographs"]
    assert "U-Net 0.5000 0.5000 0.5000 0" in text["dice-of-photographs"]
    finished_run.scores([score_of("unet", "a_01", nan)])
    text = read().sections
    assert "There is no scores.csv with a score" in text["dice-of-photographs"]
    assert "1 score whose Dice is no number is left out." in text["dice-of-photographs"]


def test_slices(finished_run, read):
    finished_run.score(
        scores_by_model(
            {
                "a_01": {"dice": 0.9, "make": "Acme"},
                "b_01": {"dice": 0.8, "make": "Acme"},
                # A make seen once.
                "c_01": {"dice": 0.6, "make": "<b>Z\u00fcnd</b>", "mask_area": 0.31},
                "d_-1": {"dice": 0.5, "make": "", "year": -1},
            }
        )
    )
    page = read()
    text = page.sections["slices"]
    assert "every part of the 4 test photographs" in text
    # Makes: the worst first; what is unknown is counted and in none.
    makes = text[text.index("By make") : text.index("By mask area")]
    assert "Of 1 photograph it is not known; they are in none of these." in makes
    rows = "<b>Z\u00fcnd</b> 0.6000 one car 1 1 Acme 0.8500 0.8000 to 0.9000 2 2"
    assert rows in makes
    assert "0.20-0.25 0.7333 0.5000 to 0.9000 3 3 0.30-0.35 0.6000 one car 1 1" in text
    assert "2012 0.7667 0.6000 to 0.9000 3 3" in text
    assert "b" not in page.tags or "<b>Z" in page.text
    assert sum(label.startswith("Dice of the U-Net by") for label in page.plots) == 4


def test_no_metadata(finished_run, read):
    unknown = {"make": "", "year": -1}
    finished_run.score(
        scores_by_model({name: {"dice": 0.9, **unknown} for name in ("a_01", "b_01")})
    )
    text = read().sections["slices"]
    for feature in ("make", "year"):
        assert f"No photograph's {feature} is known: there is no metadata.csv" in text
    assert "1 0.9000 0.9000 to 0.9000 2 2" in text


def test_many_makes(finished_run, read):
    cars = {f"c{n:03}_01": {"dice": 0.5 + n / 300, "make": f"Make {n:03}"} for n in range(120)}
    finished_run.score(scores_by_model(cars))
    text = read().sections["slices"]
    assert "Drawn: the 24 worst of 120." in text
    assert "Make 000 0.5000 one car" in text
    assert "Make 099 0.8300" in text
    assert "Make 100 0.8" not in text
    assert "And 20 more." in text


def test_a_slice_by_what_only_the_examples_have(finished_run, read, raw_example, write_records):
    finished_run.score(scores_by_model({"a_01": 0.75, "b_01": 0.95}))
    specs = [{}, {"featureKeys": ["model"]}, {"featureKeys": ["colour <x>"]}]
    config = {"evalConfig": {"slicingSpecs": specs}}
    Path(finished_run.files.evaluation, "eval_config.json").write_text(json.dumps(config))
    records = [raw_example("a_01", model=b"Roadster"), raw_example("b_01", model=b"Van")]
    write_records(Path(finished_run.files.examples, "Split-test", "data.gz"), records)
    text = read().sections["slices"]
    assert "By model Dice" not in text
    assert "Roadster 0.7500 one car 1 1 Van 0.9500 one car 1 1" in text
    assert "No photograph's colour <x> is known." in text
    assert "By pose" not in text


def test_thresholds(finished_run, read):
    curve = [
        0.5 + (0.375 if level == 128 else 0.3745 if level in (120, 140) else 0)
        for level in range(256)
    ]
    finished_run.fit("unet", threshold_curve=curve)
    finished_run.fit("cnn")
    page = read()
    text = page.sections["thresholds"]
    assert "It is fitted on val (7 photographs)" in text
    assert "U-Net 0.5000 0.8750 0.469 to 0.547" in text
    assert "CNN 0.5000 0.8750 unknown" in text
    assert "No curve was kept, as an earlier version fitted: CNN." in text
    assert "No fit.json: Average mask." in text
    [plot] = page.plots
    assert plot.startswith("Dice on val by threshold")


def test_best_median_and_worst(finished_run, read, raw_example, write_records, servable):
    names = [f"\u8eca <i> {n}_01" for n in range(6)]
    records = [raw_example(name, 48, 32, n) for n, name in enumerate(names)]
    write_records(Path(finished_run.files.examples, "Split-test", "data.gz"), records)
    finished_run.candidate(servable)
    finished_run.score(scores_by_model({name: 0.9 + n / 100 for n, name in enumerate(names)}))
    page = read()
    text = page.sections["comparisons"]
    assert f"Best {names[5]} : Dice 0.9500, outlines 1.50 px apart, Acme 2012, pose 1." in text
    assert text.index(names[3]) < text.index(names[2]) < text.index("Worst")
    assert text.index("Worst") < text.index(names[1]) < text.index(names[0])
    assert "there is no picture" not in text
    assert len(page.pictures) == 6
    assert all(picture.std() > 10 for picture in page.pictures)
    assert "i" not in page.tags


def test_pictures_that_cannot_be_drawn_any_more(finished_run, read):
    finished_run.score(scores_by_model({"a_01": 0.9}))
    page = read()
    assert "there is no picture" in page.sections["comparisons"]
    assert page.pictures == []


def test_suspected_labels(finished_run, read):
    suspects = [Suspect("<b>_01", 8.25, "4.5% <larger>")]
    suspects += [Suspect(f"a_{n}", 4.0, "aside") for n in range(34)]
    finished_run.score(scores_by_model({"a_01": 0.9}), suspects)
    text = read().sections["suspected-labels"]
    assert "35 hand-made masks of the test split that are probably wrong" in text
    assert "<b>_01 8.2 4.5% <larger> a_0 4.0 aside" in text
    assert "And 5 more in suspected_labels.jsonl." in text
    finished_run.score(scores_by_model({"a_01": 0.9}))
    assert "No hand-made mask of the test split looks wrong." in read().sections["suspected-labels"]


def test_a_servable_that_cannot_be_loaded_is_an_error(
    finished_run, raw_example, write_records, tmp_path
):
    from serving.errors import ServingError

    write_records(Path(finished_run.files.examples, "Split-test", "d.gz"), [raw_example("a_01")])
    finished_run.score(scores_by_model({"a_01": 0.9}))
    (tmp_path / "broken").mkdir()
    finished_run.candidate(tmp_path / "broken")
    with pytest.raises(ServingError):
        results_sections(finished_run.files)
