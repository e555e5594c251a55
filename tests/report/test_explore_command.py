"""The whole command, from a folder to what is on the screen and on the page."""

import os
import subprocess
import sys

import numpy as np
import pytest
from click import UsageError

from report import explore_command
from tests.report.browser import assert_shows_well

_CARS = ("a", "<b>bold & 'x'", "\u00fcn\u00ef \u8eca 1", '"><script>alert(1)<')
_HEADINGS = [
    "Photographs",
    "Cars",
    "Image sizes",
    "Samples",
    "Mask area",
    "Average masks",
    "Brightness and colour",
    "Near-duplicates across splits",
    "Set aside",
]


@pytest.fixture
def photographs(folder_of, image_file, mask_file):
    """Two poses of four cars whose names and makes are hostile, and one file of each fault."""
    ids = [f"{car}_{pose:02}" for car in _CARS for pose in (1, 16)]
    images = {f"{each}.jpg": image_file(60, 40, seed) for seed, each in enumerate(ids)}
    masks = {f"{each}_mask.gif": mask_file(60, 40, seed) for seed, each in enumerate(ids)}
    folder = folder_of(
        {
            **images,
            "<i>no name.jpg": b"",
            "broken_01.jpg": b"<u>no JPEG</u>",
            "cut_01.jpg": image_file(60, 40, 9)[:400],
            "bare_01.jpg": image_file(60, 40, 99),
        },
        {
            **masks,
            "broken_01_mask.gif": mask_file(60, 40, 0),
            "cut_01_mask.gif": mask_file(60, 40, 9),
        },
        [
            {"id": car, "make": f"<em>{car[0]}</em> $x$", "model": "\u8eca --> ]]>", "year": "2012"}
            for car in _CARS
        ],
        "<s>my photographs",
    )
    (folder / "test").mkdir()
    for pose in (3, 4, 5):
        (folder / "test" / f"<p>other_{pose:02}.jpg").touch()
    return folder


@pytest.fixture
def explore(tmp_path, photographs, capfd):
    """Runs the command; returns exit code and what is on the screen."""

    def explore(**changes):
        known = {
            "data": photographs,
            "output": tmp_path / "out" / "page.html",
            "force": False,
            "workers": 2,
        } | changes
        code = explore_command.run(known.pop("data"), **known)
        printed = capfd.readouterr()
        assert printed.err == ""
        return code, printed.out

    return explore


def test_the_screen_and_the_page(explore, photographs, tmp_path, read_page):
    code, screen = explore()
    assert code == 0
    assert "9 photographs" in screen
    assert "4 photographs of no use to a run; the page says why." in screen
    page_file = tmp_path / "out" / "page.html"
    assert f"Open {os.path.relpath(page_file)}" in screen or f"Open {page_file}" in screen
    assert f"--data '{photographs}'" in screen
    assert {path.name for path in page_file.parent.iterdir()} == {"page.html", "page.log"}
    assert page_file.stat().st_size < 5_000_000

    page = read_page(page_file.read_text())
    assert page.headings == _HEADINGS
    assert all(text.strip() for text in page.sections.values())
    assert len(set(page.ids)) == len(page.ids)
    # Eight samples and the one without a mask, six ends, the means of all and of two poses.
    assert len(page.pictures) == 9 + 6 + 3
    assert all(np.ptp(pixels) > 50 for pixels in page.pictures)
    assert len(page.plots) == 7


def test_the_page_needs_nothing_beside_itself(explore, tmp_path, read_page):
    explore()
    page = read_page((tmp_path / "out" / "page.html").read_text())
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert "iframe" not in page.tags
    assert {each.partition(":")[0] for each in page.references if each[0] != "#"} == {"data"}
    assert {each[1:] for each in page.references if each[0] == "#"} <= set(page.ids)


