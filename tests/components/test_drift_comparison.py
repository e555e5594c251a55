import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.drift_comparison import compare
from pipeline.config import DriftConfig

ALL = DriftConfig(features=(*DriftConfig().features, "make", "year"))


@pytest.fixture(scope="module")
def studio(photograph_statistics):
    """Makes the photographs of some cars; keyword arguments change what is measured."""

    def make(cars=24, poses=range(1, 17), **changes):
        rng = np.random.default_rng(0)
        found = []
        for car in range(cars):
            light = rng.normal(0, 4)
            for pose in poses:
                level = 120.0 + light + rng.normal(0, 2)
                known = {
                    "brightness": level,
                    "colour": (level, level, level),
                    "saturation": 0.2 + rng.normal(0, 0.01),
                    "mask_area": 0.2 + rng.normal(0, 0.01),
                    "make": "Acme" if car % 2 else "Bolt",
                }
                made = {
                    name: change(known.get(name)) if callable(change) else change
                    for name, change in changes.items()
                }
                found.append(photograph_statistics(f"c{car}_{pose:02}", **known | made))
        return found

    return make


def compared(then, now, config=ALL):
    drifts, anomalies = compare(then, now, config)
    return {each.name: each for each in drifts}, anomalies


def over(then, now):
    return {name for name, each in compared(then, now)[0].items() if each.exceeds}


def test_the_same_photographs_are_no_distance_apart(studio):
    drifts, anomalies = compared(studio(), studio())
    assert tuple(drifts) == ALL.features
    assert {each.distance for each in drifts.values()} == {0.0}
    assert {each.shift for each in drifts.values()} == {0.0, None}
    assert not any(each.exceeds for each in drifts.values())
    assert not anomalies.anomaly_info


def test_brighter_photographs(studio):
    def lit(value):
        return tuple(v + 20 for v in value) if isinstance(value, tuple) else value + 20

    now = studio(brightness=lit, colour=lit)
    drifts, anomalies = compared(studio(), now)
    assert {name for name, each in drifts.items() if each.exceeds} == {
        "brightness",
        "red",
        "green",
        "blue",
    }
    each = drifts["brightness"]
    assert each.shift == pytest.approx(20)
    assert each.current_mean - each.baseline_mean == pytest.approx(20)
    assert each.comparator == "jensen_shannon_divergence"
    assert each.distance > each.limit == 0.35
    assert each.shift_limit == 15
    # TFDV says so too.
    reasons = {reason.type for reason in anomalies.anomaly_info["brightness"].reason}
    assert reasons == {anomalies_pb2.AnomalyInfo.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH}


def test_warmth_is_red_less_blue_and_tint_green_less_both(studio):
    now = studio(colour=lambda c: (c[0] + 8, c[1] + 10, c[2] - 4))
    drifts, _ = compared(studio(), now)
    assert drifts["warmth"].shift == pytest.approx(12)
    assert drifts["tint"].shift == pytest.approx(8)
    assert {"warmth", "tint"} <= {name for name, each in drifts.items() if each.exceeds}


def test_larger_masks_shift_by_a_share_of_what_they_were(studio):
    drifts, _ = compared(studio(), studio(mask_area=lambda area: 1.2 * area))
    assert drifts["mask_area"].shift == pytest.approx(0.2)
    assert drifts["mask_area"].exceeds
    assert drifts["mask_area"].limit == 0.2


@pytest.mark.parametrize(
    ("changes", "drifted"),
    [
        pytest.param({"saturation": lambda value: value + 0.05}, "saturation", id="colourful"),
        pytest.param({"width": 60}, "width", id="another camera"),
        pytest.param({"make": "Zeta"}, "make", id="all of one make"),
        pytest.param({"year": 2020}, "year", id="all of one year"),
    ],
)
def test_one_thing_changed(studio, changes, drifted):
    assert over(studio(), studio(**changes)) == {drifted}


def test_a_pose_that_is_missing(studio):
    drifts, _ = compared(studio(), studio(poses=range(1, 16)))
    each = drifts["pose"]
    assert each.comparator == "infinity_norm"
    assert each.distance == pytest.approx(1 / 16)
    assert each.most_changed == "16"
    assert each.values == tuple(map(str, range(1, 17)))
    assert each.baseline_shares == pytest.approx([1 / 16] * 16)
    assert each.current_shares == pytest.approx([1 / 15] * 15 + [0])
    assert (each.baseline_mean, each.shift) == (None, None)
    assert each.exceeds


def test_the_same_mean_and_another_shape(studio, photograph_statistics):
    def around(levels):
        return [
            photograph_statistics(f"c{n}_01", brightness=levels[n % len(levels)] + n * 1e-3)
            for n in range(40)
        ]

    drifts, _ = compared(around([100.0]), around([88.0, 112.0]))
    assert abs(drifts["brightness"].shift) < 0.1
    assert drifts["brightness"].distance == pytest.approx(1, abs=0.05)
    assert drifts["brightness"].exceeds


def test_bins_are_common_and_shares_add_up(studio):
    each = compared(studio(), studio(brightness=lambda value: value + 20))[0]["brightness"]
    assert len(each.values) == len(each.current_shares) + 1 == len(each.baseline_shares) + 1
    assert sum(each.current_shares) == pytest.approx(1)
    assert sum(each.baseline_shares) == pytest.approx(1)
    middle = (np.array(each.values[1:]) + np.array(each.values[:-1])) / 2
    assert middle @ np.array(each.current_shares) == pytest.approx(each.current_mean, abs=2)


@pytest.mark.parametrize("sides", [(0,), (1,), (0, 1)])
def test_what_one_side_does_not_know_is_not_compared(studio, sides):
    unknown = {"mask_area": None, "make": "", "year": -1}
    pair = [studio(**unknown) if side in sides else studio() for side in (0, 1)]
    drifts, _ = compared(*pair)
    for name in ("mask_area", "make", "year"):
        each = drifts[name]
        assert (each.distance, each.shift, each.exceeds) == (None, None, False)
        assert not any((each.baseline_shares, each.current_shares)[sides[0]])


def test_some_photographs_without_a_mask_are_left_out(studio):
    half = studio()[::2] + studio(mask_area=None)[1::2]
    each = compared(studio(), half)[0]["mask_area"]
    assert each.distance < 0.05
    assert not each.exceeds
    assert sum(each.current_shares) == pytest.approx(1)


def test_one_photograph_of_one_pixel(photograph_statistics):
    dot = [photograph_statistics(height=1, width=1)]
    drifts, _ = compared(dot, dot)
    assert {each.distance for each in drifts.values()} == {0.0}


def test_names_with_html_and_of_any_script(studio):
    drifts, _ = compared(studio(make="<b>Škoda</b>"), studio(make="日産"))
    assert drifts["make"].values == ("<b>Škoda</b>", "日産")
    assert drifts["make"].distance == 1.0


def test_only_what_the_config_names_is_compared(studio):
    drifts, _ = compared(studio(), studio(), DriftConfig(features=("pose", "red")))
    assert tuple(drifts) == ("pose", "red")
