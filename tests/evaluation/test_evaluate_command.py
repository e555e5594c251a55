"""The whole command, from photographs in a folder to what is on the screen and in the output."""

import csv
import json
import os
import re
import shutil
import sys
from types import ModuleType, SimpleNamespace

import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from click import UsageError

from evaluation import evaluate_command
from pipeline import gpu
from serving.server.embedded_server import EmbeddedServer
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES


@pytest.fixture(scope="module")
def model_of(tmp_path_factory):
    """Exports a model that calls red pixels car, but for so many rows; -1 gives no mask at all."""

    def make(missed_rows=0):
        def mask_of(image):
            pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
            rows = tf.range(tf.shape(pixels)[0])[:, None, None]
            car = tf.logical_and(pixels[..., :1] > 128, rows >= missed_rows)
            return tf.io.encode_png(255 * tf.cast(car, tf.uint8))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)])
        def serve(image_bytes):
            masks = tf.map_fn(
                mask_of if missed_rows >= 0 else tf.identity,
                image_bytes,
                fn_output_signature=tf.string,
            )
            return {MASK_PNG_BYTES: masks}

        folder = tmp_path_factory.mktemp("models") / f"missing {missed_rows}" / "1"
        tf.saved_model.save(tf.Module(), str(folder), signatures={"serving_default": serve})
        return str(folder.parent)

    return make


@pytest.fixture(scope="module")
def perfect(model_of):
    return model_of()


@pytest.fixture
def photographs(folder_of, pixels_of_image, file_of, mask_file):
    """Four photographs of two cars, and a fifth without a mask."""
    ids = [f"{car}_{pose:02}" for car in "ab" for pose in (1, 2)]
    return folder_of(
        {
            f"{each}.png": file_of(pixels_of_image(24, 20, seed), "PNG")
            for seed, each in enumerate([*ids, "c_01"])
        },
        {f"{each}_mask.gif": mask_file(24, 20, seed) for seed, each in enumerate(ids)},
    )


@pytest.fixture
def evaluate(tmp_path, photographs, capfd, monkeypatch):
    """Runs the command; returns exit code and what is on the screen."""
    # It would hide them from all tests that come after.
    monkeypatch.setattr(gpu, "has_gpu", lambda: False)

    def evaluate(*models, **changes):
        known = {
            "data": photographs,
            "output": tmp_path / "out" / "evaluation",
            "slices": ("pose",),
            "model_name": "mask",
            "workers": 2,
            "force": False,
        }
        code = evaluate_command.run(models, **known | changes)
        return code, [" ".join(line.split()) for line in capfd.readouterr().out.splitlines()]

    return evaluate


def rows(folder):
    with (folder / "scores.csv").open() as file:
        return list(csv.DictReader(file))


def test_gpus_are_left_to_a_fit_that_runs_beside_it(evaluate, monkeypatch):
    monkeypatch.setattr(gpu, "has_gpu", lambda: True)
    for name in ("CUDA_VISIBLE_DEVICES", "STUDIO_MASK_HIDDEN_CUDA_DEVICES"):
        monkeypatch.setenv(name, "0")  # So that both are set back in the end.
    monkeypatch.delenv("STUDIO_MASK_HIDDEN_CUDA_DEVICES")
    loaded = {}

    class FolderEvaluation(ModuleType):
        """Stands for evaluation.folder_evaluation, which loads TensorFlow."""

        def __getattr__(self, name):
            loaded.update(os.environ)
            return lambda *_: SimpleNamespace(execute=lambda console: None)

    name = "evaluation.folder_evaluation"
    monkeypatch.setitem(sys.modules, name, FolderEvaluation(name))
    code, _ = evaluate("127.0.0.1:8500")
    assert code == 0
    assert loaded["CUDA_VISIBLE_DEVICES"] == "-1"


def test_two_models_on_a_folder(evaluate, perfect, model_of, tmp_path):
    code, screen = evaluate(f"good={perfect}", f"worse={model_of(8)}")
    output = tmp_path / "out" / "evaluation"
    assert code == 0
    scores = rows(output)
    assert [(row["model"], row["image_id"]) for row in scores] == [
        (model, image_id)
        for model in ("good", "worse")
        for image_id in ("a_01", "a_02", "b_01", "b_02")
    ]
    assert {row["dice"] for row in scores[:4]} == {"1.0"}
    worse = sum(float(row["dice"]) for row in scores[4:]) / 4
    assert 0 < worse < 1
    assert f"Dice 1.0000 {worse:.4f}" in screen
    assert "faults 0 of 4 0 of 4" in screen
    assert "Dice by pose photos good worse" in screen
    assert "Set aside: missing mask 1" in screen
    assert "c_01.png: missing mask: no train_masks/c_01_mask.gif or .png" in screen
    assert f"The log is {output}.log" in screen
    [aside] = (output / "quarantine.jsonl").read_text().splitlines()
    assert json.loads(aside)["reason"] == "missing mask"
    assert (output / "suspected_labels.jsonl").exists()
    assert "Worst photographs of good" in (output / "worst.html").read_text()
    assert len(list((output / "worst").iterdir())) == 4
    metrics = dict(tfma.load_eval_result(str(output), model_name="worse").slicing_metrics)
    assert metrics[()][""][""]["dice"]["boundedValue"]["value"] == pytest.approx(worse)
    assert sorted(path.name for path in output.parent.iterdir()) == [
        "evaluation",
        "evaluation.log",
    ]


