import csv
import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import jsonschema
import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx import v1 as tfx

from components.gate import Gate
from pipeline import features
from pipeline.config import (
    GATE_CONFIG,
    GateConfig,
    InputConfig,
    PhotographLimits,
    PredictionConfig,
)
from tests.batch.exported_models import Preprocessing
from trainer import signatures
from trainer.prediction import predict
from trainer.preprocessing import small_image
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES, PROBABILITY
from trainer.threshold import fit_threshold

Model = tfx.types.standard_artifacts.Model
HEIGHT, WIDTH = 64, 96
CARS, POSES = 4, 3
# A photograph of 96x64 has no fiftieth of a pixel: limits that fit its size.
RULE = GateConfig(
    dice_floor=0.8, slice_floor=0.7, max_area_error=0.05, max_offset=0.015, worst_photographs=2
)


def _mask(car: int, pose: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (44 + 3 * car, 32), (24 + 2 * pose, 14 + car), 0, 0, 360, 255, -1)
    return mask


@pytest.fixture(scope="module")
def photograph(raw_example, file_of) -> Callable[..., tf.train.Example]:
    """An ellipse of red on grey; the blue of the first pixel is the pose."""

    def make(car: int, pose: int, name: str = "car") -> tf.train.Example:
        mask = _mask(car, pose)
        pixels = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
        pixels[mask > 0, 0] = 200
        pixels[0, 0, 2] = pose
        # No two photographs are the same file.
        pixels[0, 1] = car
        return raw_example(
            f"{name}{car}_{pose:02}",
            WIDTH,
            HEIGHT,
            image=file_of(pixels, "PNG"),
            mask=file_of(mask, "PNG"),
            make=b"Acme" if car % 2 else b"Bolt",
        )

    return make


