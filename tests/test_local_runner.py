from pathlib import Path

import pytest
from click.testing import CliRunner

from local_runner import main


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Runs with arguments that must be refused before anything is written; returns the text."""

    def refused(*arguments):
        monkeypatch.chdir(tmp_path)
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2
        assert list(Path().iterdir()) == []
        return " ".join(result.output.split())

    return refused


def test_a_preset_that_does_not_exist(refused):
    text = refused("--preset", "samples")
    assert "Invalid value for --preset: 'samples' is none of: sample, carvana-128" in text


def test_a_preset_that_needs_photographs(refused):
    text = refused("--preset", "carvana-128")
    assert "Error: --preset carvana-128 needs --data DIR, a folder of photographs" in text


def test_a_folder_that_does_not_exist(refused):
    assert "Directory 'nowhere' does not exist" in refused("--data", "nowhere")


def test_a_file_in_place_of_the_folder(refused):
    assert f"Directory '{__file__}' is a file" in refused("--data", __file__)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epochs", "Error: --set epochs: write key=value, e.g. unet_fit.epochs=3"),
        ("epochs=3", "Error: --set epochs=3: no field 'epochs'; the fields are data.val_fraction"),
        (
            "unet_fit.epochs=-1",
            "Error: --set: unet_fit.epochs: Input should be greater than or equal to 0",
        ),
        ("input.height=100", "input.height=100 must be a multiple of"),
    ],
)
def test_an_override_that_cannot_be_used(refused, override, message):
    assert message in refused("--set", override)


def test_an_address_of_metadata_that_cannot_be_used(refused):
    message = refused("--metadata", "mysql://ann:geheim@db")
    assert "Invalid value for --metadata: mysql://ann:***@db: user, host or database" in message
    assert "geheim" not in message


def test_a_flag_that_does_not_exist(refused):
    assert "No such option" in refused("--fail")


def test_help_names_every_flag():
    result = CliRunner().invoke(main, ["-h"])
    assert result.exit_code == 0
    for flag in (
        "--preset",
        "--data DIR|URL|PATTERN",
        "--workdir",
        "--set KEY=VALUE",
        "--beam-runner NAME",
        "--beam-option NAME=VALUE",
        "--metadata URL",
        "--worker-image IMAGE",
        "--shared-folder DIR",
        "--make-classifier",
        "--fail-if-rejected",
    ):
        assert flag in result.output


def test_a_workdir_that_cannot_be_written_ends_the_run_before_any_work(tmp_path):
    (tmp_path / "runs").write_text("a file")
    result = CliRunner().invoke(main, ("--workdir", str(tmp_path / "runs" / "sample")))
    assert result.exit_code == 1
    assert result.output == (
        f"Error: {tmp_path}/runs/sample cannot be written: Not a directory; take another folder, "
        "or mend its permissions\n"
    )
