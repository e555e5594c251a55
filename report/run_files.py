"""Where the files of one run lie: what the sections about a run are built from."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RunFiles:
    """The folders of a run's artifacts, each on any file system that TensorFlow reads.

    Attributes:
        examples: Of PhotographExampleGen: ``Split-<name>/*.gz``, raw examples.
        quarantine: Of PhotographExampleGen, see components/quarantine.py.
        photograph_statistics: Of PhotographStatistics: every photograph in numbers.
        data_statistics: Of StatisticsGen, TFDV's.
        drift: Of DriftCheck.
        transform_graph: Of Transform.
        transformed_examples: Of Transform: ``Split-<name>/*.gz``.
        fits: By model (``unet``, ``cnn``, ``average_mask``), the Trainer's ``model_run``: fit.json,
            and history.csv where something was fitted.
        models: By model, the Trainer's ``model``: the servable and its weights.
        evaluation: Of the Gate: verdict.json, scores.csv, TFMA's result.
        infra_blessing: Of ServerCheck: server_check.json.
        pushed_model: Of the Pusher.
        model_card: Of ModelCard.
        make_fit: The make classifier's ``model_run``; None where the run has none.
        make_evaluation: Of its gate; None where the run has none.
    """

    examples: str
    quarantine: str
    photograph_statistics: str
    data_statistics: str
    drift: str
    transform_graph: str
    transformed_examples: str
    fits: Mapping[str, str]
    models: Mapping[str, str]
    evaluation: str
    infra_blessing: str
    pushed_model: str
    model_card: str
    make_fit: str | None = None
    make_evaluation: str | None = None
