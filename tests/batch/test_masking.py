import pytest

from batch.masking import MOST_BYTES, Masking, ModelMember, Tile

ONE = ModelMember("one", 0.5, "logits", True)
TWO = ModelMember("two", 0.4, "logits", True)
OTHER = ModelMember("other", 0.3, "probability", False)
UNKNOWN = ModelMember("unknown")


@pytest.mark.parametrize(
    ("members", "choices", "own"),
    [
        ((ONE,), {}, True),
        ((UNKNOWN,), {}, True),
        ((ONE, TWO), {}, False),
        ((ONE,), {"threshold": 0.5}, False),
        ((ONE,), {"threshold": 0.0}, False),
        ((ONE,), {"enlarge": "logits"}, False),
        ((ONE,), {"flip_average": True}, False),
        ((ONE,), {"tile": Tile(9, 9, 1)}, False),
    ],
)
def test_a_models_own_signature_is_asked_unless_something_is_overridden(members, choices, own):
    assert Masking(members, True, **choices).is_the_models_own is own


def test_the_threshold_is_the_mean_of_the_models_own():
    assert Masking((ONE, TWO), True).cut_at() == pytest.approx(0.45)
    assert Masking((ONE, TWO), True, threshold=0.0).cut_at() == 0.0
    assert Masking((ONE, UNKNOWN), True, threshold=0.2).cut_at() == 0.2


def test_logits_are_enlarged_where_all_models_do():
    assert Masking((ONE, TWO), True).enlarged() == "logits"
    assert Masking((ONE, OTHER), True).enlarged() == "probability"
    assert Masking((ONE, UNKNOWN), True, enlarge="logits").enlarged() == "logits"


def test_a_file_may_be_as_large_as_all_models_take():
    small, large = ModelMember("s", max_bytes=10), ModelMember("l", max_bytes=20)
    assert Masking((large, UNKNOWN, small), True).most_bytes == 10
    assert Masking((UNKNOWN,), True).most_bytes == MOST_BYTES
    # What the models see are tiles.
    assert Masking((small,), True, tile=Tile(9, 9, 1)).most_bytes == MOST_BYTES


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({}, (None, None, None)),
        ({"flip_average": True}, (None, "probability", "probability")),
        ({"flip_average": True, "enlarge": "logits"}, (None, "logits", "logits")),
    ],
)
def test_which_scores_are_averaged_with_those_of_the_mirror_image(choices, expected):
    assert Masking((ONE, OTHER, UNKNOWN), True, **choices).mirrored() == expected


def test_a_model_that_does_not_say():
    masking = Masking((ONE, UNKNOWN), True)
    with pytest.raises(ValueError, match=r"unknown has no model_card.json .*give --threshold"):
        masking.cut_at()
    with pytest.raises(ValueError, match=r"unknown has no model_card.json .*give --enlarge"):
        masking.enlarged()
