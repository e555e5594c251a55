import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch.masking import Tile
from batch.tiling import TilePlace, tile_places, tile_weights

SIZES = st.integers(1, 60)


def test_without_tiles_the_photograph_is_the_one():
    assert tile_places(40, 60, None) == [TilePlace(0, 40, 0, 60)]


@pytest.mark.parametrize("size", [(60, 40), (100, 100)])
def test_a_photograph_that_is_no_larger_is_left_whole(size):
    assert tile_places(40, 60, Tile(*size, 8)) == [TilePlace(0, 40, 0, 60)]


def test_tiles_are_spread_evenly():
    assert tile_places(10, 20, Tile(10, 10, 2)) == [
        TilePlace(0, 10, 0, 10),
        TilePlace(0, 10, 5, 15),
        TilePlace(0, 10, 10, 20),
    ]


@given(SIZES, SIZES, st.integers(2, 30), st.integers(2, 30), st.integers(0, 29))
def test_tiles_cover_everything_and_overlap_as_asked(height, width, tall, wide, overlap):
    overlap %= min(tall, wide)
    places = tile_places(height, width, Tile(wide, tall, overlap))
    covered = np.zeros((height, width), int)
    for place in places:
        assert 0 <= place.top < place.bottom <= height
        assert place.bottom - place.top == min(tall, height)
        assert place.right - place.left == min(wide, width)
        covered[place.top : place.bottom, place.left : place.right] += 1
    assert (covered > 0).all()
    columns = sorted({(place.left, place.right) for place in places})
    assert all(
        before[1] - after[0] >= overlap for before, after in zip(columns, columns[1:], strict=False)
    )


def test_a_whole_photograph_counts_the_same_everywhere():
    weights = tile_weights(TilePlace(0, 4, 0, 6), 4, 6)
    assert weights.dtype == np.float32
    assert weights.shape == (4, 6)
    assert (weights == 1.0).all()


def test_weights_fall_to_sides_that_others_go_on_from():
    weights = tile_weights(TilePlace(0, 3, 4, 9), 3, 20)
    np.testing.assert_allclose(weights[0], [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3])
    np.testing.assert_array_equal(weights[0], weights[2])
    at_the_edge = tile_weights(TilePlace(0, 3, 0, 5), 3, 20)
    np.testing.assert_allclose(at_the_edge[0], [1, 1, 1, 2 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("size", "message"),
    [((0, 10, 0), "no pixels"), ((10, 8, 8), "cannot overlap by 8"), ((10, 8, -1), "cannot")],
)
def test_tiles_that_cover_nothing(size, message):
    with pytest.raises(ValueError, match=message):
        Tile(*size)
