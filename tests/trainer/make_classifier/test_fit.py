import csv
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.config import MAKE_TRAINER_CONFIG, MakeTrainerConfig, PhotographLimits
from serving.server.servable import Servable
from tests.trainer.make_classifier.coloured_cars import COLOURS, FIT
from trainer.fit_progress import FitProgress
from trainer.make_classifier import fit as fit_module
from trainer.make_classifier.fit import run_fn
from trainer.make_classifier.signature import MAKES, PROBABILITIES
from trainer.models.make_classifier import build_make_classifier
from trainer.signatures import IMAGE_BYTES


def answers(step, *files):
    with Servable.load(step.model) as servable:
        reply = servable.predict({IMAGE_BYTES: np.array(files, dtype=object)})
    return [[make.decode() for make in row] for row in reply[MAKES]], reply[PROBABILITIES]


def test_the_record_tells_how_it_went(fitted, transformed):
    record = fitted.record
    assert {each["make"]: (each["photographs"], each["cars"]) for each in record["makes"]} == {
        make: (4, 2) for make in COLOURS
    }
    # The vocabulary's order, which is the model's.
    assert record["makes"][0]["make"] == "Bolt"
    assert record["left_out"] == {
        "train": {"without_make": 2, "unseen": 0},
        "val": {"without_make": 2, "unseen": 2},
    }
    assert record["not_fitted"] == ""
    assert record["parameters"] == build_make_classifier(16, 24, 3).count_params()
    assert record["val_photographs"] == 4
    assert record["val_accuracy"] == 1.0
    assert 1 <= record["best_epoch"] <= record["epochs"] <= FIT.epochs
    assert record["precision"] == "float32"
    assert record["seconds"] > 0
    config = MAKE_TRAINER_CONFIG.validate_python(record["config"])
    assert config == MakeTrainerConfig(transformed.size, FIT, PhotographLimits())


def test_the_history_has_a_row_per_epoch_and_the_best_was_kept(fitted):
    with (fitted.run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == fitted.record["epochs"]
    assert rows[0].keys() >= {"accuracy", "top_5_accuracy", "loss", "val_accuracy", "val_loss"}
    losses = [float(row["val_loss"]) for row in rows]
    assert losses.index(min(losses)) + 1 == fitted.record["best_epoch"]
    assert float(rows[0]["learning_rate"]) == pytest.approx(FIT.learning_rate)


def test_the_exported_model_knows_the_cars(fitted, coloured, file_of):
    photographs = [file_of(coloured(make, 77, 48, 72), "PNG") for make in COLOURS]
    makes, probabilities = answers(fitted, *photographs)
    assert [row[0] for row in makes] == list(COLOURS)
    # There are three makes, so that there are no five answers.
    assert all(sorted(row) == sorted(COLOURS) for row in makes)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)
    assert (np.diff(probabilities, axis=1) <= 0).all()


def test_the_weights_beside_are_the_exported_models(fitted, coloured, file_of):
    model = build_make_classifier(16, 24, 3)
    model.load_weights(fitted.model.parent / "model.weights.h5")
    pixels = coloured("Acme", 5)
    [makes], [probabilities] = answers(fitted, file_of(pixels, "PNG"))
    expected = model(pixels[None] / 255.0).numpy()[0]
    np.testing.assert_allclose(probabilities, np.sort(expected)[::-1], atol=1e-5)
    assert makes[0] == fitted.record["makes"][int(expected.argmax())]["make"]


def test_nothing_is_left_of_the_backup(fitted):
    [folder] = fitted.fits.iterdir()
    assert folder.name.startswith("make-")
    assert sorted(path.name for path in folder.iterdir()) == ["history.csv", "tensorboard"]


SHORT = dataclasses.replace(FIT, epochs=4, patience=4)
CARS = [("Acme", "a"), ("Bolt", "b")], [("Bolt", "c"), ("Acme", "d")]


@pytest.fixture(scope="module")
def whole(fit_makes, tmp_path_factory):
    """A short fit that nothing has disturbed."""
    return fit_makes(tmp_path_factory.mktemp("whole"), *CARS, SHORT)


