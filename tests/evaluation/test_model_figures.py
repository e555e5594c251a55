import dataclasses

import pytest

from evaluation.bootstrap import Interval
from evaluation.figures import Figures
from evaluation.model_figures import ModelFigures


def test_every_figure_has_its_own_mean(score_of):
    names = [field.name for field in dataclasses.fields(Figures)]
    scores = [
        score_of("unet", "a_01", **{name: float(n) for n, name in enumerate(names)}),
        score_of("unet", "a_02", **{name: float(n) + 0.5 for n, name in enumerate(names)}),
    ]
    figures = ModelFigures.over(scores)
    assert figures.figures == {name: Interval(n + 0.25, None, None) for n, name in enumerate(names)}
    assert (figures.photographs, figures.faults, figures.ceiling) == (2, 0, None)


def test_several_cars_have_intervals(score_of):
    scores = [score_of("unet", f"{car}_01", dice=dice) for car, dice in (("a", 0.5), ("b", 1.0))]
    assert ModelFigures.over(scores).figures["dice"] == Interval(0.75, 0.5, 1.0)


def test_the_ceiling_is_of_the_photographs_where_it_is_known(score_of):
    ceilings = [0.5, -1.0, 1.0]
    scores = [score_of("unet", f"a_{n:02}", ceiling=each) for n, each in enumerate(ceilings)]
    assert ModelFigures.over(scores).ceiling == 0.75


def test_faults_count(score_of):
    scores = [score_of("unet", "a_01", dice=0.0, fault="no"), score_of("unet", "a_02", dice=1.0)]
    figures = ModelFigures.over(scores)
    assert figures.faults == 1
    assert figures.figures["dice"].mean == 0.5


def test_a_figure_that_is_not_finite_is_refused(score_of):
    with pytest.raises(ValueError, match="not finite"):
        ModelFigures.over([score_of("unet", "a_01", offset_x=float("nan"))])
