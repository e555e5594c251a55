"""Every section: what it says of known numbers, and what where something is missing."""

from collections import Counter

import numpy as np
import pytest

from components.quarantine import QuarantinedFile, Reason
from report.data.data_sections import data_sections
from report.data.data_statistics import UnlabelledStatistics
from report.data.near_duplicates import NearDuplicate
from report.page import page_of


@pytest.fixture
def sections_of(data_statistics, read_page):
    """Builds the page of some statistics and reads it; returns the text of its sections."""

    def build(*photographs, **changes):
        statistics = data_statistics(*photographs, **changes)
        return read_page(page_of("Data", "", data_sections(statistics)).decode()).sections

    return build


@pytest.fixture
def unlabelled():
    """Three unlabelled cars: an Acme, a Zeta, and one that metadata.csv does not know."""
    return UnlabelledStatistics(
        photographs=48,
        poses=dict.fromkeys(range(1, 17), 3),
        cars=3,
        makes=Counter({"Acme": 1, "Zeta": 1, "": 1}),
        models=Counter({("Acme", "A"): 1, ("Zeta", "Z"): 1, ("", ""): 1}),
        years=Counter({2012: 2, -1: 1}),
        other_files=2,
    )


def test_counts_per_split(sections_of, photograph_statistics, unlabelled):
    text = sections_of(
        photograph_statistics("a_01"),
        photograph_statistics("a_02", mask_area=None),
        photograph_statistics("b_01"),
        photograph_statistics("c_01", split="test"),
        unlabelled=unlabelled,
    )["photographs"]
    assert "train 2 3 1 val 0 0 0 test 1 1 0 all 3 4 1 unlabelled test/ 3 48 48" in text
    assert "val got no car." in text
    assert "A car has 1 to 2 photographs." in text
    assert "2 files in test/ not named <car>_<pose 01..16>.jpg" in text


def test_makes_beside_the_unlabelled(sections_of, photograph_statistics, unlabelled):
    text = sections_of(
        *(photograph_statistics(f"a{car}_01", make="Acme") for car in range(3)),
        photograph_statistics("b_01", make="Beta"),
        photograph_statistics("c_01", make="", model="", year=-1),
        unlabelled=unlabelled,
    )["cars"]
    assert "5 cars of 2 makes; most are Acme, 60.0% of all. Of 1 the make is not known." in text
    assert "1 make with one car only: Beta." in text
    assert "1 make of test/ with no car in train/: Zeta." in text
    assert "Not shown, unknown: 20.0% of train/ and 33.3% of unlabelled test/." in text


def test_a_make_counts_once_for_each_car_not_for_each_photograph(
    sections_of, photograph_statistics
):
    many = [photograph_statistics(f"a_{pose:02}") for pose in range(1, 17)]
    text = sections_of(*many, photograph_statistics("b_01", make="Beta"))["cars"]
    assert "2 cars of 2 makes" in text
    assert "2 makes with one car only: Acme, Beta." in text


def test_most_makes_are_told_in_the_caption(sections_of, photograph_statistics):
    cars = [photograph_statistics(f"{n:02}_01", make=f"Make {n:02}") for n in range(20)]
    text = sections_of(*cars)["cars"]
    assert "Make 14" in text
    assert "Not shown, 5 other makes: 25.0% of train/." in text


def test_no_metadata(sections_of, photograph_statistics):
    nameless = photograph_statistics(make="", model="", year=-1)
    text = sections_of(nameless, metadata=False)
    assert "makes, models and years are not known" in text["cars"]
    assert "train 1 1 0" in text["photographs"]


def test_metadata_that_knows_other_cars_only(sections_of, photograph_statistics):
    text = sections_of(photograph_statistics(make="", model="", year=-1))["cars"]
    assert "1 car of 0 makes. Of 1 the make is not known." in text


@pytest.mark.parametrize("year", [0, 10**400], ids=["zero", "400 digits"])
def test_a_year_that_is_none(sections_of, photograph_statistics, year):
    text = sections_of(photograph_statistics(year=year), photograph_statistics("b_01", year=2012))
    assert "Share of the cars of each year" in text["cars"]


