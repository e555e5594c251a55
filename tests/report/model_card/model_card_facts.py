"""Makes the facts of a model card by hand."""

import dataclasses
from typing import Any

from components.server_verdict import ServerVerdict
from evaluation.bootstrap import Interval
from evaluation.clause import Clause
from evaluation.evidence import Evidence
from evaluation.verdict import Verdict, judge
from pipeline.config import (
    FitConfig,
    GateConfig,
    InputConfig,
    ModelCardConfig,
    PhotographLimits,
    PredictionConfig,
    TrainerConfig,
    UNetConfig,
)
from report.model_card.card import DataFacts, ModelCardFacts, SplitFacts, WorstPhotograph
from report.results.fit_record import FitRecord
from report.results.score_slices import ScoreSlice
from tests.report.finished_run import scores_by_model

DICE = {"a_01": 0.99, "a_02": 0.97, "b_01": 0.98, "b_02": 0.94}
SERVED = ServerVerdict(
    blessed=True,
    checked=True,
    server="embedded",
    clauses=(Clause("fast over gRPC", True, "median 0.041 s", {}),),
)


def verdict_of(**changes: Any) -> Verdict:
    """Judges the photographs of two cars by the real rule."""
    scores = scores_by_model(DICE, **changes)
    return judge(Evidence(scores=scores, repeated=1, latencies={"a_01": 0.125}), GateConfig())


def fit_of(**changes: Any) -> FitRecord:
    """Makes the record of a fit."""
    known: dict[str, Any] = {
        "parameters": 5707905,
        "epochs": 120,
        "precision": "mixed_bfloat16",
        "replicas": 1,
        "started_from": "",
        "seconds": 2226.0,
        "threshold": 0.4921875,
        "val_dice": 0.98971,
        "val_photographs": 160,
        "config": TrainerConfig(
            "unet",
            InputConfig(height=96, width=144),
            UNetConfig(),
            FitConfig(learning_rate=0.0015, batch_size=8, seed=1),
            PredictionConfig(flip_average=True, enlarge="logits"),
            PhotographLimits(max_pixels=12_500_000, max_bytes=4_000_000),
        ),
        "history": {},
        "finished": "2026-11-23T16:24:11+00:00",
        "versions": {"Python": "3.10.13", "TensorFlow": "2.16.2"},
        "code": "0123456789abcdef",
    }
    return FitRecord(**known | changes)


def split_of(**changes: Any) -> SplitFacts:
    """Makes what is known of a split."""
    known: dict[str, Any] = {
        "poses": {pose: 20 for pose in range(1, 17)},
        "makes": {"Acme": 18, "Bolt": 2},
        "years": {2009: 4, 2016: 16},
        "sizes": {(1918, 1280): 320},
        "smallest_mask": ("s_09", 0.105),
        "largest_mask": ("l_13", 0.41),
    }
    return SplitFacts(**known | changes)


def data_of(**changes: Any) -> DataFacts:
    """Makes what is known of the data."""
    known: dict[str, Any] = {
        "photographs": {"train": 1320, "val": 32, "test": 4},
        "cars": {"train": 20, "val": 2, "test": 2},
        "splits": {"train": split_of(), "val": split_of(), "test": split_of(makes={"Acme": 2})},
        "span": "",
        "fingerprint": "",
        "quarantined": {},
        "cars_without_metadata": 0,
    }
    return DataFacts(**known | changes)


def facts_of(**changes: Any) -> ModelCardFacts:
    """Makes a card's facts; keyword arguments replace any of them."""
    known: dict[str, Any] = {
        "about": ModelCardConfig(),
        "digest": "a6f25175e3e8" + 52 * "0",
        "fit": fit_of(),
        "data": data_of(),
        "verdict": verdict_of(),
        "server_verdict": SERVED,
        "slices": {
            "pose": (
                ScoreSlice(2, 2, 2, Interval(0.955, 0.94, 0.97), ()),
                ScoreSlice(1, 2, 2, Interval(0.985, 0.98, 0.99), ()),
            ),
            "make": (
                ScoreSlice("Acme", 2, 1, Interval(0.96, None, None), ()),
                ScoreSlice("Bolt", 1, 1, Interval(0.98, None, None), ()),
            ),
        },
        "worst": (
            WorstPhotograph("b_02", 2, 0.94, True, ""),
            WorstPhotograph("a_02", -1, 0.97, False, ""),
        ),
        "suspects": 1,
        "ships_photographs": False,
    }
    return ModelCardFacts(**known | changes)


def about(**changes: Any) -> ModelCardConfig:
    """Makes a card's config."""
    return dataclasses.replace(ModelCardConfig(), **changes)
