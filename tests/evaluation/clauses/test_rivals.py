import math

import numpy as np
import pytest

from evaluation.clauses.rivals import beats_baseline, not_worse_than_blessed
from pipeline.config import GateConfig

# Fractions that a float holds exactly, so that the exact margin is the exact margin.
EXACT = GateConfig(baseline_margin=0.125, blessed_tolerance=0.0625, blessed_doubt=0.25)
CARS = [f"{car}_01" for car in "abcd"]


class TestBeatsBaseline:
    @pytest.mark.parametrize(("ours", "passed"), [(0.625, True), (math.nextafter(0.625, 0), False)])
    def test_exactly_the_margin_passes(self, evidence_of, ours, passed):
        clause = beats_baseline(evidence_of(dict.fromkeys(CARS, ours), cnn=0.5), EXACT, "cnn")
        assert clause.passed is passed
        assert clause.photographs == (() if passed else tuple(CARS))

    def test_the_numbers_are_told(self, evidence_of):
        clause = beats_baseline(evidence_of(dict.fromkeys(CARS, 0.75), cnn=0.5), EXACT, "cnn")
        assert clause.name == "beats cnn"
        assert clause.reason == (
            "Dice 0.7500 against 0.5000: +0.2500, +0.2500 to +0.2500 over 4 cars; at least +0.1250 "
            "is asked of the lower end"
        )
        assert clause.numbers == {
            "candidate": 0.75,
            "rival": 0.5,
            "gain": 0.25,
            "low": 0.25,
            "high": 0.25,
            "cars": 4,
            "baseline_margin": 0.125,
        }

    def test_a_mean_that_one_car_makes_does_not_pass(self, evidence_of):
        unet = {"a_01": 1.0, "b_01": 0.5, "c_01": 0.5, "d_01": 0.5}
        clause = beats_baseline(evidence_of(unet, cnn=0.375), EXACT, "cnn")
        assert clause.numbers["gain"] == 0.25
        assert clause.numbers["low"] == 0.125
        assert clause.passed
        clause = beats_baseline(evidence_of(unet | {"b_01": 0.25}, cnn=0.375), EXACT, "cnn")
        assert clause.numbers["gain"] == 0.1875
        assert not clause.passed
        assert clause.photographs == ("b_01", "c_01", "d_01", "a_01")

    @pytest.mark.parametrize("photographs", [["a_01"], CARS])
    def test_a_margin_of_minus_one_lets_the_worst_pass(self, evidence_of, photographs):
        evidence = evidence_of(dict.fromkeys(photographs, 0.0), average_mask=1.0)
        assert beats_baseline(evidence, GateConfig(-1.0), "average_mask").passed

    def test_one_car_does_not_pass_silently(self, evidence_of):
        clause = beats_baseline(evidence_of({"a_01": 1.0}), EXACT, "cnn")
        assert not clause.passed
        assert (clause.numbers["gain"], clause.numbers["low"]) == (1.0, -1.0)


