import shutil
from pathlib import Path

import numpy as np
import pytest

from report.network.median_photograph import median_photograph
from report.network.network_sections import network_sections
from report.network.rebuilt_model import rebuilt_model
from tests.report.finished_run import scores_by_model
from tests.report.whole_run import DICE, MEDIAN, SIZE, fit_networks, write_examples
from trainer.models.unet import build_unet


@pytest.fixture
def run(finished_run, raw_example, write_records):
    fit_networks(finished_run)
    write_examples(finished_run.files, raw_example, write_records)
    finished_run.score(scores_by_model(DICE))
    return finished_run


def test_both_networks_on_the_median_photograph(run, read_page):
    unet, cnn = network_sections(run.files)
    assert (unet.identity, cnn.identity) == ("network-unet", "network-cnn")
    page = read_page(unet.html)
    assert MEDIAN in page.text
    assert "median: Dice 0.9000" in page.text
    assert "script" not in page.tags
    # The photograph, two levels down, centre, two up, logits, and the first filters.
    assert len(page.pictures) == 1 + 2 + 1 + 2 + 1 + 1
    assert "encoder1_out12x8, 8 maps" in page.text
    assert "4 filters, each of 3x3 pixels" in page.text
    assert all(np.ptp(pixels) > 20 for pixels in page.pictures)
    page = read_page(cnn.html)
    assert len(page.pictures) == 1 + 3 + 1
    assert "Dice" not in page.text
    assert len(unet.html) + len(cnn.html) < 300_000


def test_the_rebuilt_network_has_the_weights_that_were_saved(run):
    built, config = rebuilt_model(run.files.fits["unet"], run.files.models["unet"])
    expected = build_unet(SIZE.height, SIZE.width, config.unet)
    expected.load_weights(Path(run.files.models["unet"], "model.weights.h5"))
    image = np.random.default_rng(0).random((1, SIZE.height, SIZE.width, 3), np.float32)
    np.testing.assert_array_equal(built(image), expected(image))


def test_weights_that_are_gone(run, read_page):
    Path(run.files.models["cnn"], "model.weights.h5").unlink()
    unet, cnn = network_sections(run.files)
    assert "are not there" in read_page(cnn.html).text
    assert "encoder0_out" in unet.html


def test_weights_of_another_network(run):
    shutil.copy(
        Path(run.files.models["cnn"], "model.weights.h5"),
        Path(run.files.models["unet"], "model.weights.h5"),
    )
    with pytest.raises(ValueError, match="(?i)layer"):
        network_sections(run.files)


def test_without_scores_the_first_photograph(run, read_page):
    Path(run.files.evaluation, "scores.csv").unlink()
    photograph, dice = median_photograph(run.files.examples, run.files.evaluation)
    assert (photograph.image_id, dice) == (next(iter(DICE)), None)
    assert "median" not in read_page(network_sections(run.files)[0].html).text


def test_of_an_even_number_the_worse_one_of_the_middle(run):
    run.score(scores_by_model({name: DICE[name] for name in list(DICE)[:4]}))
    photograph, dice = median_photograph(run.files.examples, run.files.evaluation)
    assert (photograph.image_id, dice) == (MEDIAN, 0.9)


def test_no_test_split(run):
    shutil.rmtree(Path(run.files.examples, "Split-test"))
    with pytest.raises(LookupError, match="holds no photograph <script>"):
        network_sections(run.files)
