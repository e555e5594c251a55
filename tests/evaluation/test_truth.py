import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evaluation.figures import Figures
from evaluation.truth import Truth
from trainer.dice import hard_dice

SHAPE = (12, 16)
DIAGONAL = 20.0  # Of 12x16.


def box(top, bottom, left, right, shape=SHAPE):
    mask = np.zeros(shape, np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def figures_of(truth, mask):
    return Truth(truth).figures(mask)


def brute_force(truth, mask):
    """The figures of two masks that are neither empty nor all car, pixel by pixel."""
    a, b = ({tuple(at) for at in np.argwhere(each)} for each in (truth, mask))
    height, width = truth.shape

    def outline(car):
        return [
            (y, x)
            for y, x in car
            for v, u in {(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)} - car
            if 0 <= v < height and 0 <= u < width
        ]

    def distances(some, others):
        return [min(math.dist(at, other) for other in others) for at in set(some)]

    to_mask, to_truth = distances(outline(a), outline(b)), distances(outline(b), outline(a))
    near_truth = sum(d <= 2 for d in to_truth) / len(to_truth)
    near_mask = sum(d <= 2 for d in to_mask) / len(to_mask)
    (true_y, true_x), (y, x) = np.mean(list(a), axis=0), np.mean(list(b), axis=0)
    return Figures(
        dice=2 * len(a & b) / (len(a) + len(b)),
        iou=len(a & b) / len(a | b),
        precision=len(a & b) / len(b),
        recall=len(a & b) / len(a),
        boundary_f1=2 * near_truth * near_mask / ((near_truth + near_mask) or 1),
        boundary_distance=(sum(to_mask) + sum(to_truth)) / (len(to_mask) + len(to_truth)),
        false_area=len(a ^ b),
        area_error=(len(b) - len(a)) / len(a),
        offset_x=x - true_x,
        offset_y=y - true_y,
    )


def test_golden_example():
    truth = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]], np.uint8)
    mask = np.array([[1, 1, 0], [1, 0, 1], [0, 0, 0]], np.uint8)
    # Outlines: the truth's without the corner (0, 0), and all of the mask but that corner.
    assert vars(figures_of(truth, mask)) == pytest.approx(
        {
            "dice": 0.75,
            "iou": 0.6,
            "precision": 0.75,
            "recall": 0.75,
            "boundary_f1": 1.0,
            "boundary_distance": (1 + 1) / 6,
            "false_area": 2,
            "area_error": 0.0,
            "offset_x": 0.25,
            "offset_y": 0.0,
        }
    )


def test_a_mask_that_is_moved_and_too_large():
    figures = figures_of(box(3, 7, 4, 8), box(3, 8, 5, 9))
    assert figures.dice == 2 * 12 / (16 + 20)
    assert figures.iou == 12 / 24
    assert figures.precision == 12 / 20
    assert figures.recall == 12 / 16
    assert figures.false_area == 12
    assert figures.area_error == 0.25
    assert figures.offset_x == 1.0
    assert figures.offset_y == 0.5


def test_precision_and_recall_of_the_outline_are_not_the_same():
    # A pixel far away from the truth costs precision alone: 8 of 9 against 8 of 8.
    truth = box(2, 5, 2, 5)
    figures = figures_of(truth, truth | box(10, 11, 14, 15))
    assert figures.boundary_f1 == pytest.approx(2 * (8 / 9) / (8 / 9 + 1))
    assert figures.boundary_distance == pytest.approx(math.hypot(6, 10) / 17)


@pytest.mark.parametrize(
    ("down", "right", "f1"), [(0, 2, 1.0), (2, 0, 1.0), (1, 1, 1.0), (1, 2, 0.0), (3, 0, 0.0)]
)
def test_two_pixels_apart_is_near_enough(down, right, f1):
    figures = figures_of(box(4, 5, 4, 5), box(4 + down, 5 + down, 4 + right, 5 + right))
    assert figures.boundary_f1 == f1
    assert figures.boundary_distance == pytest.approx(math.hypot(down, right))
    assert (figures.offset_x, figures.offset_y) == (right, down)


def test_the_cut_of_a_car_is_no_outline():
    # Both are cut off above, below and on the left; only their right sides are outline, 5 px apart.
    figures = figures_of(box(0, 12, 0, 4), box(0, 12, 0, 9))
    assert figures.boundary_distance == 5.0
    assert figures.boundary_f1 == 0.0


def test_the_truth_itself_is_perfect():
    truth = box(2, 9, 3, 12)
    assert figures_of(truth, truth) == Figures(1, 1, 1, 1, 1, 0, 0, 0, 0, 0)


def test_two_empty_masks_agree():
    empty = np.zeros(SHAPE, np.uint8)
    assert figures_of(empty, empty) == Figures(1, 1, 1, 1, 1, 0, 0, 0, 0, 0)


