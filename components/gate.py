"""The gate: evaluates the candidate beside its rivals and blesses it, or says why not."""

import dataclasses
import functools
import itertools
import os
from collections.abc import Callable

import apache_beam as beam
from tfx import v1 as tfx

from components.blessing import write_blessing
from components.servable_path import servable_path
from components.spans_of_photographs import spans_of_photographs
from evaluation.asked_model import AskedModel, ServableModel
from evaluation.evaluate import add_evaluation, read_scores, scores_by_model
from evaluation.evidence import BASELINES, BLESSED, CANDIDATE, Evidence
from evaluation.masked_photograph import (
    MaskedPhotograph,
    find_photographs,
    records_of,
    split_files,
)
from evaluation.probe import probe
from evaluation.probe_sample import probe_sample
from evaluation.score_photograph import ScoredPhotograph
from evaluation.scores_csv import SCORES_FILE, write_scores_csv
from evaluation.split_leaks import add_leak_search, read_leaks
from evaluation.suspected_labels import SUSPECTS_FILE, suspected_labels, write_suspects
from evaluation.verdict import VERDICT, judge
from evaluation.worst_of_model import write_worst_of
from pipeline import features
from pipeline.config import GATE_CONFIG, GateConfig

VERDICT_FILE = "verdict.json"
# The baselines are no judges of hand-made masks.
_JUDGES_OF_LABELS = (CANDIDATE, BLESSED)

_Model = tfx.types.standard_artifacts.Model


@tfx.dsl.components.component(use_beam=True)
def Gate(  # noqa: N802 - a component is named like a class
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    candidate: tfx.dsl.components.InputArtifact[_Model],
    cnn: tfx.dsl.components.InputArtifact[_Model],
    average_mask: tfx.dsl.components.InputArtifact[_Model],
    evaluation: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.ModelEvaluation],
    blessing: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.ModelBlessing],
    blessed: tfx.dsl.components.InputArtifact[_Model] = None,
    beam_pipeline: tfx.dsl.components.BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Scores all models on the test split and applies the rule of evaluation/verdict.py.

    Args:
        config: A GateConfig as JSON.
        code: Digest of the code that decides the verdict; changes what is cached.
        examples: What PhotographExampleGen wrote.
        candidate: The U-Net.
        cnn: Baseline.
        average_mask: Baseline.
        evaluation: Output: TFMA's result, ``verdict.json`` (docs/verdict.schema.json),
            ``scores.csv`` (a row per model and photograph), ``worst.html`` and
            ``suspected_labels.jsonl``.
        blessing: Output, as TFX's Pusher and Resolver expect it; written last.
        blessed: The last blessed model, if there is one.
        beam_pipeline: Filled in by TFX.
    """
    del code
    rule = GATE_CONFIG.validate_json(config)
    paths = {
        CANDIDATE: servable_path(candidate),
        **dict(zip(BASELINES, map(servable_path, (cnn, average_mask)), strict=True)),
    }
    if blessed is not None:
        paths[BLESSED] = servable_path(blessed)
    models: dict[str, Callable[[], AskedModel]] = {
        name: functools.partial(ServableModel.load, path) for name, path in paths.items()
    }
    files = {split: split_files(examples.uri, split) for split in features.SPLITS}
    with beam_pipeline as root:
        add_evaluation(
            root, files[features.TEST], models, evaluation.uri, rule.slices, _JUDGES_OF_LABELS
        )
        add_leak_search(root, files, evaluation.uri)
    scored = read_scores(evaluation.uri)
    write_suspects(os.path.join(evaluation.uri, SUSPECTS_FILE), suspected_labels(scored))
    scores = scores_by_model(scored)
    write_scores_csv(
        os.path.join(evaluation.uri, SCORES_FILE), itertools.chain.from_iterable(scores.values())
    )

    with ServableModel.load(paths[CANDIDATE]) as model:
        evidence = dataclasses.replace(
            _evidence(model, scored, files[features.TEST], evaluation.uri, rule),
            spans=spans_of_photographs(examples),
        )
        verdict = judge(evidence, rule)
        # Last, and by the same model: what a person looks at.
        write_worst_of(
            evaluation.uri,
            scores[CANDIDATE],
            model,
            functools.partial(find_photographs, files[features.TEST]),
            rule.worst_photographs,
        )
    with tfx.dsl.io.fileio.open(os.path.join(evaluation.uri, VERDICT_FILE), "wb") as file:
        file.write(VERDICT.dump_json(verdict, indent=2))

    write_blessing(blessing, candidate, verdict.blessed)


def _evidence(
    model: AskedModel,
    scored: list[ScoredPhotograph],
    paths: list[str],
    evaluation_uri: str,
    rule: GateConfig,
) -> Evidence:
    scores = scores_by_model(scored)
    sample = probe_sample(scores[CANDIDATE], rule.repeated_photographs)
    photographs = (
        p for p in map(MaskedPhotograph.parse, records_of(paths)) if p.image_id in sample
    )
    probed = probe(model, photographs, len(sample))
    return Evidence(
        scores=scores,
        leaks=read_leaks(evaluation_uri),
        unequal_repeats=probed.unequal_repeats,
        repeated=probed.repeated,
        latencies=probed.latencies,
        non_finite=probed.non_finite,
    )
