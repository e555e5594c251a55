"""What opens pages in a browser for other tests must see what is wrong with one."""

import base64

import cv2
import numpy as np
import pytest

from tests.report.browser import PHONE, assert_shows_well, look_at


def _picture(pixels):
    png = cv2.imencode(".png", pixels)[1].tobytes()
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


FLAT = _picture(np.full((20, 20, 3), 90, np.uint8))
GOOD = _picture(np.random.default_rng(0).integers(0, 255, (20, 20, 3), np.uint8))
PAGE = '<!DOCTYPE html><meta charset="utf-8"><body>{}</body>'


def test_a_page_on_which_everything_is_wrong(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        PAGE.format(
            f"""<section id="a"><h2>A</h2><img alt="flat" src="{FLAT}">
            <img alt="no picture" src="data:image/png;base64,AAAA"><img alt="good" src="{GOOD}">
            <svg aria-label="nothing"></svg><p style="width:900px">wide</p></section>
            <section id="b"><h2>B</h2></section><a href="#c">nowhere</a>
            <img alt="elsewhere" src="elsewhere.png"><style>body {{ background: url("http://127.0.0.1:9/x")
            }}</style><script>undefined_name()</script>"""
        )
    )
    seen = look_at(page, PHONE, tmp_path / "browser")
    assert seen.sections == ["a", "b"]
    assert seen.empty == ["b"]
    assert (seen.pictures, seen.plots) == (4, 1)
    assert seen.broken == ["a: no picture", "undefined: elsewhere"]
    assert seen.flat == ["a: flat"]
    assert seen.drawn == ["a: nothing"]
    assert seen.overflow > 400
    assert [name.rpartition("/")[2] for name in seen.fetched] == ["x", "elsewhere.png"]
    assert seen.dead == ["c"]
    assert any("undefined_name" in line for line in seen.console)


def test_a_good_page_passes_and_a_missing_section_does_not(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        PAGE.format(f'<section id="a"><h2>A</h2><p>Text</p><img src="{GOOD}"></section>')
    )
    assert_shows_well(page, tmp_path / "browser", {"a"})
    with pytest.raises(AssertionError):
        assert_shows_well(page, tmp_path / "again", {"a", "b"})
