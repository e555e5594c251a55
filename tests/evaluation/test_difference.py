import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.difference import (
    MISSED,
    SURPLUS,
    ErrorWindow,
    draw_comparison,
    draw_difference,
    largest_error,
)

WHITE_DIMMED = (89, 89, 89)  # 0.35 of 255


def empty(height, width):
    return np.zeros((height, width), np.uint8)


def white(height, width):
    return np.full((height, width, 3), 255, np.uint8)


def rectangle(height, width, top, left, bottom, right):
    mask = empty(height, width)
    mask[top:bottom, left:right] = 255
    return mask


def test_each_kind_of_pixel_has_its_colour():
    truth = np.array([[255, 255, 0, 0]], np.uint8)
    mask = np.array([[255, 0, 255, 0]], np.uint8)
    drawn = draw_difference(white(1, 4), truth, mask, width=4)
    assert drawn.dtype == np.uint8
    assert drawn.tolist() == [[list(WHITE_DIMMED), list(MISSED), list(SURPLUS), list(WHITE_DIMMED)]]


def test_any_value_but_zero_is_car():
    one = np.ones((1, 2), np.uint8)
    assert (draw_difference(white(1, 2), one, one * 255, width=2) == WHITE_DIMMED).all()


def test_the_photograph_is_drawn_without_its_colours():
    orange = np.full((2, 2, 3), MISSED, np.uint8)
    drawn = draw_difference(orange, empty(2, 2), empty(2, 2), width=2)
    # Rec. 601 luma of (230, 159, 0) is 162.
    assert (drawn == round(0.35 * 162)).all()


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("place", range(8))
def test_a_line_of_one_pixel_survives_shrinking(down, place):
    truth = empty(32, 32)
    truth[:, 8 + place] = 255
    drawn = draw_difference(
        white(32, 32), truth if down else truth.T, empty(32, 32), width=8
    ).astype(int)
    line = drawn[4, :] if down else drawn[:, 4]
    # Shrunk four times, the line fills one column; plain averaging would leave a quarter.
    assert line[2 + place // 4].tolist() == list(MISSED)
    assert (np.delete(line, 2 + place // 4, axis=0) == WHITE_DIMMED).all()


@given(place=st.integers(1, 1916), kind=st.sampled_from([MISSED, SURPLUS]))
def test_a_line_keeps_half_its_colour_wherever_it_falls(place, kind):
    line, nothing = empty(4, 1918), empty(4, 1918)
    line[:, place] = 255
    masks = (line, nothing) if kind == MISSED else (nothing, line)
    drawn = draw_difference(white(4, 1918), *masks, width=480)
    # In the channel that differs most from the dimmed white.
    channel = np.argmax(np.abs(np.subtract(kind, WHITE_DIMMED)))
    change = np.abs(drawn[0, :, channel].astype(float) - WHITE_DIMMED[channel])
    assert change.max() >= 0.49 * abs(kind[channel] - WHITE_DIMMED[channel])


def test_a_single_pixel_is_weaker_than_a_line():
    truth = empty(16, 16)
    truth[5, 5] = 255
    drawn = draw_difference(white(16, 16), truth, empty(16, 16), width=4)
    # A sixteenth of the panel's pixel, four times as strong.
    expected = np.rint(np.array([89.25] * 3) + 0.25 * (np.array(MISSED) - 89.25))
    assert drawn[1, 1].tolist() == expected.tolist()


def test_missed_and_surplus_in_one_pixel_mix():
    truth, mask = empty(4, 4), empty(4, 4)
    truth[:, 0], mask[:, 1] = 255, 255
    drawn = draw_difference(white(4, 4), truth, mask, width=1)
    np.testing.assert_allclose(drawn[0, 0], np.add(MISSED, SURPLUS) / 2, atol=0.5)


def test_a_small_photograph_is_enlarged_pixel_by_pixel():
    truth = rectangle(2, 2, 0, 0, 1, 1)
    drawn = draw_difference(white(2, 2), truth, empty(2, 2), width=6)
    assert drawn.shape == (6, 6, 3)
    assert (drawn[:3, :3] == MISSED).all()
    assert (drawn[3:] == WHITE_DIMMED).all()
    assert (drawn[:, 3:] == WHITE_DIMMED).all()


def test_the_difference_of_other_sizes_is_refused():
    with pytest.raises(ValueError, match=r"\(4, 4, 3\), \(4, 4\) and \(4, 5\)"):
        draw_difference(white(4, 4), empty(4, 4), empty(4, 5))


def test_equal_masks_have_no_largest_error():
    mask = rectangle(8, 8, 2, 2, 6, 6)
    assert largest_error(mask, mask, 4, 4) is None


def test_the_window_is_centred_on_an_error_that_fits():
    truth = rectangle(100, 100, 40, 50, 44, 56)
    assert largest_error(truth, empty(100, 100), 20, 30) == ErrorWindow(32, 38, 20, 30, True, 24)


def test_the_window_is_centred_beside_a_border_that_it_does_not_reach():
    truth = rectangle(100, 100, 20, 70, 22, 80)
    assert largest_error(truth, empty(100, 100), 20, 30) == ErrorWindow(11, 60, 20, 30, True, 20)


def test_the_window_stays_inside_the_photograph():
    mask = rectangle(100, 100, 98, 0, 100, 3)
    window = largest_error(empty(100, 100), mask, 20, 30)
    assert window == ErrorWindow(80, 0, 20, 30, False, 6)
    assert window.crop(mask).sum() == mask.sum()


def test_the_largest_error_is_of_one_kind_and_one_piece():
    truth, mask = empty(60, 60), empty(60, 60)
    truth[5:8, 5:8] = 255  # 9 missed, joined to 8 surplus: 17 together.
    mask[5:9, 8:10] = 255
    truth[50:52, 50:52] = 255  # 4 missed, apart; with the 9 above they would win by number.
    mask[30:32, 40:46] = 255  # 12 surplus in one piece.
    window = largest_error(truth, mask, 10, 10)
    assert (window.missed, window.area) == (False, 12)
    assert window.crop(mask).sum() == 12 * 255


def test_pixels_that_touch_at_a_corner_are_one_piece():
    truth = empty(9, 9)
    truth[[2, 3, 4], [2, 3, 4]] = 255
    assert largest_error(truth, empty(9, 9), 5, 5).area == 3


def test_the_window_lies_on_a_ring_not_in_its_middle():
    ring = rectangle(100, 100, 10, 10, 90, 90)
    ring[12:88, 12:88] = 0
    window = largest_error(ring, empty(100, 100), 20, 30)
    # A corner holds most: two sides of it, each 2 px wide.
    assert np.count_nonzero(window.crop(ring)) == 2 * 30 + 2 * 20 - 4


def test_a_window_larger_than_the_photograph_is_the_photograph():
    truth = rectangle(8, 12, 1, 1, 3, 3)
    assert largest_error(truth, empty(8, 12), 320, 480) == ErrorWindow(0, 0, 8, 12, True, 4)


def test_a_comparison_shows_four_panels_and_the_largest_error():
    photograph = np.full((640, 960, 3), (200, 0, 0), np.uint8)
    truth = rectangle(640, 960, 200, 200, 400, 600)
    mask = rectangle(640, 960, 200, 200, 400, 640)
    drawn = draw_comparison(photograph, truth, mask)
    # Caption, panel, gap; twice.
    assert drawn.shape == (2 * (40 + 320 + 8), 4 * 480 + 3 * 8, 3)
    inside = 40 + 150, 200  # In all masks; the panels are half the photograph's size.
    assert [drawn[inside[0], column * 488 + inside[1]].tolist() for column in range(4)] == [
        [200, 0, 0],
        [255, 255, 255],
        [255, 255, 255],
        [21, 21, 21],
    ]
    surplus = 40 + 150, 310
    assert [drawn[surplus[0], column * 488 + surplus[1]].tolist() for column in range(4)] == [
        [200, 0, 0],
        [0, 0, 0],
        [255, 255, 255],
        list(SURPLUS),
    ]
    # The detail at its own size, with the surplus in the middle.
    middle = 368 + 40 + 160, 240
    assert [drawn[middle[0], column * 488 + middle[1]].tolist() for column in range(4)] == [
        [200, 0, 0],
        [200, 60, 160],
        [200, 0, 0],
        list(SURPLUS),
    ]
    assert (drawn[368 + 40 :, 3 * 488 :] == SURPLUS).all(axis=-1).sum() == 200 * 40


def test_the_comparison_frames_the_largest_error():
    truth = rectangle(640, 960, 300, 400, 340, 480)
    drawn = draw_comparison(white(640, 960), truth, empty(640, 960))
    difference = drawn[40 : 40 + 320, 3 * 488 :]
    rows, columns = np.nonzero((difference == 240).all(axis=-1))
    # Half of 480x320 around (440, 320), at half size.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (80, 240, 100, 340)


def test_equal_masks_have_no_second_row():
    mask = rectangle(64, 96, 10, 10, 50, 80)
    assert draw_comparison(white(64, 96), mask, mask).shape == (40 + 320 + 8, 1944, 3)


def test_a_fault_is_written_where_the_mask_would_be():
    truth = rectangle(64, 96, 10, 10, 50, 80)
    drawn = draw_comparison(white(64, 96), truth, empty(64, 96), "Unavailable: " + "x" * 5000)
    assert drawn.shape == (40 + 320 + 8, 1944, 3)
    panel = drawn[40:-8, 2 * 488 : 2 * 488 + 480]
    assert panel[0, 0].tolist() == [56, 56, 56]
    assert np.count_nonzero((panel == 240).all(axis=-1)) > 500
    # It does not run into the panels beside it.
    assert (panel[:, [0, -1]] == 56).all()
    assert drawn[40 + 160, 3 * 488 + 240].tolist() == list(MISSED)


@pytest.mark.parametrize(
    ("height", "width", "rows_height"),
    [
        # As high as 720 px, then narrower.
        (300, 100, 720),
        (1440, 4, 720),
        (2, 500, 2),
        (1, 1, 480),
    ],
)
def test_photographs_of_any_shape_are_drawn(height, width, rows_height):
    truth, mask = empty(height, width), empty(height, width)
    truth[0, 0] = 255
    drawn = draw_comparison(white(height, width), truth, mask)
    assert drawn.shape[1:] == (1944, 3)
    assert drawn.shape[0] > 2 * 48 + rows_height
    assert (drawn[40 + rows_height : 40 + rows_height + 8, :, 0] == 24).all()
