from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from studio import cli

FLAGS = ["--cars", "1", "--test-cars", "1", "--width", "48", "--height", "32", "--poses", "2"]


def _run(*arguments: str) -> Result:
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:  # From click 8.2 on the two streams are always kept apart.
        runner = CliRunner()
    return runner.invoke(cli.main, list(arguments))


def test_it_says_what_it_wrote_where(tmp_path: Path):
    out = tmp_path / "sample"
    result = _run("--out", str(out), *FLAGS)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "Wrote 2 photographs with masks of 1 cars and 2 photographs without, 48x32, "
    )
    assert f"to {out} in " in result.stdout
    assert len(result.stdout.splitlines()) == 1
    assert len(list((out / "train").iterdir())) == 2


def test_a_second_run_has_nothing_to_do(tmp_path: Path):
    out = str(tmp_path / "sample")
    assert _run("--out", out, *FLAGS).exit_code == 0
    again = _run("--out", out, *FLAGS)
    assert again.exit_code == 0
    assert again.stdout == f"{out} already holds this rendering; nothing to do.\n"


def test_a_folder_with_something_else_is_refused(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    result = _run("--out", str(tmp_path), *FLAGS)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert f"{tmp_path} is not empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_bad_value_is_named(tmp_path: Path):
    result = _run("--out", str(tmp_path / "out"), "--poses", "17")
    assert result.exit_code == 2
    assert "poses must be from 1 to 16, not 17" in result.stderr


def test_a_long_rendering_shows_its_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli, "BAR_AFTER_S", -1.0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = _run("--out", str(tmp_path / "out"), *FLAGS)
    assert result.exit_code == 0
    assert "Rendering" in result.stderr
