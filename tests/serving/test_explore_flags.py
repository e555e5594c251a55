"""The flags of the explore command."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.command_line import main


@pytest.fixture
def asked(monkeypatch):
    """Keeps what the command was asked to do, instead of doing it."""
    calls = []
    monkeypatch.setattr(
        "report.explore_command.run", lambda *given, **named: calls.append((given, named)) or 3
    )
    return calls


def test_hands_over_what_was_asked_for(asked, tmp_path):
    flags = ["--data", str(tmp_path), "--output", "here.html", "--workers", "3", "--force"]
    assert CliRunner().invoke(main, ["explore", *flags]).exit_code == 3
    assert asked == [((tmp_path,), {"output": Path("here.html"), "force": True, "workers": 3})]


def test_what_it_does_if_not_told_otherwise(asked, tmp_path):
    CliRunner().invoke(main, ["explore", "--data", str(tmp_path)])
    known = {"output": Path("exploration.html"), "force": False, "workers": None}
    assert asked == [((tmp_path,), known)]


@pytest.mark.parametrize(
    "flags", [[], ["--data", "nowhere"], ["--data", ".", "--workers", "0"], ["--data", __file__]]
)
def test_flags_that_make_no_sense(asked, flags):
    assert CliRunner().invoke(main, ["explore", *flags]).exit_code == 2
    assert asked == []


def test_help_does_not_wait_for_heavy_modules():
    program = (
        "import sys; from serving.command_line import main\n"
        "try: main(['explore', '--help'])\n"
        "finally:\n"
        "  if {'tensorflow', 'numpy', 'cv2', 'matplotlib'} & set(sys.modules): sys.exit(99)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "--data" in done.stdout
