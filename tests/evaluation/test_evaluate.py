"""Two models of known Dice go through a real Beam pipeline and TFMA."""

import functools
import threading
from collections import Counter

import apache_beam as beam
import cv2
import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions

from evaluation.bootstrap import group_bootstrap
from evaluation.evaluate import add_evaluation, read_scores, scores_by_model
from evaluation.extractor import _MODELS

# Rows of car that ``last_rows_missed`` leaves out, of each photograph: the photograph says so.
ROWS, MISSED = 10, {"a_01": 0, "a_02": 5, "b_01": 10, "c_01": 2, "c_02": 0}
MAKES = {"a": b"Acme", "b": b"Acme", "c": b"Bolt"}
SLICES = ("pose", "make", "mask_area")


class FakeModel:
    """Calls red pixels car, but for as many rows as the blue of the first pixel says."""

    input_size = (5, 10)
    journal: Counter[tuple[str, str]] = Counter()
    _lock = threading.Lock()

    def __init__(self, name, errs):
        self._name, self._errs = name, errs
        self._note("load")

    @classmethod
    def load(cls, name, errs):
        return cls(name, errs)

    def _note(self, event):
        with self._lock:
            self.journal[self._name, event] += 1

    def reply(self, image):
        assert not self.journal[self._name, "close"]
        self._note("reply")
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
        mask = np.where(pixels[..., 2] > 128, 255, 0).astype(np.uint8)
        mask[: pixels[0, 0, 0] if self._errs else 0] = 0
        return cv2.imencode(".png", mask)[1].tobytes()

    def has_finite_probabilities(self, image):
        return True

    def close(self):
        self._note("close")


def loaders(**errs):
    FakeModel.journal.clear()
    return {name: functools.partial(FakeModel.load, name, each) for name, each in errs.items()}


def example(raw_example, file_of, image_id):
    """A photograph of 10 rows and 20 columns, whose left half is car; only a quarter for car c."""
    truth = np.zeros((ROWS, 20), np.uint8)
    truth[:, : 5 if image_id.startswith("c") else 10] = 255
    image = np.zeros((ROWS, 20, 3), np.uint8)
    image[..., 0] = truth
    image[0, 0, 2] = MISSED[image_id]
    return raw_example(
        image_id,
        20,
        ROWS,
        image=file_of(image, "PNG"),
        mask=file_of(truth, "PNG"),
        make=MAKES[image_id[0]],
    )


@pytest.fixture(scope="module")
def records(raw_example, file_of, write_records, tmp_path_factory):
    """Two files, neither in order of image id."""
    folder = tmp_path_factory.mktemp("Split-test")
    return [
        str(
            write_records(
                folder / name, [example(raw_example, file_of, image_id) for image_id in ids]
            )
        )
        for name, ids in {"0.gz": ["c_02", "a_01", "b_01"], "1.gz": ["a_02", "c_01"]}.items()
    ]


def run(paths, models, output, threads=1, slices=SLICES):
    options = PipelineOptions(["--allow_unsafe_triggers"])
    options.view_as(DirectOptions).direct_num_workers = threads
    options.view_as(DirectOptions).direct_running_mode = "multi_threading"
    with beam.Pipeline("DirectRunner", options=options) as root:
        add_evaluation(root, paths, models, str(output), slices)
    return str(output)


@pytest.fixture(scope="module")
def evaluated(records, tmp_path_factory):
    """Output folder and journal of one evaluation."""
    models = loaders(good=False, errs=True)
    output = run(records, models, tmp_path_factory.mktemp("evaluation"))
    return output, dict(FakeModel.journal)


def dice(image_id):
    missed = MISSED[image_id]
    return 2 * (ROWS - missed) / (2 * ROWS - missed)


def metrics(output, model):
    """By slice, the metrics of one model."""
    result = tfma.load_eval_result(output, model_name=model)
    return {key: each[""][""] for key, each in result.slicing_metrics}


def test_the_dice_by_hand():
    assert [dice(each) for each in MISSED] == [1, 2 / 3, 0, 8 / 9, 1]


@pytest.mark.parametrize(
    ("key", "image_ids"),
    [
        ((), ["a_01", "a_02", "b_01", "c_01", "c_02"]),
        ((("pose", 1),), ["a_01", "b_01", "c_01"]),
        ((("pose", 2),), ["a_02", "c_02"]),
        ((("make", "Acme"),), ["a_01", "a_02", "b_01"]),
        ((("mask_area", "0.50-0.55"),), ["a_01", "a_02", "b_01"]),
    ],
)
def test_mean_and_interval_of_a_slice(evaluated, key, image_ids):
    values = [dice(image_id) for image_id in image_ids]
    interval = group_bootstrap(values, [image_id[0] for image_id in image_ids])
    assert interval.low < interval.mean < interval.high
    found = metrics(evaluated[0], "errs")[key]["dice"]["boundedValue"]
    assert found == {
        "value": pytest.approx(np.mean(values), abs=1e-12),
        "lowerBound": pytest.approx(interval.low, abs=1e-12),
        "upperBound": pytest.approx(interval.high, abs=1e-12),
    }


@pytest.mark.parametrize("key", [("make", "Bolt"), ("mask_area", "0.25-0.30")])
def test_a_slice_of_one_car_has_no_interval(evaluated, key):
    found = metrics(evaluated[0], "errs")[(key,)]["dice"]
    assert found == {"doubleValue": pytest.approx((8 / 9 + 1) / 2, abs=1e-12)}


