import json
from pathlib import Path

import pytest

from batch.asked_models import read_member
from batch.batch_options import BatchOptions
from batch.listing import Listing
from batch.masking import Masking, Tile
from batch.run_identity import run_identity

TILE = Tile(24, 16, 4)
CARD = {"threshold": "0.5", "enlarge": "logits", "flip_average": "no"}


@pytest.fixture
def identity(tmp_path):
    """Identifies runs of a model whose card says what is given."""

    def identity(card=None, **choices):
        folder = tmp_path / "1"
        folder.mkdir(exist_ok=True)
        (folder / "saved_model.pb").write_bytes(b"graph")
        values = CARD | (card or {})
        pairs = [{"key": key, "value": value} for key, value in values.items()]
        content = {"model_parameters": {"output_format_map": pairs}}
        Path(folder, "model_card.json").write_text(json.dumps(content))
        options = BatchOptions((str(folder),), ("photos",), "out", **choices)
        masking = Masking((read_member(str(folder)),), True, **choices)
        said = run_identity(options, masking, None, Listing((), ()))
        assert json.loads(json.dumps(said)) == said
        return said

    return identity


def differing(one, other):
    assert one.keys() == other.keys()
    return [name for name in one if one[name] != other[name]]


@pytest.mark.parametrize("choices", [{}, {"tile": TILE}, {"flip_average": True}])
@pytest.mark.parametrize(
    "card", [{"threshold": "0.4"}, {"enlarge": "probability"}, {"flip_average": "yes"}]
)
def test_what_a_card_says_of_masks_is_part_of_the_model(identity, choices, card):
    before = identity(**choices)
    assert differing(before, identity(**choices)) == []
    assert differing(before, identity(card, **choices)) == ["models"]


def test_what_else_it_says_is_not(identity):
    assert differing(identity(), identity({"name": "another"})) == []


@pytest.mark.parametrize(
    "choices", [{"tile": TILE}, {"flip_average": True}, {"threshold": 0.5}, {"enlarge": "logits"}]
)
def test_what_is_asked_for_counts_by_itself(identity, choices):
    assert differing(identity(), identity(**choices)) == list(choices)
