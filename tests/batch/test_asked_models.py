import json
import shutil
from pathlib import Path

import pytest

from batch.asked_models import asked_models, check_signature, read_member
from batch.batch_failed import BatchFailed
from batch.masking import ModelMember


@pytest.fixture
def served(exported, tmp_path):
    """A workdir with two versions, of which the alphabet would take the older one."""
    base = tmp_path / "workdir" / "serving_models" / "mask"
    for version in ("9", "10"):
        shutil.copytree(exported(), base / version)
    (base / ".incoming").mkdir()
    return tmp_path / "workdir"


def paths(*texts, workdir="nowhere"):
    return [member.path for member in asked_models(texts, str(workdir))]


def test_blessed_is_the_newest_version(served):
    newest = str(served / "serving_models" / "mask" / "10")
    assert paths("blessed", workdir=served) == [newest]


def test_a_folder_of_versions_or_one_of_them(served, monkeypatch):
    base = served / "serving_models" / "mask"
    assert paths(str(base)) == [str(base / "10")]
    assert paths(str(base / "9")) == [str(base / "9")]
    monkeypatch.chdir(base)
    assert paths("9", "10") == [str(base / "9"), str(base / "10")]


def test_a_card_tells_how_masks_are_made(exported):
    [member] = asked_models([exported()], "")
    assert member == ModelMember(exported(), 0.5, "probability", False, 1_000_000)


def test_a_card_that_does_not_say_how_large_files_may_be(exported, tmp_path):
    card = json.loads(Path(exported(), "model_card.json").read_text())
    del card["model_parameters"]["input_format_map"]
    (tmp_path / "model_card.json").write_text(json.dumps(card))
    assert read_member(str(tmp_path)).max_bytes is None


def test_a_model_without_a_card(tmp_path):
    assert read_member(str(tmp_path)) == ModelMember(str(tmp_path))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model_parameters": {}}'])
def test_a_card_that_is_none(tmp_path, content):
    (tmp_path / "model_card.json").write_text(content)
    with pytest.raises(BatchFailed, match="model_card.json cannot be read"):
        read_member(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blessed", "nothing has been pushed from .*empty yet: run local_runner.py first"),
        ("nowhere", "--model nowhere does not exist: give the folder of a SavedModel"),
        ("file", "--model file is a file"),
        ("empty", "--model empty holds neither saved_model.pb nor numbered versions"),
        ("gs://bucket/model", "models are loaded from folders; copy it"),
    ],
)
def test_what_is_no_model(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(BatchFailed, match=message):
        paths(text, workdir="empty")


def test_one_model_twice(served):
    base = served / "serving_models" / "mask"
    with pytest.raises(BatchFailed, match="mask/10 is given 2 times"):
        paths(str(base), str(base / "9"), str(base / "10"))


class TestSignature:
    def test_it_has(self, exported):
        check_signature(exported(), "rle", "image_bytes", "rle")

    @pytest.mark.parametrize(
        ("signature", "taken", "given"),
        [
            ("make", "image_bytes", "rle"),
            ("rle", "examples", "rle"),
            ("rle", "image_bytes", "mask_png_bytes"),
        ],
    )
    def test_it_has_not(self, exported, signature, taken, given):
        message = (
            f"has no signature {signature} from {taken} to {given} "
            r"\(it has: probability, rle, serving_default\): give a mask model"
        )
        with pytest.raises(BatchFailed, match=message):
            check_signature(exported(), signature, taken, given)

    @pytest.mark.parametrize("content", [b"", b"nonsense"])
    def test_no_saved_model(self, tmp_path, content):
        (tmp_path / "saved_model.pb").write_bytes(content)
        with pytest.raises(BatchFailed, match=r"saved_model\.pb is no SavedModel"):
            check_signature(str(tmp_path), "rle", "image_bytes", "rle")

    def test_no_file(self, tmp_path):
        with pytest.raises(BatchFailed, match=r"saved_model\.pb cannot be read"):
            check_signature(str(tmp_path), "rle", "image_bytes", "rle")
