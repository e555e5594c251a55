"""Collects what a model card says from the artifacts of a run."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence

import tensorflow as tf
from tfx.utils import path_utils

from components.gate import VERDICT_FILE
from components.quarantine import COUNTS_FILE
from components.server_check import SERVER_CHECK_FILE
from components.server_verdict import SERVER_VERDICT, ServerVerdict
from evaluation.evidence import CANDIDATE
from evaluation.photograph_score import PhotographScore
from evaluation.slices import MASK_AREA, area_band
from pipeline import features
from pipeline.config import ModelCardConfig
from report.data.data_statistics import PhotographStatistics
from report.model_card.card import DataFacts, ModelCardFacts, SplitFacts, WorstPhotograph
from report.model_card.model_digest import model_digest
from report.read_json import read_json
from report.results.fit_record import read_fit
from report.results.run_results import read_results
from report.results.score_slices import ScoreSlice, Value, score_slices
from serving.server.warmup_requests import WARMUP_FILE
from trainer.fit import FIT_FILE

_WORST = 5


def read_model_card(
    about: ModelCardConfig,
    *,
    servable: str,
    fit: str,
    evaluation: str,
    quarantine: str,
    infra_blessing: str | None = None,
    photographs: Sequence[PhotographStatistics] = (),
    span: str = "",
    fingerprint: str = "",
) -> ModelCardFacts:
    """Collects the facts.

    Args:
        about: What the run cannot know.
        servable: The candidate's SavedModel.
        fit: Folder of the candidate's ``model_run``.
        evaluation: Folder of the Gate's evaluation.
        quarantine: Folder of PhotographExampleGen's Quarantine.
        infra_blessing: Folder of ServerCheck's InfraBlessing; None where the run has none.
        photographs: Every photograph in numbers; without them the card says less of the data.
        span: Of the data, as it is shown.
        fingerprint: Of the data.

    Raises:
        ValueError: If a file is missing or holds something else; the message names it.
    """
    record = read_fit(fit)
    if record is None:
        raise ValueError(f"no {FIT_FILE} in {fit}: is this a Trainer's model_run?")
    results = read_results(evaluation)
    scores = results.scores.get(CANDIDATE)
    if results.verdict is None or not scores:
        raise ValueError(
            f"{evaluation} holds no {VERDICT_FILE}, or no score of {CANDIDATE}: is this the Gate's "
            "evaluation?"
        )
    suspects = None if results.suspects is None else {each.image_id for each in results.suspects}
    worst = sorted(scores, key=lambda score: (score.figures.dice, score.image_id))[:_WORST]
    return ModelCardFacts(
        about=about,
        digest=model_digest(servable),
        fit=record,
        data=_data(quarantine, photographs, span, fingerprint),
        verdict=results.verdict,
        server_verdict=_server_verdict(infra_blessing),
        slices=_slices(scores),
        worst=tuple(
            WorstPhotograph(
                score.image_id,
                score.pose,
                score.figures.dice,
                score.image_id in (suspects or ()),
                score.fault,
            )
            for score in worst
        ),
        suspects=None if suspects is None else len(suspects),
        ships_photographs=infra_blessing is not None
        and tf.io.gfile.exists(
            os.path.join(path_utils.stamped_model_path(infra_blessing), WARMUP_FILE)
        ),
    )


def _server_verdict(infra_blessing: str | None) -> ServerVerdict | None:
    found = None if infra_blessing is None else read_json(infra_blessing, SERVER_CHECK_FILE)
    return None if found is None else SERVER_VERDICT.validate_python(found)


def _slices(scores: Sequence[PhotographScore]) -> dict[str, tuple[ScoreSlice, ...]]:
    """Slices by what scores.csv knows of a photograph, whatever the gate's TFMA was told."""
    values: dict[str, Mapping[str, Value]] = {
        features.POSE: {each.image_id: each.pose for each in scores},
        features.MAKE: {each.image_id: each.make for each in scores},
        features.YEAR: {each.image_id: each.year for each in scores},
        MASK_AREA: {each.image_id: area_band(each.mask_area) for each in scores},
    }
    slices = {}
    for feature, by_photograph in values.items():
        of = score_slices(scores, feature, by_photograph)
        if len(of) > 1:
            slices[feature] = tuple(sorted(of, key=lambda each: each.dice.mean))
    return slices


def _data(
    quarantine: str, photographs: Sequence[PhotographStatistics], span: str, fingerprint: str
) -> DataFacts:
    counts = read_json(quarantine, COUNTS_FILE)
    if counts is None:
        raise ValueError(f"no {COUNTS_FILE} in {quarantine}: is this a Quarantine?")
    by_split: dict[str, list[PhotographStatistics]] = {}
    for each in photographs:
        by_split.setdefault(each.split, []).append(each)
    return DataFacts(
        photographs=counts["photographs"],
        cars=counts["groups"],
        splits={split: _split(by_split[split]) for split in features.SPLITS if split in by_split},
        span=span,
        fingerprint=fingerprint,
        quarantined=counts["quarantined"],
        cars_without_metadata=len(counts["groups_without_metadata"]),
    )


def _split(photographs: Sequence[PhotographStatistics]) -> SplitFacts:
    cars = {each.photograph.group_id: each.photograph for each in photographs}
    areas = sorted(
        (each.mask_area, each.photograph.image_id)
        for each in photographs
        if each.mask_area is not None
    )
    return SplitFacts(
        poses=_sorted(Counter(each.photograph.pose for each in photographs)),
        makes=_sorted(Counter(car.make for car in cars.values())),
        years=_sorted(Counter(car.year for car in cars.values())),
        sizes=_sorted(Counter((each.width, each.height) for each in photographs)),
        smallest_mask=(areas[0][1], areas[0][0]) if areas else None,
        largest_mask=(areas[-1][1], areas[-1][0]) if areas else None,
    )


def _sorted(counts: Counter) -> dict:
    return dict(sorted(counts.items()))