def assert_close(step, whole, rtol):
    for row, same in zip(rows_of(step), rows_of(whole), strict=True):
        np.testing.assert_allclose(row, same, rtol=rtol)


def rows_of(step):
    _, *rows = (step.run / "history.csv").read_text().splitlines()
    return [list(map(float, row.split(","))) for row in rows]


def test_a_killed_fit_goes_on_to_the_result_it_would_have_had(
    whole, fit_makes, tmp_path, monkeypatch
):
    class Killed(Exception):
        pass

    def kill(self, epoch, logs=None):
        if epoch == 2:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FitProgress, "on_epoch_end", kill)
        with pytest.raises(Killed):
            fit_makes(tmp_path, *CARS, SHORT)
    begun = []
    begin = FitProgress.on_epoch_begin
    monkeypatch.setattr(
        FitProgress,
        "on_epoch_begin",
        lambda self, epoch, logs=None: (begun.append(epoch), begin(self, epoch, logs)),
    )
    resumed = fit_makes(tmp_path, *CARS, SHORT)
    assert begun == [2, 3]
    for key in ("epochs", "best_epoch", "val_accuracy"):
        assert resumed.record[key] == whole.record[key], key
    assert [row[0] for row in rows_of(resumed)] == [0, 1, 2, 3]
    assert_close(resumed, whole, rtol=1e-4)


def test_another_seed_is_another_fit(whole, fit_makes, tmp_path):
    other = fit_makes(tmp_path, *CARS, dataclasses.replace(SHORT, seed=4))
    with pytest.raises(AssertionError):
        assert_close(other, whole, rtol=1e-2)


class TestNothingToLearn:
    def test_no_make_at_all(self, fit_makes, tmp_path):
        step = fit_makes(tmp_path, [("", "a"), ("", "b")], [("", "c")])
        assert step.record["makes"] == []
        assert "no photograph of the training split has a make" in step.record["not_fitted"]
        assert step.record["left_out"]["train"] == {"without_make": 4, "unseen": 0}
        assert step.record["val_accuracy"] is None
        assert step.record["epochs"] == step.record["best_epoch"] == 0
        # TFX looks for the folder; there is no model to put into it.
        assert list(step.model.iterdir()) == []
        assert not (step.run / "history.csv").exists()

    def test_one_make_only(self, fit_makes, tmp_path):
        step = fit_makes(tmp_path, [("Acme", "a"), ("Acme", "b")], [("Acme", "c"), ("Bolt", "d")])
        assert step.record["not_fitted"] == "all cars of the training split are of one make, Acme"
        assert step.record["left_out"]["val"] == {"without_make": 0, "unseen": 2}
        assert list(step.model.iterdir()) == []

    def test_one_car_only(self, fit_makes, tmp_path):
        step = fit_makes(tmp_path, [("Acme", "a")], [])
        assert step.record["makes"] == [{"make": "Acme", "photographs": 2, "cars": 1}]
        assert step.record["val_photographs"] == step.record["epochs"] == 0
        assert list(step.model.iterdir()) == []

    def test_no_val_photograph_of_a_known_make(self, fit_makes, tmp_path):
        config = dataclasses.replace(FIT, epochs=3)
        step = fit_makes(tmp_path, [("Acme", "a"), ("Bolt", "b")], [("Zeta", "z")], config)
        assert step.record["epochs"] == 3
        assert step.record["val_accuracy"] is None
        header, *rows = (step.run / "history.csv").read_text().splitlines()
        assert "val_loss" not in header
        # The training loss chose.
        losses = [float(row.split(",")[header.split(",").index("loss")]) for row in rows]
        assert step.record["best_epoch"] == losses.index(min(losses)) + 1


def test_the_gpus_are_used_in_another_process(monkeypatch):
    called = []
    monkeypatch.setattr(fit_module, "gpus_are_hidden", lambda: True)
    monkeypatch.setattr(fit_module, "fit_in_gpu_process", lambda *given: called.append(given))
    arguments = SimpleNamespace(custom_config={})
    run_fn(arguments)
    assert called == [(arguments, "trainer.make_classifier.fit")]
