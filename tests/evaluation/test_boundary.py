import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evaluation import boundary
from evaluation.boundary import Outline, squared_distances

METHODS = {
    "groups": boundary._by_groups,
    "distance transform": lambda one, other: (
        boundary._by_distance_transform(one, other),
        boundary._by_distance_transform(other, one),
    ),
}
by_both_methods = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def pixels(outline):
    return list(zip(outline.rows.tolist(), outline.columns.tolist(), strict=True))


def picture(*rows):
    return np.array([[character == "#" for character in row] for row in rows], np.uint8)


def brute_force_outline(mask):
    height, width = mask.shape
    return [
        (y, x)
        for y in range(height)
        for x in range(width)
        if mask[y, x]
        and any(
            0 <= v < height and 0 <= u < width and not mask[v, u]
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
        )
    ]


def brute_force_squares(one, other):
    squares = (one.rows[:, None] - other.rows) ** 2 + (one.columns[:, None] - other.columns) ** 2
    return squares.min(axis=1), squares.min(axis=0)


def test_the_outline_is_car_beside_backdrop():
    # The middle of the 3x3 has no backdrop beside it, nor has the pixel that sees the hole's
    # corner only.
    mask = picture("......", ".####.", ".####.", ".##.#.", ".####.", "......")
    assert pixels(Outline.of(mask)) == [
        *[(1, x) for x in (1, 2, 3, 4)],
        *[(2, x) for x in (1, 3, 4)],
        *[(3, x) for x in (1, 2, 4)],
        *[(4, x) for x in (1, 2, 3, 4)],
    ]


def test_the_photographs_border_is_no_outline():
    # Cut off on the left and below: only the car's own top and right side are outline.
    mask = picture("....", "##..", "##..", "##..")
    assert pixels(Outline.of(mask)) == [(1, 0), (1, 1), (2, 1), (3, 1)]


@pytest.mark.parametrize("value", [0, 1])
def test_a_mask_of_one_value_has_no_outline(value):
    assert len(Outline.of(np.full((3, 4), value, np.uint8))) == 0


def test_a_part_is_put_where_it_belongs():
    assert pixels(Outline.of(picture("...", ".#.", "..."), top=10, left=200)) == [(11, 201)]


@given(arrays.arrays(np.uint8, (12, 16), elements=st.integers(0, 1)))
def test_the_outline_equals_brute_force(mask):
    assert pixels(Outline.of(mask)) == brute_force_outline(mask)


def test_every_pixel_is_in_a_group_of_its_tile():
    rng = np.random.default_rng(0)
    outline = Outline(*np.unique(rng.integers(0, 200, (2, 900)), axis=1))
    groups = outline.groups
    assert len(groups) == 16
    assert sorted(np.unique(groups)) == list(range(len(outline)))
    for axis in (outline.rows, outline.columns):
        tiles = axis[groups] // 32
        assert (tiles == tiles[0]).all()
    # 7x7 tiles of about 18 pixels: two groups for each, not one for each pixel.
    assert groups.shape[1] < 2 * 49


@by_both_methods
def test_distances_by_hand(method):
    one = Outline(np.array([0, 0, 7]), np.array([0, 9, 4]))
    other = Outline(np.array([0, 4]), np.array([2, 12]))
    to_other, to_one = method(one, other)
    assert to_other.tolist() == [4, 16 + 9, 49 + 4]
    assert to_one.tolist() == [4, 16 + 9]


@by_both_methods
@given(st.integers(0, 10_000))
def test_distances_equal_brute_force(method, seed):
    rng = np.random.default_rng(seed)
    outlines = []
    for _ in range(2):
        # From a handful in one corner to hundreds all over, so that groups are left out.
        height, width = rng.integers(1, 400, 2)
        count = rng.integers(1, 600)
        corner = rng.integers(0, 300, 2)[:, None]
        at = np.stack([rng.integers(0, height, count), rng.integers(0, width, count)]) + corner
        outlines.append(Outline(*np.unique(at, axis=1)))
    for found, expected in zip(method(*outlines), brute_force_squares(*outlines), strict=True):
        np.testing.assert_array_equal(found, expected)


@by_both_methods
def test_distances_across_a_photograph(method):
    one = Outline(np.array([0, 3]), np.array([0, 1]))
    other = Outline(np.array([1279, 1200]), np.array([1917, 1901]))
    for found, expected in zip(method(one, other), brute_force_squares(one, other), strict=True):
        # OpenCV's distances are float32: of five million, the square may be off by one.
        np.testing.assert_allclose(found, expected, rtol=0, atol=method is not boundary._by_groups)


@pytest.mark.parametrize(
    ("most_pairs", "method"), [(1, "_by_groups"), (0, "_by_distance_transform")]
)
def test_only_outlines_of_noise_go_through_a_distance_transform(monkeypatch, most_pairs, method):
    other_method = ({"_by_groups", "_by_distance_transform"} - {method}).pop()
    monkeypatch.setattr(boundary, "_MOST_PAIRS", most_pairs)
    monkeypatch.delattr(boundary, other_method)
    one, other = Outline(np.array([1]), np.array([2])), Outline(np.array([4]), np.array([6]))
    assert [squares.tolist() for squares in squared_distances(one, other)] == [[25], [25]]