def test_two_full_masks_agree():
    full = np.full(SHAPE, 255, np.uint8)
    assert figures_of(full, full) == Figures(1, 1, 1, 1, 1, 0, 0, 0, 0, 0)


def test_no_mask_is_the_worst_mask():
    truth = Truth(box(2, 5, 2, 6))
    assert truth.no_mask() == Figures(0, 0, 0, 0, 0, DIAGONAL, 12, -1, 0, 0)
    assert truth.figures(np.zeros(SHAPE, np.uint8)) == truth.no_mask()


def test_no_mask_is_no_right_answer_to_an_empty_truth():
    truth = Truth(np.zeros(SHAPE, np.uint8))
    assert truth.no_mask() == Figures(0, 0, 0, 0, 0, DIAGONAL, 0, -1, 0, 0)


def test_a_mask_where_there_is_no_car():
    figures = figures_of(np.zeros(SHAPE, np.uint8), box(2, 5, 2, 6))
    assert figures == Figures(0, 0, 0, 0, 0, DIAGONAL, 12, 12 / 192, 0, 0)


def test_a_full_mask_where_there_is_no_car():
    figures = figures_of(np.zeros(SHAPE, np.uint8), np.full(SHAPE, 1, np.uint8))
    assert figures == Figures(0, 0, 0, 0, 0, DIAGONAL, 192, 1.0, 0, 0)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_mask_without_an_outline(swapped):
    masks = [box(0, 6, 0, 16), np.full(SHAPE, 255, np.uint8)]
    figures = figures_of(*(reversed(masks) if swapped else masks))
    assert (figures.boundary_f1, figures.boundary_distance) == (0.0, DIAGONAL)
    assert figures.dice == pytest.approx(2 / 3)
    assert abs(figures.offset_y) == 3.0


MASKS = arrays.arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 0, 0, 1, 2, 255]))


@given(MASKS, MASKS)
def test_noise_equals_brute_force(truth, mask):
    truth[0, 0] = mask[11, 15] = 1
    truth[5, 5] = mask[5, 6] = 0
    assert vars(figures_of(truth, mask)) == pytest.approx(vars(brute_force(truth, mask)))


BOXES = st.tuples(*[st.integers(0, size - 2) for size in SHAPE]).flatmap(
    lambda at: st.builds(
        lambda bottom, right: box(at[0], bottom, at[1], right),
        st.integers(at[0] + 1, SHAPE[0]),
        st.integers(at[1] + 1, SHAPE[1] - 1),
    )
)


@given(BOXES, BOXES)
def test_cars_anywhere_equal_brute_force(truth, mask):
    assert vars(figures_of(truth, mask)) == pytest.approx(vars(brute_force(truth, mask)))


@given(MASKS, MASKS)
def test_dice_is_the_one_dice(truth, mask):
    assert figures_of(truth, mask).dice == hard_dice(truth, mask)


def test_figures_are_plain_numbers():
    for figures in (figures_of(box(2, 5, 2, 6), box(3, 5, 2, 7)), Truth(box(1, 2, 1, 2)).no_mask()):
        assert {type(value) for value in vars(figures).values()} <= {int, float}
        assert type(figures.false_area) is int


def test_area():
    assert Truth(box(2, 5, 2, 6)).area == 12
    assert Truth(np.zeros(SHAPE, np.uint8)).area == 0


def test_views_with_strides_are_measured_right():
    truth, mask = box(2, 9, 3, 9), box(3, 9, 2, 9)
    wide = np.repeat(truth, 2, axis=1)
    assert figures_of(wide[:, ::2], np.asfortranarray(mask)) == figures_of(truth, mask)


def test_the_truth_is_copied():
    mine = box(2, 9, 3, 9)
    truth = Truth(mine)
    mine[:] = 0
    assert truth.figures(box(2, 9, 3, 9)).dice == 1.0


def test_threads_share_a_truth():
    truth = Truth(box(2, 9, 3, 9))
    masks = [box(2, 9, left, left + 5) for left in range(11)] * 20
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(truth.figures, masks))
    assert shared == [figures_of(box(2, 9, 3, 9), mask) for mask in masks]


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((16, 12), np.uint8),
        np.zeros((12, 16, 1), np.uint8),
        np.zeros(SHAPE, bool),
        np.zeros(SHAPE, np.uint16),
    ],
)
def test_a_mask_of_another_kind_is_refused(mask):
    with pytest.raises(ValueError, match=r"^a mask beside this truth is uint8 \(12, 16\), got "):
        Truth(box(2, 9, 3, 9)).figures(mask)


@pytest.mark.parametrize(
    "mask", [np.zeros((12, 16, 1), np.uint8), np.zeros(SHAPE), np.zeros((0, 3), np.uint8)]
)
def test_a_truth_of_another_kind_is_refused(mask):
    with pytest.raises(ValueError, match=r"^a truth is uint8 \[H, W\], got "):
        Truth(mask)
