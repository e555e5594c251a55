import itertools

import numpy as np
import pytest
import tensorflow_model_analysis as tfma

from evaluation.bootstrap import group_bootstrap
from evaluation.mean_figure import MeanFigure

# Three of car b, whose sum depends on their order in the last bit.
VALUES = [("b", 0.1), ("a", 0.7), ("b", 0.2), ("c", 0.3), ("a", 0.2), ("b", 0.3), ("c", 1e-9)]


def computation(name="dice", model="unet"):
    [made] = MeanFigure(name).computations(model_names=[model])
    return made


def mean(*parts):
    """The metric's value where Beam has cut the photographs into parts."""
    combiner = computation().combiner
    accumulators = []
    for part in parts:
        accumulator = combiner.create_accumulator()
        for element in part:
            accumulator = combiner.add_input(accumulator, element)
        accumulators.append(accumulator)
    [(key, value)] = combiner.extract_output(combiner.merge_accumulators(accumulators)).items()
    assert key == tfma.metrics.MetricKey(name="dice", model_name="unet")
    return value


def test_mean_and_interval_are_those_of_the_bootstrap_over_cars():
    found = mean(VALUES)
    cars, values = zip(*sorted(VALUES), strict=True)
    interval = group_bootstrap(values, cars)
    assert found.value.value == pytest.approx(sum(values) / 7)
    assert found.lower_bound.value == interval.low
    assert found.upper_bound.value == interval.high
    assert interval.low < interval.high


def test_neither_parts_nor_their_order_matter_to_the_last_bit():
    whole = mean(VALUES).SerializeToString()
    parts = [VALUES[:1], VALUES[1:3], [], VALUES[3:]]
    for order in itertools.permutations(parts):
        assert mean(*order).SerializeToString() == whole
        assert mean(*(part[::-1] for part in order)).SerializeToString() == whole


def test_merging_in_two_steps_is_merging_in_one():
    combiner = computation().combiner
    singles = [combiner.add_input(combiner.create_accumulator(), each) for each in VALUES]
    halves = [combiner.merge_accumulators(singles[i : i + 3]) for i in range(0, len(singles), 3)]
    [value] = combiner.extract_output(combiner.merge_accumulators(halves)).values()
    assert value == mean(VALUES)


def test_one_car_has_a_plain_value():
    found = mean([("a", 0.25)], [("a", 0.75), ("a", 0.8)])
    assert isinstance(found, float)
    assert found == pytest.approx(0.6)


def test_no_photograph_has_no_mean():
    assert np.isnan(mean())
    assert np.isnan(mean([], []))


def test_all_that_a_preprocessor_made_of_one_photograph_counts():
    assert mean([[("a", 0.25), ("a", 0.5)]]) == 0.375


@pytest.mark.parametrize(("name", "value"), [("dice", 0.75), ("fault", 1.0)])
def test_figure_and_car_are_taken_out_of_the_extracts(name, value):
    extracts = {
        "features": {"group_id": np.array([b"a"]), "pose": np.array([3])},
        "predictions": {
            "unet": {"dice": np.array([0.75]), "fault": np.array([1.0])},
            "cnn": {"dice": np.array([0.5]), "fault": np.array([0.0])},
        },
    }
    [preprocessor] = computation(name).preprocessors
    [(car, found)] = preprocessor.process(extracts)
    assert (car, found) == ("a", value)
    assert type(car) is str
    assert type(found) is float


def test_there_is_one_computation_per_model():
    made = MeanFigure("iou").computations(model_names=["unet", "cnn"])
    assert [each.keys for each in made] == [
        [tfma.metrics.MetricKey(name="iou", model_name=name)] for name in ("unet", "cnn")
    ]


def test_it_can_be_made_again_from_its_configuration():
    assert MeanFigure("recall").get_config() == {"name": "recall"}
