"""The whole page of a run, made by hand: every section, what fails, and what a browser shows."""

from pathlib import Path

import pytest

from components.server_verdict import SERVER_VERDICT, not_checked
from report import run_page as module
from report.run_page import run_page
from report.views.view import View
from tests.report.browser import assert_shows_well
from tests.report.finished_run import FinishedRun, scores_by_model
from tests.report.whole_run import DICE, MEDIAN, SECTIONS, whole_run


@pytest.fixture(scope="module")
def run(tmp_path_factory, raw_example, write_records, photograph_statistics, data_statistics):
    return whole_run(
        FinishedRun(tmp_path_factory.mktemp("run") / "run"),
        raw_example,
        write_records,
        photograph_statistics,
        data_statistics,
    )


@pytest.fixture(scope="module")
def html(run):
    views = (View("Views <1>", "x.html", "opens"), View("Another", "", "not there"))
    return run_page(run.files, lambda: None, title="A <run>", about="All of it.", views=views)


@pytest.fixture(scope="module")
def page(html, read_page):
    return read_page(html.decode())


def test_every_section_in_order(page):
    assert set(page.sections) >= SECTIONS
    places = [list(page.sections).index(name) for name in ("summary", "photographs", "drift")]
    places += [list(page.sections).index(n) for n in ("training", "scores", "network-unet")]
    places += [list(page.sections).index(name) for name in ("lineage", "serving")]
    assert places == sorted(places)
    assert places[0] == 0
    assert "makes" not in page.sections
    assert "could not be built" not in page.text
    assert "A <run>" in page.text
    assert MEDIAN in page.sections["network-unet"]
    assert not {"script", "link", "iframe", "run"} & set(page.tags)
    elsewhere = {each for each in page.references if not each.startswith(("#", "data:"))}
    assert elsewhere == {"x.html"}
    assert {each[1:] for each in page.references if each[0] == "#"} <= set(page.ids)


def test_the_summary(page):
    text = page.sections["summary"]
    assert "The U-Net is blessed by the gate, and ran in its server." in text.replace(" ,", ",")
    assert "0.6880" in text
    assert "at most 0.9975 at its input size" in text
    assert "train 2 of 1 car, val 1 of 1 car, test 5 of 4 cars; 1 set aside" in text
    assert "Fit, U-Net 75 s, 3 epochs" in text
    assert "Views <1> : opens." in text
    assert "Another: not there." in text


def test_a_rejected_run(finished_run, read_page):
    finished_run.score(scores_by_model(DICE, cnn=0.99))
    Path(finished_run.files.infra_blessing, "server_check.json").write_bytes(
        SERVER_VERDICT.dump_json(not_checked())
    )
    page = read_page(run_page(finished_run.files, lambda: None).decode())
    text = page.sections["summary"]
    assert "The U-Net is rejected by the gate: nothing is pushed." in text
    assert "beats cnn" in text
    assert "not blessed by the gate" not in text


def test_what_cannot_be_built_is_a_sentence_and_a_traceback(run, read_page, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("the <disk> is full")

    monkeypatch.setattr(module, "network_sections", fail)
    page = read_page(run_page(run.files, fail).decode())
    assert page.sections["network"].startswith("Inside the networks This part could not be built")
    assert "RuntimeError: the <disk> is full" in page.sections["network"]
    assert "RuntimeError: the <disk> is full" in page.sections["lineage"]
    assert "disk" not in page.tags
    assert "Traceback" in caplog.text
    assert set(page.sections) >= SECTIONS - {"network-unet", "network-cnn"}


def test_a_run_that_left_nothing(finished_run, read_page):
    page = read_page(run_page(finished_run.files, lambda: None).decode())
    assert "summary" in page.sections
    assert "There is no verdict" in page.sections["summary"]
    assert "There is no servable." in page.sections["serving"]
    assert "could not be built" in page.sections["network"]


def test_an_interruption_is_not_swallowed(finished_run, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "results_sections", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_page(finished_run.files, lambda: None)


def test_a_browser_shows_it_on_a_phone_and_a_desk(html, tmp_path):
    file = tmp_path / "index.html"
    file.write_bytes(html)
    assert len(html) < 5_000_000
    assert_shows_well(file, tmp_path / "browser", SECTIONS)


def test_a_browser_shows_the_report_of_a_finished_run(pytestconfig, tmp_path):
    """For photographs that cannot lie here.

    pytest tests/report/test_run_page.py --report WORKDIR/report/index.html
    """
    file = pytestconfig.getoption("--report", default=None)
    if file is None:
        pytest.skip("no --report names one")
    makes = {"make-classifier"} if b'id="make-classifier"' in Path(file).read_bytes() else set()
    assert Path(file).stat().st_size < 5_000_000
    assert_shows_well(Path(file), tmp_path / "browser", SECTIONS | makes)
