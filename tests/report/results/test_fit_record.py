import math
from pathlib import Path

import pytest

from report.results.fit_record import read_fit


@pytest.fixture
def read(finished_run):
    """Writes a fit and reads it."""

    def read(**changes):
        finished_run.fit(**changes)
        return read_fit(finished_run.files.fits["unet"])

    return read


def test_what_was_written_is_read(read):
    fit = read(
        history={"loss": [0.5, 0.25], "val_dice": [0.1, "nan"]},
        threshold_curve=[0.25, 0.5],
        started_from="/some/weights",
    )
    assert (fit.parameters, fit.seconds, fit.val_photographs) == (1234567, 75.4, 7)
    assert (fit.config.model, fit.config.fit.epochs) == ("unet", 3)
    assert fit.started_from == "/some/weights"
    assert fit.threshold_curve == (0.25, 0.5)
    assert fit.history["epoch"] == (0.0, 1.0)
    assert fit.history["loss"] == (0.5, 0.25)
    assert fit.history["val_dice"][0] == 0.1
    assert math.isnan(fit.history["val_dice"][1])


def test_an_older_fit_has_no_curve_and_one_that_ran_no_epoch_no_history(read):
    fit = read()
    assert fit.threshold_curve == ()
    assert fit.history == {}
    assert fit.best_epoch is None


def test_a_history_without_rows(read):
    assert read(history={"loss": []}).history == {}


@pytest.mark.parametrize(
    ("dice", "min_delta", "best"),
    [
        ([0.1, 0.3, 0.2], 0.0, 1),
        ([0.3, 0.3], 0.0, 0),
        # Only what is better by more than that counts, against the last that counted.
        ([0.5, 0.55, 0.59, 0.61], 0.1, 3),
        (["nan", 0.2, "nan"], 0.0, 1),
        (["nan"], 0.0, None),
    ],
)
def test_best_epoch(read, dice, min_delta, best):
    fit = read(history={"val_dice": dice}, fit={"min_delta": min_delta})
    assert fit.best_epoch == best


def test_no_fit(finished_run):
    assert read_fit(finished_run.files.fits["unet"]) is None


def test_a_file_that_is_no_record_is_named(read):
    with pytest.raises(ValueError, match=r"fits/unet/fit\.json is no record of a fit(?s:.)*loss"):
        read(config={"model": "unet", "fit": {"loss": "none such"}})


def test_a_history_that_is_none_is_named(read, finished_run):
    with pytest.raises(ValueError, match=r"history\.csv: a column .* no number: .*'much'"):
        read(history={"loss": ["much"]})
    Path(finished_run.files.fits["unet"], "history.csv").write_text("epoch,loss\n0\n")
    with pytest.raises(ValueError, match=r"history\.csv"):
        read_fit(finished_run.files.fits["unet"])
