import dataclasses
import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.bootstrap import Interval
from evaluation.evidence import Evidence, Leak
from evaluation.verdict import VERDICT, judge
from pipeline.config import GateConfig

CONFIG = GateConfig()
GOOD = {f"{car}_{pose:02}": 0.98 for car in "abcd" for pose in (1, 2)}
LEAK = Leak("car", ("z",), ("train", "val"), ("z_01",))
NAMES = [
    "answers every photograph",
    "probabilities are finite",
    "same reply twice",
    "nothing is in two splits",
    "rivals answer",
    "beats cnn",
    "beats average_mask",
    "not worse than the last blessed model",
    "good enough",
    "no weak pose",
    "no pose worse than the last blessed model's",
    "no systematic error of area",
    "no systematic offset",
    "small replies",
    "fast replies",
]


def test_a_good_candidate_is_blessed(evidence_of):
    verdict = judge(evidence_of(GOOD, cnn=0.75, average_mask=0.5, blessed=0.98), CONFIG)
    assert [clause.name for clause in verdict.clauses] == NAMES
    assert all(clause.passed and not clause.photographs for clause in verdict.clauses)
    assert verdict.blessed
    assert verdict.dice == pytest.approx(
        {"unet": 0.98, "cnn": 0.75, "average_mask": 0.5, "blessed": 0.98}
    )
    assert verdict.models["cnn"].figures["dice"] == Interval(0.75, 0.75, 0.75)
    assert verdict.schema_version == 1


def test_without_a_blessed_model_nothing_is_compared_with_it(evidence_of):
    verdict = judge(evidence_of(GOOD), CONFIG)
    assert [clause.name for clause in verdict.clauses] == [
        name for name in NAMES if "blessed" not in name
    ]
    assert verdict.blessed
    assert set(verdict.dice) == set(verdict.models) == {"unet", "cnn", "average_mask"}


def test_no_gated_slice_no_clause_about_it(evidence_of):
    verdict = judge(evidence_of(GOOD, blessed=0.98), GateConfig(gated_slice=""))
    assert [clause.name for clause in verdict.clauses] == [
        name for name in NAMES if "pose" not in name
    ]


@pytest.mark.parametrize(
    ("changes", "others", "failed"),
    [
        ({}, {"non_finite": ["a_01"]}, "probabilities are finite"),
        ({}, {"unequal_repeats": ["a_01"]}, "same reply twice"),
        ({}, {"leaks": [LEAK]}, "nothing is in two splits"),
        ({}, {"cnn": 0.976}, "beats cnn"),
        ({}, {"average_mask": 0.976}, "beats average_mask"),
        ({}, {"blessed": 0.981}, "not worse than the last blessed model"),
        ({"dice": 0.9375}, {}, "good enough"),
        ({"area_error": 0.03}, {}, "no systematic error of area"),
        ({"offset_y": -2.5}, {}, "no systematic offset"),
        ({"reply_bytes": 65537}, {}, "small replies"),
        ({}, {"latencies": {"a_01": 2.1}}, "fast replies"),
    ],
)
def test_each_clause_can_block_alone(evidence_of, changes, others, failed):
    unet = {name: {"dice": dice} | changes for name, dice in GOOD.items()}
    verdict = judge(evidence_of(unet, **others), CONFIG)
    [clause] = [clause for clause in verdict.clauses if not clause.passed]
    assert clause.name == failed
    assert clause.photographs
    assert not verdict.blessed


def test_one_photograph_without_a_mask_blocks_alone(evidence_of):
    unet = GOOD | {"a_01": {"dice": 0.9, "fault": "none"}}
    verdict = judge(evidence_of(unet), CONFIG)
    assert [
        (clause.name, clause.photographs) for clause in verdict.clauses if not clause.passed
    ] == [("answers every photograph", ("a_01",))]
    assert verdict.models["unet"].faults == 1


def test_a_weak_pose_blocks_alone(evidence_of):
    unet = GOOD | {f"{car}_01": 0.999 for car in "abcd"} | {f"{car}_03": 0.89 for car in "abcd"}
    verdict = judge(evidence_of(unet), CONFIG)
    assert [clause.name for clause in verdict.clauses if not clause.passed] == ["no weak pose"]


def test_a_pose_that_lost_blocks_alone(evidence_of):
    # What pose 2 loses, pose 1 gains.
    unet = {name: 0.99 if name.endswith("1") else 0.97 for name in GOOD}
    verdict = judge(evidence_of(unet, blessed=0.98), CONFIG)
    assert [clause.name for clause in verdict.clauses if not clause.passed] == [
        "no pose worse than the last blessed model's"
    ]


