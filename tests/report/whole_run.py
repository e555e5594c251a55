"""Fills the folders of a run with everything that its page shows, tiny, and with hostile names."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from components.server_verdict import SERVER_VERDICT, ServerVerdict
from evaluation.clause import Clause
from pipeline import features
from pipeline.config import FitConfig, InputConfig, TrainerConfig, UNetConfig
from report.data.data_statistics import DataStatistics, PhotographStatistics
from report.data.stored_statistics import write_statistics
from report.picture import picture_of
from report.run_files import RunFiles
from tests.report.finished_run import FinishedRun, red_is_car, scores_by_model
from trainer.models.cnn import build_cnn
from trainer.models.unet import build_unet

SIZE = InputConfig(height=16, width=24)
SHAPE = UNetConfig(filters=4, depth=2)
# Of the test split; the last one's mask is as good as the median.
DICE = {
    "a_01": 0.95,
    "a_16": 0.5,
    "<script>alert(1)</script> & 'x'_03": 0.9,
    "\u8eca \u00fc_02": 0.99,
    "b_01": 0.1,
}
MEDIAN = "<script>alert(1)</script> & 'x'_03"
# Identities of which none may be missing on a run's page.
SECTIONS = frozenset(
    {
        *("summary", "photographs", "cars", "sizes", "samples", "mask-area", "average-masks"),
        *("colour", "near-duplicates", "quarantine", "drift", "training", "augmentation"),
        *("scores", "verdict", "dice-of-photographs", "slices", "thresholds", "comparisons"),
        *("suspected-labels", "network-unet", "network-cnn", "lineage", "serving"),
    }
)


def fit_networks(run: FinishedRun) -> None:
    """Leaves the weights and records of a U-Net and a CNN that were never fitted."""
    networks = {
        "unet": build_unet(SIZE.height, SIZE.width, SHAPE),
        "cnn": build_cnn(SIZE.height, SIZE.width),
    }
    for name, network in networks.items():
        network.save_weights(Path(run.files.models[name], "model.weights.h5"))
        shape = SHAPE if name == "unet" else UNetConfig()
        config = TrainerConfig(name, SIZE, shape, FitConfig(epochs=2))
        history = {
            "learning_rate": [0.001, 0.0005],
            "loss": [0.7, 0.5],
            "dice": [0.4, 0.6],
            "val_loss": [0.8, 0.6],
            "val_dice": [0.3, 0.5],
        }
        run.fit(
            name,
            history,
            config=dataclasses.asdict(config),
            threshold_curve=[0.5 + 0.4 * np.sin(level / 82.0) for level in range(256)],
        )
    run.fit("average_mask")


def write_examples(
    files: RunFiles, raw_example: Callable[..., Any], write_records: Callable[..., Path]
) -> None:
    """Writes the raw examples: the test split has a photograph of each score."""
    splits = {features.TEST: list(DICE), features.TRAIN: ["t_01", "t_02"], features.VAL: ["v_01"]}
    for split, image_ids in splits.items():
        records = [raw_example(image_id, 48, 32, seed) for seed, image_id in enumerate(image_ids)]
        write_records(Path(files.examples, f"Split-{split}", "data.gz"), records)


def whole_run(
    run: FinishedRun,
    raw_example: Callable[..., Any],
    write_records: Callable[..., Path],
    photograph_statistics: Callable[..., PhotographStatistics],
    data_statistics: Callable[..., DataStatistics],
) -> FinishedRun:
    """Fills all folders but those of TFDV, TFMA, Transform and the make classifier."""
    fit_networks(run)
    write_examples(run.files, raw_example, write_records)
    run.score(scores_by_model(DICE))
    run.candidate(red_is_car(run.folder / "servable"))
    counts = {
        "photographs": {"train": 2, "val": 1, "test": 5},
        "groups": {"train": 1, "val": 1, "test": 4},
        "quarantined": {"truncated image": 1},
        "groups_without_metadata": [],
    }
    Path(run.files.quarantine, "counts.json").write_text(json.dumps(counts))
    clause = Clause("runs in its server", True, "serves after 5.0 s", {})
    check = ServerVerdict(blessed=True, checked=True, server="embedded", clauses=(clause,))
    Path(run.files.infra_blessing, "server_check.json").write_bytes(SERVER_VERDICT.dump_json(check))
    noise = np.random.default_rng(0).integers(0, 255, (32, 48, 3), np.uint8)
    photographs = [
        photograph_statistics(image_id, split=split, mask_area=0.1 + 0.02 * place)
        for split, image_ids in (("test", DICE), ("train", ("t_01", "t_02")), ("val", ("v_01",)))
        for place, image_id in enumerate(image_ids)
    ]
    picture = picture_of(noise, "A photograph <b>", "t_01")
    statistics = data_statistics(
        *photographs,
        average_masks={None: noise[..., 0] / np.float32(255.0)},
        samples=(picture,),
        extremes=(picture,),
    )
    write_statistics(run.files.photograph_statistics, statistics)
    return run
