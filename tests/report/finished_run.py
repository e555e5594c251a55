"""Makes the folders of a run that is finished, by hand: what pages of a run are built from."""

import csv
import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from evaluation.evidence import BASELINES, BLESSED, CANDIDATE, Evidence
from evaluation.figures import Figures
from evaluation.label_audit import Suspect
from evaluation.photograph_score import PhotographScore
from evaluation.scores_csv import write_scores_csv
from evaluation.suspected_labels import write_suspects
from evaluation.verdict import VERDICT, judge
from pipeline.config import (
    AugmentationConfig,
    FitConfig,
    GateConfig,
    InputConfig,
    TrainerConfig,
    UNetConfig,
)
from report.run_files import RunFiles
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

MODELS = (CANDIDATE, *BASELINES)
RULE = GateConfig(dice_floor=0.5, slice_floor=0.5)


def score_of(model: str, image_id: str, dice: float = 0.9, **changes: Any) -> PhotographScore:
    """Makes a score; keyword arguments replace its fields."""
    group_id, _, pose = image_id.rpartition("_")
    known: dict[str, Any] = {
        "group_id": group_id,
        "pose": int(pose),
        "make": "Acme",
        "year": 2012,
        "height": 32,
        "width": 48,
        "mask_area": 0.22,
        "figures": Figures(dice, dice, dice, dice, dice, 1.5, 40, 0.0, 0.0, 0.0),
        "ceiling": 0.9975,
        "reply_bytes": 1000,
        "seconds": 0.25,
    }
    return PhotographScore(model=model, image_id=image_id, **known | changes)


class FinishedRun:
    """A run's folders, empty at first; each method leaves what a step of a run would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        fields = {field.name: "" for field in dataclasses.fields(RunFiles)}
        for name in fields:
            (folder / name).mkdir(parents=True)
            fields[name] = str(folder / name)
        self.files = RunFiles(
            **fields
            | {
                "fits": {name: self._made("fits", name) for name in MODELS},
                "models": {name: self._made("models", name) for name in MODELS},
                "make_fit": None,
                "make_evaluation": None,
            }
        )

    def _made(self, *names: str) -> str:
        folder = self.folder.joinpath(*names)
        folder.mkdir(parents=True)
        return str(folder)

    def fit(
        self,
        model: str = CANDIDATE,
        history: Mapping[str, Sequence[object]] | None = None,
        fit: Mapping[str, Any] | None = None,
        size: tuple[int, int] = (16, 24),
        **changes: Any,
    ) -> None:
        """Writes fit.json, and history.csv if there is one; ``fit`` goes to FitConfig."""
        told = FitConfig(**{"epochs": 3, "augmentation": AugmentationConfig(), **(fit or {})})
        record = {
            "model": model,
            "parameters": 1234567,
            "epochs": 3 if history else 0,
            "precision": "float32",
            "replicas": 1,
            "started_from": "",
            "seconds": 75.4,
            "threshold": 0.5,
            "val_dice": 0.875,
            "val_photographs": 7,
            "config": dataclasses.asdict(
                TrainerConfig(model, InputConfig(*size), UNetConfig(), told)
            ),
        }
        folder = Path(self.files.fits[model])
        (folder / "fit.json").write_text(json.dumps(record | changes))
        if history is not None:
            lines = zip(*history.values(), strict=True)
            table = [["epoch", *history], *([n, *line] for n, line in enumerate(lines))]
            with (folder / "history.csv").open("w", newline="") as file:
                csv.writer(file).writerows(table)

    def score(
        self, scores: Mapping[str, Sequence[PhotographScore]], suspects: Sequence[Suspect] = ()
    ) -> None:
        """Writes scores.csv, the list of suspects, and the verdict of the real rule."""
        self.scores([each for of in scores.values() for each in of], suspects)
        verdict = judge(Evidence(scores=scores, repeated=1, latencies={"a_01": 0.125}), RULE)
        Path(self.files.evaluation, "verdict.json").write_bytes(VERDICT.dump_json(verdict))

    def scores(self, scores: Sequence[PhotographScore], suspects: Sequence[Suspect] = ()) -> None:
        """Writes scores.csv and the list of suspects alone."""
        folder = Path(self.files.evaluation)
        write_scores_csv(str(folder / "scores.csv"), scores)
        write_suspects(str(folder / "suspected_labels.jsonl"), suspects)

    def candidate(self, servable: Path) -> None:
        """Puts a servable where the U-Net's is."""
        Path(self.files.models[CANDIDATE], "Format-Serving").symlink_to(servable)


def scores_by_model(
    dice: Mapping[str, float | Mapping[str, Any]],
    cnn: float = 0.25,
    average_mask: float = 0.25,
    blessed: float | None = None,
) -> dict[str, list[PhotographScore]]:
    """Makes scores of all models from the U-Net's Dice, or fields, by image id.

    The others have one Dice on all photographs, with the same make, year and so on.
    """
    scores = {CANDIDATE: []}
    rivals = {"cnn": cnn, "average_mask": average_mask}
    if blessed is not None:
        rivals[BLESSED] = blessed
    for image_id, given in dice.items():
        fields = dict(given) if isinstance(given, Mapping) else {"dice": given}
        scores[CANDIDATE].append(score_of(CANDIDATE, image_id, **fields))
        fields.pop("fault", None)
        for name, value in rivals.items():
            scores.setdefault(name, []).append(score_of(name, image_id, **fields | {"dice": value}))
    return scores


def red_is_car(folder: Path) -> Path:
    """Exports a model: red is car, but not in the first 12 rows; it fails on 13 columns."""

    def mask_of(image: tf.Tensor) -> tf.Tensor:
        pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
        height, width = tf.unstack(tf.shape(pixels)[:2])
        with tf.control_dependencies([tf.debugging.Assert(width != 13, ["no 13 columns"])]):
            car = pixels[..., :1] > 128
        car = tf.logical_and(car, tf.range(height)[:, None, None] >= 12)
        return tf.io.encode_png(255 * tf.cast(car, tf.uint8))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)])
    def serve(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        masks = tf.map_fn(mask_of, image_bytes, fn_output_signature=tf.string)
        return {MASK_PNG_BYTES: masks}

    tf.saved_model.save(tf.Module(), str(folder), signatures={"serving_default": serve})
    return folder
