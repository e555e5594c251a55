import pytest
from matplotlib.figure import Figure

from report.plots.dice_scale import mark_dice, stretch


@pytest.fixture
def axis():
    return Figure().subplots().xaxis


def test_each_tenth_of_the_mistakes_is_as_far():
    assert stretch([0.0, 0.9, 0.99, 0.999]) == pytest.approx([0, 1, 2, 3])


def test_a_dice_of_1_has_a_place():
    assert stretch([1.0, 0.9999, 2.0]) == pytest.approx([4, 4, 4])


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.0, 0.9975), (0.0, 1.0), (0.99, 0.9995), (0.5, 0.6), (0.9912, 0.9915), (0.7, 0.7), (0, 0)],
)
def test_ticks_lie_inside_apart_and_are_what_they_say(axis, low, high):
    begin, end = mark_dice(axis, low, high)
    assert begin <= stretch(low)
    assert stretch(high) < end
    places = sorted(axis.get_ticklocs())
    assert all(begin <= place <= end for place in places)
    assert all(b - a >= 0.05 * (end - begin) for a, b in zip(places, places[1:], strict=False))
    assert 1 <= len(places) <= 10
    said = [float(label.get_text()) for label in axis.get_ticklabels()]
    assert stretch(said) == pytest.approx(axis.get_ticklocs())


def test_a_usual_range_has_its_round_numbers(axis):
    mark_dice(axis, 0.0, 0.9975)
    said = {label.get_text() for label in axis.get_ticklabels()}
    # 0.995 would touch 0.99.
    assert said == {"0", "0.5", "0.8", "0.9", "0.95", "0.98", "0.99", "0.998"}
