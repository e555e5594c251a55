from __future__ import annotations

import re

from studio.body_shape import BodyStyle
from studio.cars import YEARS, draw_car
from studio.catalogue import CATALOGUE

CARS = [draw_car(0, index) for index in range(240)]


def test_a_car_is_the_same_each_time_it_is_drawn():
    assert draw_car(0, 7) == CARS[7]
    assert hash(draw_car(0, 7)) == hash(CARS[7])


def test_seed_index_and_split_each_make_another_car():
    ids = {
        draw_car(seed, k, split).id for seed in (0, 1) for k in (0, 1) for split in (True, False)
    }
    assert len(ids) == 8
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in ids)


def test_each_deck_of_cars_shows_the_whole_catalogue():
    for start in range(0, len(CARS), len(CATALOGUE)):
        deck = CARS[start : start + len(CATALOGUE)]
        assert {car.model.model for car in deck} == {model.model for model in CATALOGUE}


def test_the_catalogue_covers_all_body_styles_with_distinct_names():
    assert {model.style for model in CATALOGUE} == set(BodyStyle)
    assert len({(model.make, model.model) for model in CATALOGUE}) == len(CATALOGUE)


def test_years_stay_in_the_window_and_reach_its_ends():
    years = {car.year for car in CARS}
    assert (min(years), max(years)) == YEARS == (2005, 2017)


def test_one_car_in_ten_has_no_trim():
    bare = sum(car.trims[0] == "" for car in CARS)
    assert 0.04 < bare / len(CARS) < 0.18
    assert all(car.trims[1] == "" for car in CARS if not car.trims[0])


def test_cars_of_one_model_differ_a_little():
    first, *others = (car for car in CARS if car.model.model == "Corso")
    for other in others:
        assert other.shape.length != first.shape.length
        assert 0.94 < other.shape.length / first.shape.length < 1.06


def test_many_cars_hide_on_the_backdrop():
    pale = sum(min(car.paint) > 0.4 for car in CARS)
    assert 0.25 < pale / len(CARS) < 0.5
