"""Each plot: what it draws, and that it is a part of the page."""

import re

import pytest

from report.plots.bars import share_bars
from report.plots.boxes import boxes_by_pose
from report.plots.columns import share_columns
from report.plots.histogram import share_histogram


def _bars(**changes):
    known = {
        "name": "makes",
        "caption": "Makes & <more>",
        "labels": ["Acme", "<b>B&B</b>"],
        "groups": {"train/": [0.75, 0.25], "test/": [0.5, 0.5]},
    }
    return share_bars(**known | changes)


def _columns(**changes):
    known = {
        "name": "years",
        "caption": "Years",
        "x_label": "year",
        "groups": {"train/": {2011: 0.5, 2013: 0.5}, "test/": {}},
    }
    return share_columns(**known | changes)


def _boxes():
    return boxes_by_pose("area", "Areas", "mask area", {1: [0.1, 0.2, 0.3], 9: [0.5]})


def _histogram(values=(1.0, 2.0, 2.5)):
    return share_histogram("light", "Light", "brightness", {"train": values, "val": [1.5]})


@pytest.mark.parametrize("draw", [_bars, _columns, _boxes, _histogram])
class TestEveryPlot:
    def test_is_svg_that_takes_its_colours_from_the_page(self, draw, read_page):
        plot = draw()
        assert read_page(plot.svg).plots == [plot.caption]
        colours = set(re.findall(r"#[0-9a-f]{6}\b", plot.svg))
        assert colours <= {"#ffffff"}, "the invisible paper is the only colour of matplotlib's"
        assert "var(--series-1)" in plot.svg
        assert "currentColor" in plot.svg

    def test_has_the_size_that_the_page_gives_it(self, draw):
        [opening] = re.findall("<svg[^>]*>", draw().svg)
        assert "viewBox=" in opening
        assert " width=" not in opening
        assert " height=" not in opening

    def test_is_the_same_when_drawn_again(self, draw):
        assert draw() == draw()

    def test_has_ids_of_its_own(self, draw, read_page):
        plot = draw()
        name = {"_bars": "makes", "_columns": "years", "_boxes": "area", "_histogram": "light"}
        page = read_page(plot.svg)
        assert page.ids
        assert all(each.startswith(f"{name[draw.__name__]}-") for each in page.ids)
        used = re.findall(r'(?:url\(#|href="#)([^)"]+)', plot.svg)
        assert set(used) <= set(page.ids)


def test_labels_are_text(read_page):
    page = read_page(_bars().svg)
    assert "Acme" in page.text
    assert "<b>B&B</b>" in page.text
    assert "b" not in page.tags


def test_labels_that_are_no_latin_and_no_formula(read_page):
    page = read_page(_bars(labels=["\u8eca", "$\\frac$"]).svg)
    assert "\u8eca" in page.text
    assert "$\\frac$" in page.text


def test_a_long_label_is_cut(read_page):
    assert f"{'x' * 23}\u2026" in read_page(_bars(labels=["x" * 99, "b"]).svg).text


def test_groups_are_named_where_there_are_several(read_page):
    assert "test/" in read_page(_bars().svg).text
    assert "train/" not in read_page(_bars(groups={"train/": [0.5, 0.5]}).svg).text


def test_shares_are_percent(read_page):
    assert "60%" in read_page(_bars().svg).text
    assert "2012" in read_page(_columns().svg).text


def test_one_year_has_one_tick(read_page):
    assert read_page(_columns(groups={"train/": {2012: 1.0}}).svg).text.split()[0] == "2012"


def test_the_longest_bar_is_the_largest_share():
    plot = _bars(groups={"train/": [0.75, 0.25]}, labels=["a", "b"])
    bars = re.findall(
        r'd="M ([0-9.]+) [0-9.]+\s+L ([0-9.]+) [^"]*" clip-path[^>]*series-1', plot.svg
    )
    lengths = [float(end) - float(start) for start, end in bars]
    assert lengths[0] == pytest.approx(3 * lengths[1], rel=0.01)


def test_values_that_are_all_the_same_have_a_histogram():
    assert "var(--series-2)" in _histogram([1.5, 1.5]).svg