def test_sizes(sections_of, photograph_statistics):
    one = sections_of(photograph_statistics(), photograph_statistics("b_01"))["sizes"]
    assert "All 2 photographs are 30 pixels wide and 20 high." in one
    photographs = [photograph_statistics(f"c_{n + 1:02}", width=100 + n) for n in range(14)]
    many = sections_of(photograph_statistics(), photograph_statistics("b_01"), *photographs)
    assert "15 sizes." in many["sizes"]
    assert "30 x 20 2 12.5% 100 x 20 1 6.2%" in many["sizes"]
    assert "others 3 18.8%" in many["sizes"]


def test_mask_area(sections_of, photograph_statistics):
    areas = (0.1, 0.2, 0.35, None)
    text = sections_of(
        *(photograph_statistics(f"a_{n:02}", mask_area=area) for n, area in enumerate(areas, 1))
    )["mask-area"]
    assert "Of a photograph 10.0% to 35.0% is car, in the median 20.0%; 3 masks" in text


def test_average_masks(data_statistics, read_page):
    means = {
        None: np.full((128, 192), 0.5, np.float32),
        7: np.tile(np.linspace(0, 1, 192, dtype=np.float32), (128, 1)),
    }
    statistics = data_statistics(average_masks=means)
    page = read_page(page_of("Data", "", data_sections(statistics)).decode())
    assert "all poses pose 7" in page.sections["average-masks"]
    overall, pose = page.pictures
    assert overall.mean() == pytest.approx(127.5, abs=1)
    assert pose[64, [0, 96, 191], 0] == pytest.approx([0, 128, 255], abs=4)


def test_colour(sections_of, photograph_statistics):
    text = sections_of(
        photograph_statistics("a_01", brightness=90.0, colour=(10.0, 20.0, 30.0), saturation=0.1),
        photograph_statistics("b_01", brightness=110.0, colour=(20.0, 40.0, 60.0), saturation=0.3),
        photograph_statistics("c_01", split="val", brightness=50.0),
    )["colour"]
    assert "train 100.0 10.0 15.0 30.0 45.0 0.200" in text
    assert "val 50.0 0.0 90.0 100.0 110.0 0.250" in text


def test_near_duplicates(sections_of, photograph_statistics):
    pairs = (
        NearDuplicate(("<a>_01", "b_01"), ("train", "test"), 1.0, same_bytes=True),
        NearDuplicate(("c_01", "d_01"), ("val", "test"), 0.98765, same_bytes=False),
    )
    found = sections_of(photograph_statistics(), near_duplicates=pairs)["near-duplicates"]
    assert "2 pairs of photographs in different splits look the same." in found
    assert "<a>_01 train b_01 test same file c_01 val d_01 test 0.988" in found
    none = sections_of(photograph_statistics())["near-duplicates"]
    assert "No photograph of one split looks like one of another." in none
    many = sections_of(photograph_statistics(), near_duplicates=pairs[:1] * 40)["near-duplicates"]
    assert "And 10 more." in many


def test_quarantine(sections_of):
    files = [
        QuarantinedFile("/data/train/<b>.jpg", Reason.NAME, "expected <car id>_<pose 01..16>"),
        *(
            QuarantinedFile(f"/data/train/{n:02}_01.jpg", Reason.MISSING_MASK, "no file")
            for n in range(60)
        ),
    ]
    text = sections_of(quarantined=tuple(files))["quarantine"]
    assert "61 files that a run would set aside." in text
    assert "missing mask 60 name does not parse 1" in text
    assert "train/00_01.jpg missing mask no file" in text
    assert "And 11 more." in text
    assert "Every file can be used." in sections_of()["quarantine"]


def test_no_photograph_at_all(sections_of):
    sections = sections_of()
    for name in ("sizes", "samples", "colour", "near-duplicates", "cars"):
        assert "No photograph could be read." in sections[name], name
    for name in ("mask-area", "average-masks"):
        assert "There are no masks that can be used." in sections[name]
    assert "train and val and test got no car." in sections["photographs"]
