"""Which models are believed about labels, and what they agree on.

A model must not be judged by the very label that it judges: the worst labels, on which every model
scores badly, would then have no judge. So it is judged by the other photographs.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from evaluation.label_objection import LabelObjection

# Median Dice over the other photographs from which a model is believed. On the challenge's
# photographs a fitted U-Net has 0.99 on the mean, the average mask 0.75 and a CNN of one epoch
# 0.59. The median, so that up to half of the labels may be wrong without unseating a good model.
JUDGES_FROM_DICE = 0.9


def judged_objections(
    objections: Sequence[Sequence[LabelObjection]], dice: Sequence[Mapping[str, float]]
) -> list[LabelObjection]:
    """Says of each label what all models that are worth asking have against it.

    Args:
        objections: Of each photograph those of all models, alone and in pairs.
        dice: Of each photograph every model's Dice by name, 0 where it gave no mask.

    Returns:
        One per photograph; without models where nobody is worth asking or gave a mask.
    """
    judges = _judges(dice)
    return [agreed(all_of_it, of) for all_of_it, of in zip(objections, judges, strict=True)]


def agreed(objections: Sequence[LabelObjection], judges: Collection[str]) -> LabelObjection:
    """Combines what some models have against one label to what all of them have.

    Of one or two models that is what was seen of them. Of more, what the two say that say least: a
    difference that all agree on is one for every two of them.

    Args:
        objections: Of all models, alone and in pairs.
        judges: Names of the models that count; those that gave no mask are left out.

    Returns:
        The objection, under the names of all that were heard.
    """
    heard = tuple(
        sorted(set(chain.from_iterable(each.models for each in objections)) & set(judges))
    )
    if not heard:
        return LabelObjection()
    voices = [
        each
        for each in objections
        if len(each.models) == min(len(heard), 2) and set(each.models) <= set(heard)
    ]
    missing = min(voices, key=lambda each: each.missing)
    surplus = min(voices, key=lambda each: each.surplus)
    return LabelObjection(
        models=heard,
        missing=missing.missing,
        missing_piece=missing.missing_piece,
        missing_x=missing.missing_x,
        missing_y=missing.missing_y,
        surplus=surplus.surplus,
        surplus_piece=surplus.surplus_piece,
        surplus_x=surplus.surplus_x,
        surplus_y=surplus.surplus_y,
        shift_x=_least([each.shift_x for each in voices]),
        shift_y=_least([each.shift_y for each in voices]),
        growth=_least([each.growth for each in voices]),
    )


def _judges(dice: Sequence[Mapping[str, float]]) -> list[set[str]]:
    """Returns for each photograph the models that do well on the others."""
    judges: list[set[str]] = [set() for _ in dice]
    for model in set(chain.from_iterable(dice)):
        of_model = [index for index, each in enumerate(dice) if model in each]
        medians = _medians_of_the_others(np.array([dice[index][model] for index in of_model]))
        for index, median in zip(of_model, medians, strict=True):
            if median >= JUDGES_FROM_DICE:
                judges[index].add(model)
    return judges


def _medians_of_the_others(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns for each of [N] values the median of all others; 0 where there is no other."""
    count = len(values)
    if count < 2:
        return np.zeros(count)
    order = np.argsort(values, kind="stable")
    ordered, rank = values[order], np.empty(count, np.intp)
    rank[order] = np.arange(count)
    # The middle one or two of the others; from its own rank on they are one further.
    low, high = (count - 2) // 2, (count - 1) // 2
    return 0.5 * (ordered[low + (low >= rank)] + ordered[high + (high >= rank)])


def _least(values: Sequence[float]) -> float:
    """Returns the value nearest 0; 0 where the signs differ."""
    if min(values) < 0 < max(values):
        return 0.0
    return min(values, key=abs)
