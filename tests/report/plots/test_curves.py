"""Lines: where their points are, and what becomes of numbers that are none."""

import math
import re

import pytest

from report.plots.curves import curves

LINES = {"train": [(1, 0.5), (2, 0.9), (3, 0.99)], "val": [(1, 0.0), (2, math.nan), (3, 0.9)]}


def _draw(**changes):
    known = {"name": "c", "caption": "Curves", "labels": ("epoch", "y"), "lines": LINES}
    return curves(**known | changes)


def _paths(plot, colour):
    """Returns the points of each path of a colour, in pixels."""
    found = re.findall(rf'<path d="([^"]*)"[^>]*stroke: var\(--{colour}\)', plot.svg)
    points = [re.findall(r"([ML]) ([0-9.-]+) ([0-9.-]+)", each) for each in found]
    return [[(kind, float(x), float(y)) for kind, x, y in each] for each in points]


def test_is_a_part_of_the_page(read_page):
    plot = _draw()
    page = read_page(plot.svg)
    assert page.plots == ["Curves"]
    assert {"train", "val", "epoch", "y"} <= set(page.text.split())
    assert set(re.findall(r"#[0-9a-f]{6}\b", plot.svg)) <= {"#ffffff"}
    assert all(each.startswith("c-") for each in page.ids)
    assert plot == _draw()


def test_points_of_a_dice_are_stretched():
    line = max(_paths(_draw(scale="dice", lines={"a": LINES["train"]}), "series-1"), key=len)
    heights = [y for _, _, y in line]
    # 0.5, 0.9 and 0.99 are 0.301, 1 and 2 on the scale.
    assert (heights[0] - heights[1]) / (heights[1] - heights[2]) == pytest.approx(0.699, abs=1e-3)


def test_points_of_a_logarithm():
    lines = {"a": [(1, 1.0), (2, 0.1), (3, 0.01)]}
    heights = [y for _, _, y in max(_paths(_draw(scale="log", lines=lines), "series-1"), key=len)]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=1e-3)


def test_what_is_not_above_0_has_no_logarithm():
    assert _draw(scale="log") == _draw(scale="linear")


def test_a_number_that_is_none_leaves_a_gap():
    lines = {"a": [(1, 0.1), (2, 0.2), (3, math.nan), (4, 0.4), (5, math.inf), (6, 0.6), (7, 0.7)]}
    [line] = (each for each in _paths(_draw(lines=lines), "series-1") if len(each) > 2)
    assert "".join(kind for kind, _, _ in line) in ("MLMML", "MLML")


def test_one_epoch_is_a_dot():
    plot = _draw(lines={"train": [(1, 0.5)]}, marks=[(1, 0.5)])
    assert "<use" in plot.svg


def test_marks_are_rings():
    marked = _draw(marks=[(3, 0.9)])
    ring = "fill-opacity: 0; stroke: currentColor; stroke-width: 1.6"
    assert ring in marked.svg
    assert ring not in _draw().svg


def test_epochs_are_whole_numbers(read_page):
    lines = {"a": [(1, 0.11), (2, 0.12), (3, 0.13)]}
    said = read_page(_draw(lines=lines, labels=("", "")).svg).text.split()
    assert {"1", "2", "3"} <= set(said)
    assert "1.5" not in said
    thresholds = {"a": [(0, 0.1), (0.99, 0.2)]}
    assert "0.4" in read_page(_draw(lines=thresholds, labels=("", "")).svg).text.split()