def test_names_and_makes_are_text(explore, tmp_path, read_page):
    explore()
    page = read_page((tmp_path / "out" / "page.html").read_text())
    # None of these is in the templates; each is in a name, a make or a file of this folder.
    assert not {"script", "b", "em", "i", "u", "s", "x"} & set(page.tags)
    assert "<s>my photographs" in page.text
    assert all(f"{car}_01" in page.sections["samples"] for car in _CARS)
    assert "<em>\u00fc</em> $x$" in page.sections["cars"]
    assert "train/<i>no name.jpg" in page.sections["quarantine"]


def test_every_fault_has_its_reason(explore, tmp_path, read_page):
    explore()
    text = read_page((tmp_path / "out" / "page.html").read_text()).sections["quarantine"]
    assert "4 files that a run would set aside." in text
    assert "train/broken_01.jpg undecodable image" in text
    assert "train/cut_01.jpg truncated image" in text
    assert "train/bare_01.jpg missing mask" in text
    assert "name does not parse" in text


def test_the_same_folder_gives_the_same_page(explore, tmp_path):
    explore()
    explore(output=tmp_path / "again.html", workers=1)
    page, again = ((tmp_path / each).read_bytes() for each in ("out/page.html", "again.html"))
    assert page == again


def test_an_empty_folder(explore, tmp_path):
    (tmp_path / "empty").mkdir()
    code, screen = explore(data=tmp_path / "empty")
    assert code == 1
    assert f"{tmp_path / 'empty'}: no photographs in train/ (JPEG or PNG)" in screen
    assert f"The log is {tmp_path / 'out' / 'page.log'}" in screen
    assert not (tmp_path / "out" / "page.html").exists()


def test_record_files_are_not_read(explore, tmp_path):
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "x.tfrecord").touch()
    code, screen = explore(data=tmp_path / "records")
    assert code == 1
    assert "holds TFRecord files; explore reads photographs in Kaggle's layout" in screen


def test_a_page_is_replaced_only_if_asked_to(explore, tmp_path):
    explore()
    with pytest.raises(UsageError, match="is there already"):
        explore()
    page = tmp_path / "out" / "page.html"
    before = page.stat().st_mtime_ns
    assert explore(force=True)[0] == 0
    assert page.stat().st_mtime_ns > before


def test_nothing_else_is_ever_replaced(explore, tmp_path):
    (tmp_path / "thesis.html").write_text("<p>years of work</p>")
    with pytest.raises(UsageError, match="something else than a page"):
        explore(output=tmp_path / "thesis.html", force=True)
    with pytest.raises(UsageError, match="would be the log's name"):
        explore(output=tmp_path / "page.log")
    with pytest.raises(UsageError, match="cannot be written"):
        explore(output=tmp_path / "thesis.html" / "page.html")
    assert (tmp_path / "thesis.html").read_text() == "<p>years of work</p>"


def test_an_interruption_leaves_nothing(explore, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("report.data.read_statistics.read_photograph", interrupt)
    code, screen = explore()
    assert code == 130
    assert "Interrupted; nothing was written." in screen
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["page.log"]


def test_a_defect_is_one_line_on_the_screen_and_all_of_it_in_the_log(
    explore, tmp_path, monkeypatch
):
    def fail(*_):
        raise RuntimeError("this\u2019s broken")

    monkeypatch.setattr("report.data.read_statistics.read_photograph", fail)
    code, screen = explore()
    assert code == 1
    assert "RuntimeError: this\u2019s broken" in screen
    assert "Traceback" in (tmp_path / "out" / "page.log").read_text()


def test_a_browser_shows_it_on_a_phone_and_a_desk(explore, tmp_path, read_page):
    explore()
    page = tmp_path / "out" / "page.html"
    sections = set(read_page(page.read_text()).sections)
    assert len(sections) == len(_HEADINGS)
    assert_shows_well(page, tmp_path / "browser", sections)


def test_nothing_heavy_is_imported_before_it_runs():
    program = (
        "import sys, report.explore_command\n"
        "sys.exit(99 if {'tensorflow', 'cv2', 'matplotlib', 'tfx'} & set(sys.modules) else 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
