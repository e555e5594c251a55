import os

import pytest

from evaluation.model_argument import ModelArgument, UnusableArgument, parse_models


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Makes folders below the current one."""
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for name in names:
            os.makedirs(name)

    return make


def names(*texts):
    return [model.name for model in parse_models(texts)]


def test_folders_and_servers(folders):
    folders("runs/mask")
    assert parse_models(["runs/mask", "studio.example:8500", "[::1]:80"]) == [
        ModelArgument("mask", "runs/mask", False),
        ModelArgument("studio.example:8500", "studio.example:8500", True),
        ModelArgument("[::1]:80", "[::1]:80", True),
    ]


def test_names_that_are_given(folders):
    folders("runs/mask", "a=b")
    assert parse_models(["new=runs/mask", "old-1=localhost:8500", "a=b"]) == [
        ModelArgument("new", "runs/mask", False),
        ModelArgument("old-1", "localhost:8500", True),
        ModelArgument("a=b", "a=b", False),  # There is such a folder.
    ]


def test_a_folder_named_like_a_server_is_a_folder(folders):
    folders("host:80")
    assert not parse_models(["host:80"])[0].is_server


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["s/mask/17"], ["mask"]),
        (["s/mask/1", "s/mask/2"], ["mask-1", "mask-2"]),
        (["s/mask", "s/mask/2"], ["mask", "mask-2"]),
        (["a/serving/mask", "b/serving/mask"], ["mask-a", "mask-b"]),
        (
            ["p/Trainer.cnn/model/6/Format-Serving", "p/Trainer.unet/model/7/Format-Serving"],
            ["Trainer.cnn", "Trainer.unet"],
        ),
    ],
)
def test_names_tell_folders_apart(folders, paths, expected):
    folders(*(path for path in paths if path != "s/mask"))
    assert names(*paths) == expected
    assert names(*reversed(paths)) == expected[::-1]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["nowhere"], "there is no folder nowhere, and a server is written HOST:PORT"),
        (["nowhere/mask:80"], "there is no folder nowhere/mask:80"),
        (["host:0"], "there is no folder host:0"),
        (["host:65536"], "there is no folder host:65536"),
        (["host"], "there is no folder host"),
        (["new=nowhere"], "there is no folder nowhere"),
        (["file"], "file is a file; give the folder"),
        (["mask", "x=mask"], "mask is given 2 times"),
        (["x=mask", "x=other"], "2 models would be called x: name them"),
        (["mask", "mask=other"], "2 models would be called mask"),
    ],
)
def test_what_cannot_be_meant(folders, tmp_path, texts, message):
    folders("mask", "other")
    (tmp_path / "file").touch()
    with pytest.raises(UnusableArgument, match=message):
        parse_models(texts)
