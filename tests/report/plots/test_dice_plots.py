"""Bars, dots and histograms of Dice: that they show the numbers."""

import re

import pytest

from report.plots.dice_figure import DiceFigure
from report.plots.dice_histogram import dice_histogram
from report.plots.interval_bars import interval_bars
from report.plots.interval_dots import interval_dots

UNET = DiceFigure("U-Net", 0.99, 0.985, 0.9935, 0.9975)
CNN = DiceFigure("<b>CNN</b>", 0.9)


def _bars(*figures):
    return interval_bars("bars", "Scores", figures or (UNET, CNN))


def _dots(*figures):
    return interval_dots("dots", "Slices", figures or (UNET, CNN), mean=0.95)


def _histogram(**groups):
    return dice_histogram("hist", "Dice", groups or {"U-Net": [0.99, 0.98], "CNN": [0.0, 0.8]})


def _paths(svg, style):
    found = re.findall(rf'<path d="([^"]*)"[^>]*{style}', svg)
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([0-9.-]+) ([0-9.-]+)", each)]
        for each in found
    ]


@pytest.mark.parametrize("draw", [_bars, _dots, _histogram])
def test_is_a_part_of_the_page(draw, read_page):
    plot = draw()
    page = read_page(plot.svg)
    assert page.plots == [plot.caption]
    assert set(re.findall(r"#[0-9a-f]{6}\b", plot.svg)) <= {"#ffffff"}
    assert page.ids
    assert all(each.startswith(("bars-", "dots-", "hist-")) for each in page.ids)
    assert plot == draw()
    assert "b" not in page.tags


def test_a_tenth_of_the_mistakes_is_a_bar_of_twice_the_length():
    svg = _bars().svg
    unet = [x for x, _ in _paths(svg, r"fill: var\(--series-1\)")[0]]
    cnn = [x for x, _ in _paths(svg, r"fill: var\(--soft\)")[0]]
    assert max(unet) - min(unet) == pytest.approx(2 * (max(cnn) - min(cnn)), rel=1e-3)


def test_interval_and_ceiling_are_drawn_where_they_are_known():
    interval = r"stroke: currentColor; stroke-width: 2\b"
    ceiling = r"stroke: var\(--series-2\)"
    for figure, intervals, ceilings in ((UNET, 1, 1), (CNN, 0, 0)):
        svg = _bars(figure).svg
        assert len(_paths(svg, interval)) == intervals
        assert len(_paths(svg, ceiling)) == ceilings
    [[(left, _), (right, _)]] = _paths(_bars(UNET).svg, interval)
    [[(at, _), *_]] = _paths(_bars(UNET).svg, ceiling)
    assert left < right < at


def test_a_dot_without_an_interval_is_hollow():
    hollow = "fill-opacity: 0; stroke: var(--series-1)"
    assert hollow in _dots(CNN).svg
    assert hollow not in _dots(UNET).svg


def test_a_slice_that_failed_is_marked(read_page):
    failed = DiceFigure("pose 3", 0.5, 0.4, 0.6, failed=True)
    assert "var(--fault)" in _dots(UNET, failed).svg
    assert "var(--fault)" not in _dots(UNET).svg
    assert "pose 3" in read_page(_dots(UNET, failed).svg).text


def test_columns_of_a_histogram_are_shares(read_page):
    svg = _histogram(**{"U-Net": [0.985, 0.985, 0.985, 0.5], "CNN": [0.1]}).svg
    outline = max(_paths(svg, r"stroke: var\(--series-1\)"), key=len)
    heights = sorted({round(y, 1) for _, y in outline})
    # The ground, a quarter and three quarters.
    top, quarter, ground = heights
    assert (ground - top) == pytest.approx(3 * (ground - quarter), rel=0.02)
    assert {"U-Net", "CNN"} <= set(read_page(svg).text.split())


def test_no_mask_at_all_and_a_perfect_one_are_both_counted():
    svg = _histogram(**{"U-Net": [0.0, 1.0]}).svg
    outline = max(_paths(svg, r"stroke: var\(--series-1\)"), key=len)
    assert len({round(y, 1) for _, y in outline}) == 2


def test_the_names_of_four_models_fit():
    names = ["U-Net", "Last blessed", "CNN", "Average mask"]
    svg = _histogram(**{name: [0.5] for name in names}).svg
    width = float(re.search(r'viewBox="0 0 ([0-9.]+)', svg)[1])
    for name in names:
        [(x, y)] = re.findall(rf' x="([0-9.]+)" y="([0-9.]+)"[^>]*>{name}<', svg)
        # A letter of 10 points is at most 7 wide.
        assert float(x) + 7 * len(name) < width
        assert float(y) > 0
