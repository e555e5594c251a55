import pytest

from evaluation.clauses.geometry import area_is_right, place_is_right
from pipeline.config import GateConfig

CONFIG = GateConfig(max_area_error=0.125, max_offset=0.0625)


def with_area(*errors):
    return {f"{car}_01": {"area_error": each} for car, each in zip("abcde", errors, strict=False)}


def with_offset(*offsets, width=1000):
    return {
        f"{car}_01": {"offset_x": x, "offset_y": y, "width": width}
        for car, (x, y) in zip("abcde", offsets, strict=False)
    }


class TestArea:
    @pytest.mark.parametrize("sign", [1, -1])
    def test_all_masks_too_large_or_too_small_fails(self, evidence_of, sign):
        evidence = evidence_of(with_area(sign * 0.25, sign * 0.5, sign * 0.125))
        clause = area_is_right(evidence, CONFIG)
        assert not clause.passed
        assert clause.name == "no systematic error of area"
        assert clause.reason == (
            f"median error of area {sign * 25:+.2f}% of the truth's, within 12.50% is asked"
        )
        assert clause.numbers == {"area_error": sign * 0.25, "max_area_error": 0.125}
        assert clause.photographs == ("b_01", "a_01", "c_01")

    @pytest.mark.parametrize("sign", [1, -1])
    def test_exactly_the_limit_passes(self, evidence_of, sign):
        assert area_is_right(evidence_of(with_area(sign * 0.125)), CONFIG).passed

    def test_a_photograph_by_itself_does_not_fail(self, evidence_of):
        clause = area_is_right(evidence_of(with_area(0.0, 0.0, 9.0)), CONFIG)
        assert clause.passed
        assert clause.numbers["area_error"] == 0.0
        assert clause.photographs == ()

    def test_a_car_of_many_photographs_counts_once(self, evidence_of):
        unet = {f"a_{pose:02}": {"area_error": 0.5} for pose in range(1, 9)}
        evidence = evidence_of(unet | {"b_01": 0.9, "c_01": 0.9})
        assert area_is_right(evidence, CONFIG).numbers["area_error"] == 0.0

    def test_photographs_without_a_mask_have_no_area(self, evidence_of):
        faulty = {"dice": 0.0, "area_error": -1.0, "fault": "none"}
        evidence = evidence_of({"a_01": faulty, "b_01": faulty, "c_01": {"area_error": 0.0625}})
        assert area_is_right(evidence, CONFIG).numbers["area_error"] == 0.0625
        clause = area_is_right(evidence_of({"a_01": faulty}), CONFIG)
        assert not clause.passed
        assert clause.reason == "no mask to measure"
        assert clause.photographs == ("a_01",)


class TestPlace:
    def test_a_common_offset_fails(self, evidence_of):
        offsets = with_offset((60, -80), (30, -80), (60, -40))
        evidence = evidence_of(offsets, cnn=offsets, average_mask=offsets)
        clause = place_is_right(evidence, CONFIG)
        assert not clause.passed
        assert clause.name == "no systematic offset"
        assert clause.reason == (
            "median offset +6.000% of the width to the right and -8.000% down: 10.000%, at most "
            "6.250% is asked"
        )
        assert clause.numbers == pytest.approx(
            {"offset_x": 0.06, "offset_y": -0.08, "offset": 0.1, "max_offset": 0.0625}
        )
        assert clause.photographs == ("a_01", "b_01", "c_01")

    def test_offsets_into_all_directions_pass(self, evidence_of):
        evidence = evidence_of(with_offset((100, 0), (-100, 0), (0, 100), (0, -100)))
        clause = place_is_right(evidence, CONFIG)
        assert clause.passed
        assert clause.numbers["offset"] == 0.0
        assert clause.photographs == ()

    @pytest.mark.parametrize(("width", "passed"), [(1024, True), (1023, False)])
    def test_the_width_is_the_measure_downwards_too(self, evidence_of, width, passed):
        # Exactly the limit at 1024.
        offsets = with_offset((0, 64), width=width)
        evidence = evidence_of(offsets, cnn=offsets, average_mask=offsets)
        assert place_is_right(evidence, CONFIG).passed is passed

    def test_a_photograph_by_itself_does_not_fail(self, evidence_of):
        assert place_is_right(evidence_of(with_offset((0, 0), (0, 0), (500, 0))), CONFIG).passed

    def test_photographs_without_a_mask_have_no_place(self, evidence_of):
        clause = place_is_right(evidence_of({"a_01": {"fault": "none"}}), CONFIG)
        assert not clause.passed
        assert clause.numbers == {"max_offset": 0.0625}
        assert clause.photographs == ("a_01",)