@pytest.fixture(scope="module")
def model_of(tmp_path_factory) -> Callable[..., Path]:
    """Exports a model that sees the red and then errs as it is told to."""

    def make(
        missed_rows: int = 0,
        to_the_right: int = 0,
        grown: int = 0,
        blind_in_pose: int = 0,
        noise: bool = False,
        nan: bool = False,
        nan_below_of: tuple[int, int] | None = None,
        refused: tuple[int, int] | None = None,
    ) -> Path:
        def is_of(pixels: tf.Tensor, car_and_pose: tuple[int, int] | None) -> tf.Tensor:
            known = tf.stack([pixels[0, 1, 0], pixels[0, 0, 2]])
            return tf.reduce_all(tf.cast(known, tf.int32) == list(car_and_pose or (-1, -1)))

        def car_of(image: tf.Tensor) -> tf.Tensor:
            pixels = tf.io.decode_png(image, channels=3)
            known = tf.debugging.Assert(~is_of(pixels, refused), ["over 40 megapixels"])
            with tf.control_dependencies([known]):
                pixels = tf.identity(pixels)
            car = tf.cast(pixels[..., 0] > 128, tf.float32)
            car *= tf.cast(tf.range(HEIGHT)[:, None] >= 16 + missed_rows, tf.float32)
            car = tf.roll(car, to_the_right, axis=1)
            if grown:
                size = 2 * grown + 1
                car = tf.nn.max_pool2d(car[None, ..., None], size, 1, "SAME")[0, ..., 0]
            if blind_in_pose:
                blind = tf.cast(pixels[0, 0, 2], tf.int32) == blind_in_pose
                seen = tf.cast(tf.range(WIDTH)[None] < WIDTH // 2, tf.float32)
                car = tf.where(blind, car * seen, car)
            if noise:
                car *= tf.cast(tf.random.uniform([HEIGHT, WIDTH]) > 0.01, tf.float32)
            below = tf.range(HEIGHT)[:, None] >= HEIGHT * 5 // 8
            no_number = tf.logical_and(is_of(pixels, nan_below_of), below)
            car = tf.where(no_number, float("nan"), car)
            return car * float("nan") if nan else car

        def encode(image: tf.Tensor) -> tf.Tensor:
            return tf.io.encode_png(tf.cast(car_of(image) > 0.5, tf.uint8)[..., None] * 255)

        spec = [tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)]

        @tf.function(input_signature=spec)
        def serve(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            return {MASK_PNG_BYTES: tf.map_fn(encode, image_bytes, fn_output_signature=tf.string)}

        @tf.function(input_signature=spec)
        def probability(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            probabilities = tf.map_fn(car_of, image_bytes, fn_output_signature=tf.float32)
            return {PROBABILITY: tf.ensure_shape(probabilities, [None, HEIGHT, WIDTH])}

        folder = tmp_path_factory.mktemp("models") / "Format-Serving"
        signatures = {"serving_default": serve, PROBABILITY: probability}
        tf.saved_model.save(tf.Module(), str(folder), signatures=signatures)
        return folder

    return make


@pytest.fixture(scope="module")
def judged(artifact, run_component, photograph, write_records, model_of):
    """Runs the gate on models that err in stated ways; returns its artifacts and verdict."""
    bad = model_of(missed_rows=20), model_of(missed_rows=16)

    def judged(candidate=None, blessed=None, leaked=(), rule=RULE, test=True):
        examples = artifact(tfx.types.standard_artifacts.Examples, "examples")
        splits = {
            "test": [photograph(c, p) for c in range(CARS) for p in range(1, POSES + 1)],
            "train": [photograph(9, 1), *leaked],
            "val": [photograph(8, 1)],
        }
        for split, records in splits.items():
            shown = records if test or split != "test" else []
            write_records(Path(examples.uri, f"Split-{split}", "data.gz"), shown)
        models = {
            "cnn": bad[0],
            "average_mask": bad[1],
        }
        models["candidate"] = (
            candidate if isinstance(candidate, Path) else model_of(**candidate or {})
        )
        if blessed is not None:
            models["blessed"] = model_of(**blessed)
        artifacts = {}
        for identity, (name, folder) in enumerate(models.items(), start=41):
            artifacts[name] = artifact(Model, name, identity)
            shutil.copytree(folder, Path(artifacts[name].uri, "Format-Serving"))
        outputs = run_component(
            Gate,
            {"examples": examples, **artifacts},
            config=GATE_CONFIG.dump_json(rule).decode(),
            code="any",
        )
        evaluation = Path(outputs["evaluation"].uri)
        verdict = json.loads((evaluation / "verdict.json").read_text())
        return outputs["blessing"], evaluation, verdict

    return judged


def _failed(verdict):
    return [clause["name"] for clause in verdict["clauses"] if not clause["passed"]]


def test_a_right_candidate_is_blessed(judged):
    blessing, evaluation, verdict = judged()
    assert _failed(verdict) == []
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == 43
    assert blessing.get_string_custom_property("current_model").endswith("/candidate")
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["BLESSED"]
    assert verdict["blessed"] is True
    assert verdict["dice"].keys() == {"unet", "cnn", "average_mask"}
    assert verdict["dice"]["unet"] == pytest.approx(1.0, abs=0.02)
    # The model sees the photograph at its own size: a perfect answer loses nothing.
    assert verdict["models"]["unet"]["ceiling"] == 1.0

    with (evaluation / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * CARS * POSES
    of_cnn = [float(row["dice"]) for row in rows if row["model"] == "cnn"]
    assert np.mean(of_cnn) == pytest.approx(verdict["dice"]["cnn"])
    assert len(list((evaluation / "worst").iterdir())) == RULE.worst_photographs
    assert (evaluation / "suspected_labels.jsonl").exists()


def test_tfma_reads_the_evaluation(judged):
    _, evaluation, verdict = judged()
    result = tfma.load_eval_result(str(evaluation), model_name="cnn")
    by_slice = {slice_key: metrics[""][""] for slice_key, metrics in result.slicing_metrics}
    figures = verdict["models"]["cnn"]["figures"]
    for name in ("dice", "iou", "boundary_f1", "boundary_distance", "false_area"):
        value = by_slice[()][name]["boundedValue"]
        assert value["value"] == pytest.approx(figures[name]["mean"])
        assert value["lowerBound"] == pytest.approx(figures[name]["low"])
        assert value["upperBound"] == pytest.approx(figures[name]["high"])
    features = {key[0][0] for key in by_slice if key}
    assert features == set(RULE.slices)
    assert {key[0][1] for key in by_slice if key and key[0][0] == "make"} == {"Acme", "Bolt"}


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        pytest.param({"to_the_right": 3}, "no systematic offset", id="fitted on shifted masks"),
        pytest.param({"grown": 1}, "no systematic error of area", id="threshold too low"),
        pytest.param({"noise": True}, "same reply twice", id="not the same twice"),
    ],
)
def test_blocks_for_one_reason(judged, candidate, reason):
    blessing, _, verdict = judged(candidate)
    assert _failed(verdict) == [reason]
    assert blessing.get_int_custom_property("blessed") == 0
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["NOT_BLESSED"]
    [clause] = [clause for clause in verdict["clauses"] if not clause["passed"]]
    assert clause["photographs"]


def test_blocks_what_is_no_better_than_the_baselines(judged):
    _, _, verdict = judged({"missed_rows": 20})
    assert {"beats cnn", "beats average_mask", "good enough"} <= set(_failed(verdict))


def test_blocks_probabilities_that_are_no_numbers(judged):
    _, _, verdict = judged({"nan": True})
    assert {"answers every photograph", "probabilities are finite"} <= set(_failed(verdict))
    reasons = {clause["name"]: clause["reason"] for clause in verdict["clauses"]}
    assert "the probabilities hold NaN or infinity" in reasons["answers every photograph"]


def test_blocks_a_few_probabilities_that_are_no_numbers(judged):
    """Cut at the threshold they are backdrop, and only the mask is a bad one."""
    few = dataclasses.replace(RULE, repeated_photographs=1)
    _, _, verdict = judged({"nan_below_of": (1, 2)}, rule=few)
    [clause] = [c for c in verdict["clauses"] if c["name"] == "probabilities are finite"]
    assert not clause["passed"]
    assert clause["photographs"] == ["car1_02"]
    assert "answers every photograph" not in _failed(verdict)


def test_a_photograph_that_the_blessed_model_refuses_keeps_no_better_one_out(judged):
    refuses = {"refused": (1, 2), "missed_rows": 3}
    most = dataclasses.replace(RULE, max_rival_faults=0.1)
    for rule, failed in ((most, []), (RULE, ["rivals answer"])):
        blessing, _, verdict = judged({}, blessed=refuses, rule=rule)
        assert _failed(verdict) == failed
        assert blessing.get_int_custom_property("blessed") == (not failed)
        [clause] = [c for c in verdict["clauses"] if c["name"] == "rivals answer"]
        assert clause["photographs"] == ["car1_02"]
        assert "blessed failed on 1 of 12 photographs (8.3%), first on car1_02" in clause["reason"]
        assert "over 40 megapixels" in clause["reason"]
        assert verdict["models"]["blessed"]["faults"] == 1


@pytest.fixture(scope="module")
def soft_model() -> keras.Model:
    """A model whose probabilities rise over three pixels of the outline."""
    model = keras.Sequential(
        [keras.Input((HEIGHT, WIDTH, 3)), keras.layers.Conv2D(1, 3, padding="same")]
    )
    kernel = np.zeros((3, 3, 3, 1))
    kernel[:, :, 0] = 20 / 9
    # Between the red of car and backdrop.
    model.set_weights([kernel, np.array([-20 * 130 / 255])])
    return model


@pytest.fixture(scope="module")
def exported(soft_model, tmp_path_factory) -> Callable[[float], Path]:
    """Exports the soft model with a threshold, as the Trainer does."""

    def export(threshold: float) -> Path:
        folder = tmp_path_factory.mktemp("thresholds") / "Format-Serving"
        size = InputConfig(height=HEIGHT, width=WIDTH)
        signatures.export(
            soft_model,
            Preprocessing(size),
            size,
            threshold,
            str(folder),
            PredictionConfig(),
            PhotographLimits(),
        )
        return folder

    return export


@pytest.fixture(scope="module")
def fitted_threshold(soft_model, photograph) -> float:
    """The threshold that the Trainer would fit on val."""
    [image], [mask] = (
        photograph(8, 1).features.feature[name].bytes_list.value
        for name in (features.IMAGE, features.MASK)
    )
    pixels = tf.cast(small_image(tf.constant(image), HEIGHT, WIDTH), tf.float32) / 255.0
    scores = predict(soft_model, pixels[None], PredictionConfig())[0].numpy()
    return fit_threshold([(scores, mask)], PredictionConfig()).value


class TestThreshold:
    RULE = dataclasses.replace(RULE, max_area_error=GateConfig().max_area_error)

    def test_the_fitted_one_passes(self, judged, exported, fitted_threshold):
        _, _, verdict = judged(exported(fitted_threshold), rule=self.RULE)
        assert _failed(verdict) == []

    @pytest.mark.parametrize(("wrong", "sign"), [(0.05, 1), (0.95, -1)])
    def test_a_wrong_one_is_blocked_for_the_masks_area(self, judged, exported, wrong, sign):
        blessing, _, verdict = judged(exported(wrong), rule=self.RULE)
        assert blessing.get_int_custom_property("blessed") == 0
        assert _failed(verdict) == ["no systematic error of area"]
        [clause] = [c for c in verdict["clauses"] if not c["passed"]]
        assert 0.02 < sign * clause["numbers"]["area_error"] < 0.15
        assert len(clause["photographs"]) == CARS * POSES
        assert verdict["dice"]["unet"] > GateConfig().dice_floor


def test_blocks_the_blessed_model_with_one_pose_broken(judged):
    _, _, verdict = judged({"blind_in_pose": 2}, blessed={})
    failed = _failed(verdict)
    assert failed[1:] == ["no weak pose", "no pose worse than the last blessed model's"]
    [clause] = [c for c in verdict["clauses"] if c["name"] == failed[-1]]
    assert "pose 2" in clause["reason"]
    assert {identity[-3:] for identity in clause["photographs"]} == {"_02"}


def test_blocks_a_split_that_leaks(judged, photograph):
    # The same car under its own id, and a test photograph under another car's.
    renamed = photograph(1, 2, name="other")
    for leaked, named in ((photograph(0, 1), "car0"), (renamed, "other1_02")):
        _, _, verdict = judged(leaked=[leaked])
        assert _failed(verdict) == ["nothing is in two splits"]
        [clause] = [c for c in verdict["clauses"] if c["name"] == "nothing is in two splits"]
        assert named in clause["reason"]


def test_a_slightly_better_candidate_passes_and_a_worse_one_does_not(judged):
    _, _, verdict = judged({}, blessed={"missed_rows": 3})
    assert _failed(verdict) == []
    _, _, verdict = judged({"missed_rows": 3}, blessed={})
    assert "not worse than the last blessed model" in _failed(verdict)


def test_the_same_models_get_the_same_verdict_twice(judged):
    first, second = (judged({"missed_rows": 3}, blessed={})[2] for _ in range(2))
    for verdict in (first, second):
        # How long a reply took is the one thing that is not the same.
        [latency] = [c for c in verdict["clauses"] if c["name"] == "fast replies"]
        verdict["clauses"].remove(latency)
    assert first == second


def test_the_verdict_follows_its_schema(judged):
    schema = json.loads((Path(__file__).parents[2] / "docs/verdict.schema.json").read_text())
    jsonschema.validate(judged()[2], schema)


def test_an_empty_test_split_stops_the_run(judged):
    with pytest.raises(ValueError, match="no photograph"):
        judged(test=False)


def test_worst_photographs_are_limited_by_the_rule(judged):
    _, evaluation, _ = judged(rule=dataclasses.replace(RULE, worst_photographs=1))
    assert len(list((evaluation / "worst").iterdir())) == 1
