import cv2
import numpy as np

from report.network.map_grid import map_grid, tile_grid

BRIGHT, DARK = (
    cv2.applyColorMap(np.full((1, 1), level, np.uint8), cv2.COLORMAP_VIRIDIS)[0, 0]
    for level in (255, 0)
)


def test_each_map_has_a_scale_of_its_own():
    maps = np.zeros((2, 2, 2), np.float32)
    maps[0, 0, 0], maps[1, 1, 1] = 1000.0, 0.001
    drawn = map_grid(maps, 2, 10)
    assert drawn.shape == (10, 24, 3)
    assert (drawn[:5, :5] == BRIGHT).all()
    assert (drawn[5:, :10] == DARK).all()
    assert (drawn[5:, 19:] == BRIGHT).all()
    assert (drawn[:5, 14:] == DARK).all()
    assert (drawn[:, 10:14] == 128).all()


def test_a_map_that_is_the_same_everywhere_is_dark():
    assert (map_grid(np.full((3, 3, 1), 7.0, np.float32), 1, 9) == DARK).all()


def test_large_maps_are_averaged_and_upright_ones_stay_in_their_square():
    maps = np.zeros((40, 20, 1), np.float32)
    maps[::2] = 1.0
    drawn = map_grid(maps, 4, 10)
    assert drawn.shape == (10, 5, 3)
    middle = cv2.applyColorMap(np.full((1, 1), 128, np.uint8), cv2.COLORMAP_VIRIDIS)[0, 0]
    assert (drawn == middle).all()


def test_rows_are_filled_from_the_left():
    tiles = [np.full((2, 3, 3), level, np.uint8) for level in (10, 20, 30)]
    drawn = tile_grid(tiles, 2, between=0)
    assert drawn.shape == (8, 10, 3)
    assert (drawn[:2, :3] == 10).all()
    assert (drawn[:2, 7:] == 20).all()
    assert (drawn[6:, :3] == 30).all()
    assert (drawn[6:, 3:] == 0).all()
    assert (drawn[2:6] == 0).all()