@pytest.mark.parametrize("model", ["good", "errs"])
def test_there_are_these_slices_and_no_others(evaluated, model):
    assert set(metrics(evaluated[0], model)) == {
        (),
        (("pose", 1),),
        (("pose", 2),),
        (("make", "Acme"),),
        (("make", "Bolt"),),
        (("mask_area", "0.25-0.30"),),
        (("mask_area", "0.50-0.55"),),
    }


def test_the_models_are_not_mixed_up(evaluated):
    good = metrics(evaluated[0], "good")[()]
    assert good["dice"]["boundedValue"] == {"value": 1, "lowerBound": 1, "upperBound": 1}
    assert good["false_area"]["boundedValue"]["value"] == 0
    errs = metrics(evaluated[0], "errs")[()]
    # 10 px for each missed row of cars a and b, 5 px for car c.
    assert errs["false_area"]["boundedValue"]["value"] == (50 + 100 + 10) / 5
    assert errs["recall"]["boundedValue"]["value"] == pytest.approx((1 + 0.5 + 0 + 0.8 + 1) / 5)
    assert errs["fault"]["boundedValue"]["value"] == 0


def test_every_figure_is_a_metric(evaluated):
    assert set(metrics(evaluated[0], "errs")[()]) == {
        *("dice", "iou", "precision", "recall", "boundary_f1", "boundary_distance"),
        *("false_area", "area_error", "offset_x", "offset_y", "ceiling", "fault"),
    }


def test_scores_come_back_in_order_of_image_id(evaluated):
    scored = read_scores(evaluated[0])
    assert [[score.image_id for score in each.scores] for each in scored] == [
        [image_id, image_id] for image_id in sorted(MISSED)
    ]
    assert [[score.model for score in each.scores] for each in scored] == [["good", "errs"]] * 5
    assert [each.scores[1].figures.dice for each in scored] == [
        pytest.approx(dice(image_id)) for image_id in sorted(MISSED)
    ]
    a_02 = scored[1].scores[1]
    assert (a_02.group_id, a_02.pose, a_02.make, a_02.year) == ("a", 2, "Acme", 2012)
    assert (a_02.height, a_02.width, a_02.mask_area, a_02.fault) == (ROWS, 20, 0.5, "")
    assert a_02.figures.recall == 0.5
    assert a_02.reply_bytes > 0
    # Its label, by both models alone and together.
    label = scored[1].label
    assert (label.area, label.right) == (100, 10)
    assert [(each.models, each.surplus) for each in label.objections] == [
        (("errs",), 50),
        (("good",), 0),
        (("errs", "good"), 0),
    ]


def test_scores_by_model_keep_the_order(evaluated):
    by_model = scores_by_model(read_scores(evaluated[0]))
    assert list(by_model) == ["good", "errs"]
    for name, scores in by_model.items():
        assert [score.image_id for score in scores] == sorted(MISSED)
        assert {score.model for score in scores} == {name}


def test_models_are_loaded_once_asked_once_per_photograph_and_closed(evaluated):
    for name in ("good", "errs"):
        counts = {event: n for (model, event), n in evaluated[1].items() if model == name}
        assert counts == {"load": 1, "reply": len(MISSED), "close": 1}
    assert not _MODELS._loaded


def rows(output):
    """All that is not a stop watch's."""
    return [
        [(score.model, score.image_id, score.figures, score.ceiling, score.fault)]
        + [(score.make, score.pose, score.mask_area, score.reply_bytes, each.label)]
        for each in read_scores(output)
        for score in each.scores
    ]


def test_threads_give_the_same_rows_and_metrics(evaluated, records, tmp_path):
    output = run(records, loaders(good=False, errs=True), tmp_path, threads=2)
    assert rows(output) == rows(evaluated[0])
    for model in ("good", "errs"):
        assert metrics(output, model) == metrics(evaluated[0], model)
        assert FakeModel.journal[model, "load"] == FakeModel.journal[model, "close"] == 1
        assert FakeModel.journal[model, "reply"] == len(MISSED)


def test_a_single_model_without_slices(records, tmp_path):
    output = run(records, loaders(errs=True), tmp_path, slices=())
    found = metrics(output, "errs")
    assert list(found) == [()]
    mean = np.mean([dice(each) for each in MISSED])
    assert found[()]["dice"]["boundedValue"]["value"] == pytest.approx(mean)


def test_no_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no photograph to evaluate the models on"):
        add_evaluation(beam.Pipeline("DirectRunner"), [], loaders(good=False), str(tmp_path))


def test_files_without_records_are_refused(write_records, tmp_path):
    paths = [str(write_records(tmp_path / name, [])) for name in ("0.gz", "1.gz")]
    with pytest.raises(ValueError, match="no photograph to evaluate the models on"):
        add_evaluation(beam.Pipeline("DirectRunner"), paths, loaders(good=False), str(tmp_path))


def test_a_model_that_cannot_be_loaded_ends_the_evaluation(records, tmp_path):
    def fail():
        raise OSError("no such model")

    models = loaders(good=False) | {"broken": fail}
    with pytest.raises(Exception, match="no such model"):
        run(records, models, tmp_path)
    # What was loaded before it is not left behind.
    assert FakeModel.journal["good", "load"] == FakeModel.journal["good", "close"] > 0
    assert not _MODELS._loaded
