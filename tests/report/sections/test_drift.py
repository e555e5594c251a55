import pytest

from components.drift_comparison import compare
from components.drift_verdict import DRIFT, judge_drift, nothing_to_compare, photograph_set
from pipeline.config import DriftConfig
from report.page import page_of
from report.sections.drift import drift_section


@pytest.fixture
def studio(photograph_statistics):
    def make(cars=20, poses=(1, 2), **changes):
        return [
            photograph_statistics(f"c{car:02}_{pose:02}", **changes)
            for car in range(cars)
            for pose in poses
        ]

    return make


@pytest.fixture
def section_of(tmp_path, read_page):
    """Judges two sets and reads the section of it."""

    def build(then, now, **config):
        sides = [
            photograph_set(f"/s{n}", f"/photos/<b>{n}", "f", n, of)
            for n, of in enumerate((then, now))
        ]
        drift_config = DriftConfig(**config)
        features, _ = compare(then, now, drift_config)
        verdict = judge_drift(sides[1], sides[0], "/m", features, drift_config)
        return read(verdict)

    def read(verdict):
        (tmp_path / "drift.json").write_bytes(DRIFT.dump_json(verdict))
        section = drift_section(str(tmp_path))
        assert section.identity == "drift"
        return read_page(page_of("A run", "", [section]).decode())

    build.read = read
    return build


def test_what_drifted_is_listed_and_drawn(section_of, studio):
    page = section_of(studio(), studio(poses=(1,), brightness=130.0))
    text = page.sections["drift"]
    assert "The photographs have drifted." in text
    assert "brightness: mean 100.0, now 130.0, a shift of +30.0 levels (limit 15)" in text
    assert "pose: 1 had 50.0% of the photographs and has 100.0%" in text
    assert "20 photographs of 20 cars in /photos/<b>1, span 1" in text
    assert "40 photographs of 20 cars in /photos/<b>0, span 0" in text
    assert "brightness yes 100.0 130.0 +30.0 levels (limit 15) 1.000 0.35 divergence" in text
    assert "mask area no 20.0% 20.0% +0.0% of what it was (limit 16.0%) 0.000 0.2" in text
    assert page.plots == [
        "Brightness of the photographs, then and now",
        "Pose of the photographs, then and now",
    ]
    assert "last blessed model" in text
    assert "this run" in text


def test_no_drift(section_of, studio):
    page = section_of(studio(), studio())
    assert "No drift: everything is within its limits." in page.sections["drift"]
    assert page.sections["drift"].count(" no") >= len(DriftConfig().features)
    assert page.plots == []


def test_too_few_cars(section_of, studio):
    page = section_of(studio(), studio(cars=3, brightness=130.0))
    text = page.sections["drift"]
    assert "Nothing counts as drift: 3 cars here and 20 there are too few" in text
    assert "yes" not in text
    # Still drawn: the figures are there to be looked at.
    assert page.plots == ["Brightness of the photographs, then and now"]


def test_nothing_to_compare(section_of, studio):
    current = photograph_set("/s", "/photos", "f", 0, studio())
    verdict = nothing_to_compare("no <model> was blessed before", current, "", DriftConfig())
    page = section_of.read(verdict)
    assert "Nothing was compared: no <model> was blessed before." in page.sections["drift"]
    assert "40 photographs of 20 cars in /photos, span 0" in page.sections["drift"]


def test_no_file(tmp_path, read_page):
    page = read_page(page_of("A run", "", [drift_section(str(tmp_path))]).decode())
    assert "The run wrote no drift.json" in page.sections["drift"]


def test_what_one_side_does_not_know(section_of, studio):
    text = section_of(studio(), studio(mask_area=None)).sections["drift"]
    assert "mask area no 20.0% unknown 0.2" in text


def test_many_makes_are_drawn_by_how_much_they_changed(section_of, studio):
    then = [each for n in range(20) for each in studio(cars=1, make=f"<Make {n:02}>")]
    page = section_of(
        then, studio(make="<Make 07>"), features=("make",), min_cars=1, max_name_change=0.4
    )
    assert page.plots == ["Make of the photographs, then and now; the 16 of 20 that changed most"]
    assert "make <Make 07>" in page.text
    assert "make: <Make 07> had 5.0% of the photographs and has 100.0%" in page.text
