"""The gate: scores the candidate beside its rivals and blesses it, or says why not."""

import csv
import dataclasses
import json
import os

from tfx import v1 as tfx

from components import verdict
from components.score import score
from components.servable_path import servable_path
from pipeline import features
from pipeline.config import GATE_CONFIG

VERDICT_FILE = "verdict.json"
SCORES_FILE = "scores.csv"

_Model = tfx.types.standard_artifacts.Model


@tfx.dsl.components.component
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
) -> None:
    """Scores all models on the test split and applies the rule of components/verdict.py.

    Args:
        config: A GateConfig as JSON.
        code: Digest of the code that decides the verdict; changes what is cached.
        examples: What PhotographExampleGen wrote.
        candidate: The U-Net.
        cnn: Baseline.
        average_mask: Baseline.
        evaluation: Output: ``verdict.json``, ``scores.csv`` (a row per model and photograph).
        blessing: Output, as TFX's Pusher and Resolver expect it.
        blessed: The last blessed model, if there is one.
    """
    del code
    models = {
        verdict.CANDIDATE: servable_path(candidate),
        "cnn": servable_path(cnn),
        "average_mask": servable_path(average_mask),
    }
    if blessed is not None:
        models[verdict.BLESSED] = servable_path(blessed)
    scores = score(os.path.join(examples.uri, f"Split-{features.TEST}"), models)
    ruling = verdict.judge(scores, GATE_CONFIG.validate_json(config))

    with tfx.dsl.io.fileio.open(os.path.join(evaluation.uri, SCORES_FILE), "w") as file:
        rows = csv.writer(file)
        rows.writerow(["model", "image_id", "group_id", "pose", "dice", "fault"])
        for name, of_model in scores.items():
            rows.writerows([name, *dataclasses.astuple(each)] for each in of_model)
    with tfx.dsl.io.fileio.open(os.path.join(evaluation.uri, VERDICT_FILE), "w") as file:
        file.write(json.dumps(dataclasses.asdict(ruling), indent=2))

    # The names that TFX's Pusher and LatestBlessedModelStrategy read.
    blessing.set_int_custom_property("blessed", int(ruling.blessed))
    blessing.set_string_custom_property("current_model", candidate.uri)
    blessing.set_int_custom_property("current_model_id", candidate.id)
    marker = "BLESSED" if ruling.blessed else "NOT_BLESSED"
    with tfx.dsl.io.fileio.open(os.path.join(blessing.uri, marker), "w") as file:
        file.write("")
