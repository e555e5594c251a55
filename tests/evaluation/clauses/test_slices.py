import pytest

from evaluation.clauses.slices import dice_floor, no_slice_worse_than_blessed, no_weak_slice
from pipeline.config import GateConfig

CONFIG = GateConfig(dice_floor=0.5, slice_floor=0.5, slice_tolerance=0.125)
# Two cars; pose 2 is weak.
UNET = {"a_01": 1.0, "a_02": 0.375, "b_01": 0.75, "b_02": 0.25}


class TestDiceFloor:
    def test_exactly_the_floor_passes(self, evidence_of):
        clause = dice_floor(evidence_of({"a_01": 0.25, "b_01": 0.75}), CONFIG)
        assert clause.passed
        assert clause.reason == "Dice 0.5000, at least 0.5000 is asked"
        assert clause.numbers == {"dice": 0.5, "dice_floor": 0.5}
        assert clause.photographs == ()

    def test_below_it_fails(self, evidence_of):
        clause = dice_floor(evidence_of({"a_01": 0.5, "b_01": 0.25}), CONFIG)
        assert not clause.passed
        assert clause.numbers["dice"] == 0.375
        assert clause.photographs == ("b_01", "a_01")


class TestNoWeakSlice:
    def test_a_good_mean_does_not_hide_a_weak_pose(self, evidence_of):
        evidence = evidence_of(UNET)
        assert dice_floor(evidence, CONFIG).passed
        clause = no_weak_slice(evidence, CONFIG)
        assert not clause.passed
        assert clause.name == "no weak pose"
        assert clause.reason == "1 of 2 below Dice 0.5000: pose 2 at 0.3125"
        assert clause.numbers == {"slices": 2, "slice_floor": 0.5, "pose 2": 0.3125}
        assert clause.photographs == ("b_02", "a_02")

    def test_exactly_the_floor_passes(self, evidence_of):
        clause = no_weak_slice(evidence_of(UNET | {"b_02": 0.625}), CONFIG)
        assert clause.passed
        assert clause.reason == "0 of 2 below Dice 0.5000, the lowest: pose 2 at 0.5000"
        assert clause.numbers == {"slices": 2, "slice_floor": 0.5, "pose 2": 0.5}
        assert clause.photographs == ()

    @pytest.mark.parametrize(
        ("column", "good", "weak"), [("make", "Acme", "Zeta"), ("year", 2012, 1999)]
    )
    def test_other_columns(self, evidence_of, column, good, weak):
        def of_column(*dice):
            return {
                name: {"dice": each, column: value}
                for (name, value), each in zip(
                    {"a_01": good, "b_01": weak, "c_01": weak}.items(), dice, strict=True
                )
            }

        config = GateConfig(gated_slice=column, slice_floor=0.5)
        zeros = of_column(0.0, 0.0, 0.0)
        evidence = evidence_of(of_column(1.0, 0.5, 0.25), cnn=zeros, average_mask=zeros)
        clause = no_weak_slice(evidence, config)
        assert clause.name == f"no weak {column}"
        assert clause.numbers == {"slices": 2, "slice_floor": 0.5, f"{column} {weak}": 0.375}
        assert clause.photographs == ("c_01", "b_01")

    def test_the_weakest_slice_is_named_first(self, evidence_of):
        clause = no_weak_slice(evidence_of(UNET | {"a_01": 0.0, "b_01": 0.25}), CONFIG)
        assert clause.reason == "2 of 2 below Dice 0.5000: pose 1 at 0.1250, pose 2 at 0.3125"
        assert clause.photographs == ("a_01", "b_01", "b_02", "a_02")

    def test_unknown_values_are_no_slice(self, evidence_of):
        unknown = {name: {"dice": 0.0, "pose": -1} for name in UNET}
        clause = no_weak_slice(evidence_of(unknown, cnn=unknown, average_mask=unknown), CONFIG)
        assert clause.passed
        assert clause.reason == "no photograph's pose is known"
        assert clause.numbers == {"slices": 0}


class TestNoSliceWorseThanBlessed:
    def test_a_pose_that_lost_on_all_its_cars_fails(self, evidence_of):
        blessed = {"a_01": 0.5, "a_02": 0.625, "b_01": 0.5, "b_02": 0.625}
        clause = no_slice_worse_than_blessed(evidence_of(UNET, blessed=blessed), CONFIG)
        assert not clause.passed
        assert clause.name == "no pose worse than the last blessed model's"
        assert clause.reason == (
            "1 of 2 lost more than 0.1250: pose 2 -0.3125, -0.3750 to -0.2500 over 2 cars"
        )
        assert clause.numbers == {"slices": 2, "slice_tolerance": 0.125, "pose 2": -0.3125}
        assert clause.photographs == ("b_02", "a_02")

    def test_a_pose_that_lost_on_one_car_of_two_passes(self, evidence_of):
        blessed = UNET | {"b_02": 0.875}
        clause = no_slice_worse_than_blessed(evidence_of(UNET, blessed=blessed), CONFIG)
        assert clause.passed
        assert clause.numbers == {"slices": 2, "slice_tolerance": 0.125, "pose 2": -0.3125}
        assert clause.reason.startswith("0 of 2 lost more than 0.1250, the lowest: pose 2 -0.3125")
        assert clause.photographs == ()

    @pytest.mark.parametrize(("blessed", "passed"), [(0.625, True), (0.75, False)])
    def test_of_one_car_the_mean_decides(self, evidence_of, blessed, passed):
        evidence = evidence_of(
            {"a_01": 0.25, "a_02": 0.75, "a_03": 0.5},
            blessed={"a_01": 0.25, "a_02": 0.75, "a_03": blessed},
        )
        clause = no_slice_worse_than_blessed(evidence, CONFIG)
        assert clause.passed is passed
        assert clause.photographs == (() if passed else ("a_03",))

    def test_unknown_values_are_no_slice(self, evidence_of):
        unknown = {"a_01": {"dice": 0.0, "pose": -1}}
        better = {"a_01": {"dice": 1.0, "pose": -1}}
        evidence = evidence_of(unknown, cnn=unknown, average_mask=unknown, blessed=better)
        assert no_slice_worse_than_blessed(evidence, CONFIG).passed

    def test_what_the_blessed_model_gave_no_mask_for_is_not_compared(self, evidence_of):
        fault = {"dice": 0.0, "fault": "none"}
        # Pose 2 of car a is left out; of pose 3 there is nothing left.
        blessed = {"a_01": 1.0, "a_02": fault, "a_03": fault, "b_01": 0.75, "b_02": 0.5}
        evidence = evidence_of(UNET | {"a_03": 0.5}, blessed=blessed)
        clause = no_slice_worse_than_blessed(evidence, CONFIG)
        assert not clause.passed
        assert clause.reason == (
            "1 of 2 lost more than 0.1250: pose 2 -0.2500, -1.0000 to +1.0000 over 1 car; "
            "not compared: pose 3"
        )
        assert clause.photographs == ("b_02",)

    def test_a_blessed_model_that_gave_no_mask_at_all(self, evidence_of):
        blessed = dict.fromkeys(UNET, {"dice": 0.0, "fault": "none"})
        clause = no_slice_worse_than_blessed(evidence_of(UNET, blessed=blessed), CONFIG)
        assert clause.passed
        assert clause.reason == "no mask of the last blessed model to compare with"