def test_a_server_gives_the_figures_of_its_model(evaluate, model_of, tmp_path):
    base_path = model_of(8)
    with EmbeddedServer(base_path, "cars") as server:
        code, screen = evaluate(f"served={server.target}", f"file={base_path}", model_name="cars")
    assert code == 0
    served, loaded = [], []
    for row in rows(tmp_path / "out" / "evaluation"):
        (served if row["model"] == "served" else loaded).append(row)
    for one, other in zip(served, loaded, strict=True):
        assert {k: v for k, v in one.items() if k not in ("model", "seconds")} == {
            k: v for k, v in other.items() if k not in ("model", "seconds")
        }
    assert any(line.startswith("mean over photographs served file") for line in screen)


def test_a_model_that_masks_nothing_is_a_failure_that_is_written_down(evaluate, model_of, tmp_path):
    code, screen = evaluate(f"broken={model_of(-1)}")
    assert code == 1
    assert any(line.startswith("broken gave not one usable mask: ValueError: ") for line in screen)
    assert len(rows(tmp_path / "out" / "evaluation")) == 4


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("127.0.0.1:1", "No model server answers at 127.0.0.1:1"),
        ("FOLDER", "no model that can be loaded; give a folder with a saved_model.pb"),
    ],
)
def test_a_model_that_is_none_is_named_and_nothing_written(evaluate, tmp_path, place, message):
    place = place.replace("FOLDER", str(tmp_path))
    code, screen = evaluate(place)
    assert code == 1
    assert any(message in line for line in screen)
    assert f"The log is {tmp_path}/out/evaluation.log" in screen
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["evaluation.log"]


def test_photographs_without_masks(evaluate, perfect, photographs):
    shutil.rmtree(photographs / "train_masks")
    code, screen = evaluate(perfect)
    assert code == 1
    assert any("no photograph with a mask that can be used" in line for line in screen)
    assert "Set aside: missing mask 5" in screen


def test_photographs_that_turn_out_to_be_unusable(evaluate, perfect, photographs, tmp_path):
    for path in (photographs / "train_masks").iterdir():
        path.write_bytes(b"no mask")
    code, screen = evaluate(perfect)
    assert code == 1
    assert "Set aside: missing mask 1, undecodable mask 4" in screen
    assert not (tmp_path / "out" / "evaluation").exists()


def test_a_folder_of_other_things(evaluate, perfect, tmp_path):
    code, screen = evaluate(perfect, data=tmp_path)
    assert code == 1
    assert any("no photographs in train/" in line for line in screen)


def test_a_failure_has_its_trace_in_the_log(evaluate, perfect, photographs, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("out of luck")

    monkeypatch.setattr("evaluation.folder_evaluation.open_source", fail)
    code, screen = evaluate(perfect)
    assert code == 1
    assert "RuntimeError: out of luck" in screen
    assert "Traceback" not in "".join(screen)
    assert "Traceback" in (tmp_path / "out" / "evaluation.log").read_text()


def test_an_interrupt(evaluate, perfect, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("evaluation.folder_evaluation.read_scores", interrupt)
    code, screen = evaluate(perfect)
    assert code == 130
    assert "Interrupted; nothing was written." in screen
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["evaluation.log"]


def test_an_older_evaluation_is_replaced_only_with_force(evaluate, perfect, tmp_path):
    output = tmp_path / "out" / "evaluation"
    output.mkdir(parents=True)
    (output / "scores.csv").write_text("old")
    with pytest.raises(UsageError, match="holds an evaluation: .* --force"):
        evaluate(perfect)
    assert (output / "scores.csv").read_text() == "old"
    assert evaluate(perfect, force=True)[0] == 0
    assert len(rows(output)) == 4


def test_what_is_no_evaluation_is_never_replaced(evaluate, perfect, tmp_path):
    output = tmp_path / "out" / "evaluation"
    output.mkdir(parents=True)
    (output / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other things than an evaluation"):
        evaluate(perfect, force=True)
    assert (output / "thesis.txt").read_text() == "mine"


def test_an_output_that_cannot_be_made(evaluate, perfect, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        UsageError, match=re.escape(f"{tmp_path}/file/evaluation cannot be written")
    ):
        evaluate(perfect, output=tmp_path / "file" / "evaluation")


def test_a_model_that_is_nowhere(evaluate):
    with pytest.raises(UsageError, match="there is no folder nowhere"):
        evaluate("nowhere")
