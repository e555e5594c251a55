import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components.make_gate import MakeGate
from pipeline.config import MAKE_GATE_CONFIG, MakeGateConfig
from pipeline.progress import LOGGER
from trainer.make_classifier.signature import MAKES, PROBABILITIES
from trainer.signatures import IMAGE_BYTES

Model = tfx.types.standard_artifacts.Model
NAMES = ("Acme", "Bolt", "Cyan")
# The place of a make is the channel that its cars are painted in.
TEST = [
    *[("Acme", f"a{n}") for n in range(3)],
    *[("Bolt", f"b{n}") for n in range(3)],
    ("Cyan", "c"),
]
TRAIN = [("Acme", "t1"), ("Acme", "t2"), ("Bolt", "t3"), ("Cyan", "t4")]


@pytest.fixture(scope="module")
def model_of(tmp_path_factory) -> Callable[..., Path]:
    """Exports a model that answers with the brightest channel's make, or always the same."""

    def make(always: str = "", fails: bool = False) -> Path:
        names = tf.constant([always] if always else NAMES)

        def probabilities_of(image: tf.Tensor) -> tf.Tensor:
            pixels = tf.cast(tf.io.decode_png(image, channels=3), tf.float32)
            if fails:
                pixels = tf.ensure_shape(pixels, [1, 1, 3])
            mean = tf.reduce_mean(pixels, axis=[0, 1])
            return mean[:1] * 0 + 1.0 if always else mean / tf.reduce_sum(mean)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)])
        def serve(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            every = tf.map_fn(probabilities_of, image_bytes, fn_output_signature=tf.float32)
            best, places = tf.math.top_k(every, 1 if always else 3)
            return {MAKES: tf.gather(names, places), PROBABILITIES: best}

        folder = tmp_path_factory.mktemp("models") / "Format-Serving"
        tf.saved_model.save(tf.Module(), str(folder), signatures={"serving_default": serve})
        return folder

    return make


@pytest.fixture(scope="module")
def judged(artifact, run_component, raw_example, file_of, write_records, model_of):
    """Runs the gate on two photographs of each car; returns the blessing, folder and evaluation."""

    def photographs(cars):
        for make, car in cars:
            pixels = np.full((8, 12, 3), 40, np.uint8)
            pixels[..., NAMES.index(make) if make in NAMES else 0] = 200
            for pose in (1, 2):
                yield raw_example(
                    f"{car}_{pose:02}", 12, 8, image=file_of(pixels, "PNG"), make=make.encode()
                )

    def judged(candidate=None, blessed=None, train=TRAIN, test=TEST, rule=MakeGateConfig()):  # noqa: B008
        examples = artifact(tfx.types.standard_artifacts.Examples, "examples")
        for split, cars in (("train", train), ("val", []), ("test", test)):
            write_records(Path(examples.uri, f"Split-{split}", "data.gz"), list(photographs(cars)))
        artifacts = {"candidate": artifact(Model, "candidate", 43)}
        if candidate is not None:
            shutil.copytree(
                model_of(**candidate), Path(artifacts["candidate"].uri, "Format-Serving")
            )
        if blessed is not None:
            artifacts["blessed"] = artifact(Model, "blessed", 44)
            shutil.copytree(model_of(**blessed), Path(artifacts["blessed"].uri, "Format-Serving"))
        outputs = run_component(
            MakeGate,
            {"examples": examples, **artifacts},
            config=MAKE_GATE_CONFIG.dump_json(rule).decode(),
            code="any",
        )
        folder = Path(outputs["evaluation"].uri)
        evaluation = json.loads((folder / "make_evaluation.json").read_text())
        return outputs["blessing"], folder, evaluation

    return judged


def failed(evaluation):
    return [clause["name"] for clause in evaluation["clauses"] if not clause["passed"]]


def test_a_right_model_is_blessed(judged):
    blessing, folder, evaluation = judged({})
    assert failed(evaluation) == []
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == 43
    assert blessing.get_string_custom_property("current_model").endswith("/candidate")
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["BLESSED"]
    shares = evaluation["models"]["make"]["all_makes"]
    assert (shares["photographs"], shares["cars"], shares["top_1"]["mean"]) == (14, 7, 1.0)
    assert evaluation["majority"] == "Acme"
    assert evaluation["models"]["majority"]["all_makes"]["top_1"]["mean"] == pytest.approx(3 / 7)

    with (folder / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 14
    assert rows[6] == {
        "image_id": "b0_01",
        "group_id": "b0",
        "make": "Bolt",
        "answer": "Bolt",
        "probability": "0.7143",  # 200 of 280
        "rank": "1",
        "fault": "",
    }


def test_the_majority_class_is_not_blessed(judged):
    blessing, _, evaluation = judged({"always": "Acme"})
    assert failed(evaluation) == ["beats the majority class"]
    assert blessing.get_int_custom_property("blessed") == 0
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["NOT_BLESSED"]


def test_it_is_compared_with_the_last_blessed_model(judged):
    rule = MakeGateConfig(majority_margin=-1.0)
    _, _, worse = judged({"always": "Cyan"}, blessed={}, rule=rule)
    assert failed(worse) == ["not worse than the last blessed make classifier"]
    assert worse["models"]["blessed"]["all_makes"]["top_1"]["mean"] == 1.0
    _, _, better = judged({}, blessed={"always": "Cyan"}, rule=rule)
    assert failed(better) == []


def test_unknown_makes_are_left_out_and_unseen_ones_counted_apart(judged):
    _, folder, evaluation = judged({}, test=[*TEST, ("", "n"), ("Zeta", "z")])
    assert evaluation["without_make"] == 2
    assert evaluation["models"]["make"]["all_makes"]["photographs"] == 16
    assert evaluation["models"]["make"]["seen_makes"]["photographs"] == 14
    assert evaluation["models"]["make"]["seen_makes"]["top_1"]["mean"] == 1.0
    [zeta] = [row for row in evaluation["makes"] if row["make"] == "Zeta"]
    assert (zeta["train_photographs"], zeta["test_photographs"], zeta["right"]) == (0, 2, 0)
    assert "n_01" not in (folder / "answers.csv").read_text()


def test_a_model_that_fails_is_blocked(judged):
    _, folder, evaluation = judged({"fails": True})
    assert failed(evaluation) == ["answers every photograph", "beats the majority class"]
    with (folder / "answers.csv").open() as file:
        assert all(row["fault"] and not row["answer"] for row in csv.DictReader(file))


@pytest.mark.parametrize(
    ("train", "test", "reason"),
    [
        pytest.param([("", "t")], [("", "a")], "training split has a make", id="no metadata"),
        pytest.param(TRAIN, [("", "a"), ("", "b")], "test split has a make", id="none in test"),
        pytest.param([("Acme", "t")], TEST, "all cars .* are of one make, Acme", id="one car"),
        pytest.param([], [], "training split has a make", id="no photographs"),
    ],
)
def test_without_makes_it_is_rejected_and_nobody_is_asked(judged, train, test, reason):
    # The Trainer leaves no model then.
    blessing, folder, evaluation = judged(None, train=train, test=test)
    assert blessing.get_int_custom_property("blessed") == 0
    assert [path.name for path in Path(blessing.uri).iterdir()] == ["NOT_BLESSED"]
    assert failed(evaluation) == ["there are makes to judge by"]
    assert re.search(reason, evaluation["clauses"][0]["reason"])
    assert evaluation["models"] == {}
    assert not (folder / "answers.csv").exists()


def test_it_says_how_far_it_is(judged, caplog):
    with caplog.at_level("INFO", LOGGER.name):
        judged({}, test=[*TEST, ("", "n")])
    totals = [record.advance.total for record in caplog.records if hasattr(record, "advance")]
    assert totals == [14] * 14