class TestNotWorseThanBlessed:
    @pytest.mark.parametrize(
        ("ours", "passed"), [(0.4375, True), (math.nextafter(0.4375, 0), False), (0.75, True)]
    )
    def test_exactly_the_tolerance_passes(self, evidence_of, ours, passed):
        evidence = evidence_of(dict.fromkeys(CARS, ours), blessed=0.5)
        assert not_worse_than_blessed(evidence, EXACT).passed is passed

    def test_a_loss_is_told(self, evidence_of):
        unet = {"a_01": 0.25, "b_01": 0.125, "c_01": 0.25, "d_01": 0.25}
        clause = not_worse_than_blessed(evidence_of(unet, blessed=0.5), EXACT)
        assert not clause.passed
        assert clause.name == "not worse than the last blessed model"
        assert clause.reason == (
            "Dice 0.2188 against 0.5000: -0.2812, -0.3438 to -0.2500 over 4 cars; a loss of more "
            "than 0.0625"
        )
        assert clause.numbers == {
            "candidate": 0.21875,
            "rival": 0.5,
            "gain": -0.28125,
            "low": -0.34375,
            "high": -0.25,
            "cars": 4,
            "blessed_tolerance": 0.0625,
            "blessed_doubt": 0.25,
        }
        assert clause.photographs == ("b_01", "a_01", "c_01", "d_01")

    def test_a_worse_mean_that_one_car_makes_is_no_loss(self, evidence_of):
        unet = dict.fromkeys(CARS, 0.5) | {"c_01": 0.125}
        clause = not_worse_than_blessed(evidence_of(unet, blessed=0.5), GateConfig(0, 0.0625, 0.5))
        assert clause.numbers["gain"] == -0.09375
        assert clause.passed
        assert clause.reason.endswith("over 4 cars; no loss of more than 0.0625 shown")
        assert clause.photographs == ()

    @pytest.mark.parametrize(
        "unet", [{"a_01": 1.0, "b_01": 0.0}, {"a_01": 0.5}, {"a_01": 1.0, "a_02": 1.0}]
    )
    def test_too_few_cars_do_not_pass(self, evidence_of, unet):
        clause = not_worse_than_blessed(evidence_of(unet, blessed=0.5), EXACT)
        assert not clause.passed
        assert "too few cars to tell whether the loss is below 0.2500" in clause.reason

    def test_a_tolerance_above_the_doubt_is_the_doubt(self, evidence_of):
        evidence = evidence_of({"a_01": 0.0}, blessed=1.0)
        assert not_worse_than_blessed(evidence, GateConfig(blessed_tolerance=1.0)).passed


def verdicts(evidence_of, cars, deviation, loss, seeds=50):
    """Judges two models that differ by chance, and by ``loss``, with the default config.

    ``deviation`` is that of the cars' mean differences; photographs of a car differ besides.
    """
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        within = rng.normal(0.0, 0.002, (cars, 4))
        within -= within.mean(axis=1, keepdims=True)
        change = rng.normal(-loss, deviation, (cars, 1)) + within
        blessed = rng.normal(0.985, 0.003, (cars, 4))
        names = [f"{car:02}_{pose:02}" for car in range(cars) for pose in range(1, 5)]
        unet, blessed = (
            dict(zip(names, each.ravel(), strict=True)) for each in (blessed + change, blessed)
        )
        yield not_worse_than_blessed(evidence_of(unet, blessed=blessed), GateConfig())


class TestNoise:
    @pytest.mark.parametrize(
        ("cars", "deviation", "most"),
        [(9, 0.001, 1), (9, 0.002, 5), (20, 0.002, 1), (60, 0.002, 0)],
    )
    def test_equal_models_are_hardly_ever_blocked(self, evidence_of, cars, deviation, most):
        blocked = [each for each in verdicts(evidence_of, cars, deviation, 0.0) if not each.passed]
        print(f"{cars} cars, {deviation}: {len(blocked)} of 50 equal models blocked")
        assert len(blocked) <= most, [clause.reason for clause in blocked]

    @pytest.mark.parametrize(
        ("cars", "deviation", "least"), [(60, 0.0015, 48), (20, 0.001, 48), (9, 0.001, 35)]
    )
    def test_three_times_the_tolerance_is_blocked(self, evidence_of, cars, deviation, least):
        blocked = [
            each for each in verdicts(evidence_of, cars, deviation, 0.0015) if not each.passed
        ]
        print(f"{cars} cars, {deviation}: {len(blocked)} of 50 losses of 0.0015 blocked")
        assert len(blocked) >= least
        assert all("a loss of more than 0.0005" in clause.reason for clause in blocked)

    def test_three_noisy_cars_are_too_few(self, evidence_of):
        clauses = list(verdicts(evidence_of, 3, 0.006, 0.0))
        few = [clause for clause in clauses if "too few cars to tell" in clause.reason]
        print(f"3 cars, 0.006: too few in {len(few)} of 50")
        assert len(few) >= 25
        assert not any(clause.passed for clause in few)
