"""Hand-made scores and evidence, for all tests that judge some."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from evaluation.evidence import Evidence
from evaluation.figures import Figures
from evaluation.photograph_score import PhotographScore


@pytest.fixture(scope="session")
def score_of() -> Callable[..., PhotographScore]:
    """Makes a score; keyword arguments replace its fields and those of its figures."""

    def make(model: str, image_id: str, **changes: Any) -> PhotographScore:
        group_id, _, pose = image_id.rpartition("_")
        dice = changes.get("dice", 1.0)
        figures = Figures(dice, dice, dice, dice, dice, 0.5, 40, 0.0, 0.0, 0.0)
        names = {field.name for field in dataclasses.fields(Figures)}
        figures = dataclasses.replace(figures, **{k: v for k, v in changes.items() if k in names})
        fields: dict[str, Any] = {
            "model": model,
            "image_id": image_id,
            "group_id": group_id,
            "pose": int(pose),
            "make": "Acme",
            "year": 2012,
            "height": 500,
            "width": 1000,
            "mask_area": 0.25,
            "figures": figures,
            "ceiling": -1.0,
            "reply_bytes": 1000,
            "seconds": 0.25,
        }
        return PhotographScore(**fields | {k: v for k, v in changes.items() if k not in names})

    return make


@pytest.fixture(scope="session")
def evidence_of(score_of) -> Callable[..., Evidence]:
    """Makes evidence from the candidate's photographs.

    A model is given as its Dice, or its changes, by image_id; or as one Dice for all photographs of
    the candidate. Whatever is left out passes every clause.
    """

    def make(
        unet: Mapping[str, Any],
        cnn: Any = 0.0,
        average_mask: Any = 0.0,
        blessed: Any = None,
        **others: Any,
    ) -> Evidence:
        models = {"unet": unet, "cnn": cnn, "average_mask": average_mask}
        if blessed is not None:
            models["blessed"] = blessed
        scores = {}
        for name, given in models.items():
            by_id = given if isinstance(given, Mapping) else dict.fromkeys(unet, given)
            scores[name] = [
                score_of(name, image_id, **(each if isinstance(each, dict) else {"dice": each}))
                for image_id, each in by_id.items()
            ]
        return Evidence(**{"scores": scores, "repeated": 1, "latencies": {"a_01": 0.125}, **others})

    return make
