import subprocess

import pytest
import tensorflow as tf

from report.model_card.model_digest import model_digest


@pytest.fixture
def servable(tmp_path):
    folder = tmp_path / "with [brackets] and blanks"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph" * 300_000)
    (folder / "variables" / "variables.index").write_bytes(b"index")
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(b"weights" * 200_000)
    return folder


def test_is_what_the_card_tells_its_reader_to_compute(servable):
    command = "cat saved_model.pb variables/variables.* | sha256sum"
    printed = subprocess.run(
        command, shell=True, cwd=servable, check=True, capture_output=True, text=True
    ).stdout
    assert model_digest(str(servable)) == printed.split()[0]


def test_changes_with_graph_and_weights_and_nothing_else(servable):
    before = model_digest(str(servable))
    (servable / "model_card.md").write_text("a card")
    (servable / "variables" / "notes.txt").write_text("notes")
    assert model_digest(str(servable)) == before
    (servable / "variables" / "variables.index").write_bytes(b"other")
    assert model_digest(str(servable)) != before


def test_a_model_without_variables_has_one_too(servable):
    for file in (servable / "variables").iterdir():
        file.unlink()
    (servable / "variables").rmdir()
    assert len(model_digest(str(servable))) == 64


def test_no_model(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match=r"saved_model\.pb"):
        model_digest(str(tmp_path))