class TestBrokenRival:
    """40 photographs: two without a mask are the share that is allowed, three are more."""

    UNET = {f"{car}_{pose:02}": 0.98 for car in "abcdefghij" for pose in range(1, 5)}  # noqa: RUF012

    def judged(self, evidence_of, rival, broken, unet=None, config=CONFIG, **others):
        fault = {"dice": 0.0, "fault": "over 40 megapixels"}
        of_rival = dict.fromkeys(self.UNET, 0.97 if rival == "blessed" else 0.5)
        of_rival |= dict.fromkeys(broken, fault)
        evidence = evidence_of(self.UNET | (unet or {}), **{rival: of_rival}, **others)
        verdict = judge(evidence, config)
        return verdict, {clause.name: clause for clause in verdict.clauses}

    @pytest.mark.parametrize("rival", ["cnn", "average_mask", "blessed"])
    def test_a_few_faults_are_named_and_do_not_keep_a_good_candidate_out(self, evidence_of, rival):
        verdict, clauses = self.judged(evidence_of, rival, ["c_02", "j_04"])
        assert verdict.blessed
        clause = clauses["rivals answer"]
        assert clause.photographs == ("c_02", "j_04")
        assert clause.reason == (
            f"{rival} failed on 2 of 40 photographs (5.0%), first on c_02: over 40 megapixels; "
            "5.0% are allowed, and left out of the comparison"
        )
        assert verdict.models[rival].faults == 2

    @pytest.mark.parametrize("rival", ["cnn", "average_mask", "blessed"])
    def test_more_are_a_clause_of_their_own(self, evidence_of, rival):
        verdict, clauses = self.judged(evidence_of, rival, ["a_01", "c_02", "j_04"])
        assert [clause.name for clause in verdict.clauses if not clause.passed] == ["rivals answer"]
        assert clauses["rivals answer"].photographs == ("a_01", "c_02", "j_04")

    def test_the_share_decides(self, evidence_of):
        broken = ["a_01", "c_02", "j_04"]
        assert self.judged(
            evidence_of, "blessed", broken, config=GateConfig(max_rival_faults=0.075)
        )[0].blessed
        verdict, _ = self.judged(
            evidence_of, "blessed", broken[:1], config=GateConfig(max_rival_faults=0.0)
        )
        assert not verdict.blessed

    def test_its_dice_of_0_does_not_open_the_gate(self, evidence_of):
        # With the rival's two zeros the mean difference would be +0.0385.
        worse = dict.fromkeys(self.UNET, 0.96)
        verdict, clauses = self.judged(evidence_of, "blessed", ["c_02", "j_04"], worse)
        clause = clauses["not worse than the last blessed model"]
        assert not clause.passed
        assert clause.numbers["gain"] == pytest.approx(-0.01)
        assert clause.reason.startswith("Dice 0.9600 against 0.9700: -0.0100")
        assert "on 38 of 40 photographs" in clause.reason
        assert len(clause.photographs) == 16
        assert not {"c_02", "j_04"} & set(clause.photographs)

    def test_the_candidates_own_faults_still_count_as_0(self, evidence_of):
        none = {"a_01": {"dice": 0.0, "fault": "none"}}
        _, clauses = self.judged(evidence_of, "blessed", ["c_02"], none)
        numbers = clauses["not worse than the last blessed model"].numbers
        assert numbers["gain"] == pytest.approx((38 * 0.01 - 0.97) / 39)

    @pytest.mark.parametrize("rival", ["cnn", "average_mask", "blessed"])
    def test_one_that_never_answers_gets_a_verdict_too(self, evidence_of, rival):
        verdict, clauses = self.judged(evidence_of, rival, self.UNET)
        failed = [clause for clause in verdict.clauses if not clause.passed]
        compared = (
            "not worse than the last blessed model" if rival == "blessed" else f"beats {rival}"
        )
        # Who lets a candidate through without its rival says so in one place.
        blocks = [] if rival == "blessed" else [compared]
        assert [clause.name for clause in failed] == ["rivals answer", *blocks]
        assert all(len(clause.photographs) == 16 for clause in failed)
        assert f"no mask of {rival} to compare with" in clauses[compared].reason
        assert VERDICT.validate_json(VERDICT.dump_json(verdict)) == verdict


def test_everything_off_lets_the_worst_pass(evidence_of):
    """What a test of the pipeline needs: a model fitted for seconds, on one test car."""
    anything = GateConfig(
        baseline_margin=-1.0,
        blessed_tolerance=1.0,
        dice_floor=0.0,
        gated_slice="",
        max_area_error=100.0,
        max_offset=1.0,
    )
    unet = {"a_01": {"dice": 0.0, "area_error": 9.0, "offset_x": 600}}
    assert judge(evidence_of(unet, cnn=1.0, average_mask=1.0, blessed=1.0), anything).blessed


def test_a_dumped_verdict_comes_back(evidence_of):
    unet = {name: {"dice": dice / 3, "ceiling": 0.99} for name, dice in GOOD.items()}
    verdict = judge(evidence_of(unet, blessed=0.98), CONFIG)
    assert VERDICT.validate_json(VERDICT.dump_json(verdict)) == verdict


def shuffled(evidence, seed):
    """The same evidence, everything in another order."""
    rng = random.Random(seed)

    def mix(things):
        mixed = rng.sample(list(things), len(things))
        return {key: things[key] for key in mixed} if isinstance(things, Mapping) else mixed

    return Evidence(
        scores={name: mix(evidence.scores[name]) for name in mix(evidence.scores)},
        **{
            field.name: value if isinstance(value, int) else mix(value)
            for field in dataclasses.fields(Evidence)
            if field.name != "scores"
            for value in [getattr(evidence, field.name)]
        },
    )


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcde"), st.integers(1, 16)),
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(-0.1, 0.1)),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 99),
)
def test_neither_order_nor_asking_again_changes_the_verdict(evidence_of, photographs, seed):
    ids = {place: f"{place[0]}_{place[1]:02}" for place in photographs}
    evidence = evidence_of(
        {
            ids[place]: {"dice": dice, "area_error": area}
            for place, (dice, _, area) in photographs.items()
        },
        blessed={ids[place]: dice for place, (_, dice, _) in photographs.items()},
        leaks=[Leak("car", (each,), ("train", "test"), (f"{each}_01",)) for each in "ba"],
        latencies={"c_01": 0.5, "a_01": 0.25, "b_01": 0.125},
    )
    verdict = judge(evidence, CONFIG)
    assert judge(evidence, CONFIG) == verdict
    assert VERDICT.dump_json(judge(shuffled(evidence, seed), CONFIG)) == VERDICT.dump_json(verdict)
    assert verdict.blessed == all(clause.passed for clause in verdict.clauses)
