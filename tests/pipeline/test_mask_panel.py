import numpy as np

from pipeline.mask_panel import mask_panel


def parts(panel, width):
    """Photograph, gap, mask, gap, overlay."""
    gap = (panel.shape[1] - 3 * width) // 2
    assert panel.shape[1] == 3 * width + 2 * gap
    starts = np.cumsum([width, gap, width, gap])
    return np.split(panel, starts, axis=1)


def test_photograph_mask_and_overlay_side_by_side():
    photograph = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    mask = np.zeros((24, 32), np.uint8)
    mask[6:18, 8:24] = 255
    panel = mask_panel(photograph, mask, width=32)
    assert panel.dtype == np.uint8
    left, gap, middle, other_gap, right = parts(panel, 32)
    np.testing.assert_array_equal(left, photograph)
    assert (gap == 255).all()
    assert (other_gap == 255).all()
    np.testing.assert_array_equal(middle, np.dstack([mask] * 3))

    backdrop = mask == 0
    np.testing.assert_array_equal(right[backdrop], photograph[backdrop])
    red = np.array([64, 64, 255])
    np.testing.assert_array_equal(right[6, 8:24], np.broadcast_to(red, (16, 3)))  # The outline.
    inside = np.s_[7:17, 9:23]
    np.testing.assert_allclose(right[inside], 0.45 * red + 0.55 * photograph[inside], atol=0.51)


def test_pictures_are_scaled_to_the_width_asked_for():
    photograph = np.full((30, 40, 3), 100, np.uint8)
    mask = np.zeros((30, 40), np.uint8)
    panel = mask_panel(photograph, mask, width=20)
    assert panel.shape[0] == 15
    left, _, middle, _, right = parts(panel, 20)
    assert (left == 100).all()
    assert (middle == 0).all()
    # Without a car there is nothing to lay over.
    assert (right == 100).all()


def test_the_given_pictures_are_not_drawn_on():
    photograph = np.full((30, 40, 3), 100, np.uint8)
    mask = np.full((30, 40), 255, np.uint8)
    mask_panel(photograph, mask, width=40)
    assert (photograph == 100).all()
    assert (mask == 255).all()
