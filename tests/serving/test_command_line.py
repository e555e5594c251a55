"""The studio-mask command, as its user meets it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from evaluation.score_table import SLICES
from serving.command_line import main


@pytest.fixture
def photographs(tmp_path, photograph):
    """A folder of three photographs."""
    folder = tmp_path / "photographs"
    (folder / "more").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(photograph(suffix=".jpg"))
    (folder / "b.png").write_bytes(photograph())
    (folder / "more" / "c.JPG").write_bytes(photograph(32, 8, ".jpg"))
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["mask", "in"],
        ["serve", "--port"],
        ["serve", "--model_base_path", "in", "--port", "70000"],
        ["evaluate", "--model", "127.0.0.1:8500"],
        ["evaluate", "--data", "."],
        ["evaluate", "--data", "nowhere", "--model", "127.0.0.1:8500"],
        ["evaluate", "--data", ".", "--model", "127.0.0.1:8500", "--slice", "colour"],
        ["evaluate", "--data", ".", "--model", "127.0.0.1:8500", "--workers", "0"],
        ["evaluate", "--data", ".", "--model", "nowhere"],
    ],
)
def test_arguments_that_make_no_sense(arguments):
    assert CliRunner().invoke(main, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "printed", "code"),
    [
        (["serve", "--help"], "--file_system_poll_wait_seconds", 0),
        (["mask", "--help"], "--feather", 0),
        (["evaluate", "--help"], "--slice", 0),
        (["lineage", "--help"], "--metadata", 0),
        (["rollback", "--help"], "--restore", 0),
        (["evaluate", "--data", ".", "--model", "nowhere"], "there is no folder nowhere", 2),
    ],
)
def test_help_does_not_wait_for_heavy_modules(arguments, printed, code):
    program = (
        "import sys; from serving.command_line import main\n"
        f"try: main({arguments})\n"
        "finally:\n"
        "  if {'tensorflow', 'grpc', 'numpy', 'cv2', 'tfx'} & set(sys.modules): sys.exit(99)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == code
    assert printed in done.stdout + done.stderr


def test_evaluate_hands_over_what_was_asked_for(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "evaluation.evaluate_command.run", lambda *given, **named: asked.append((given, named)) or 1
    )
    flags = "--model a=host:1 --model host:2 --slice make --slice year --workers 3 --force"
    arguments = ["evaluate", "--data", str(tmp_path), "--output", "here", *flags.split()]
    assert CliRunner().invoke(main, arguments).exit_code == 1
    known = {"slices": ("make", "year"), "model_name": "mask", "workers": 3, "force": True}
    assert asked == [((("a=host:1", "host:2"), tmp_path), {"output": Path("here"), **known})]


def test_evaluate_slices_by_pose_if_not_told_otherwise(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("evaluation.evaluate_command.run", lambda *_, **named: asked.append(named))
    CliRunner().invoke(main, ["evaluate", "--model", "host:1", "--data", str(tmp_path)])
    assert asked == [
        {
            "output": Path("evaluation"),
            "slices": ("pose",),
            "model_name": "mask",
            "workers": None,
            "force": False,
        }
    ]


def test_evaluate_offers_every_slice_that_can_be_shown():
    [option] = [each for each in main.commands["evaluate"].params if each.name == "slices"]
    assert set(option.type.choices) == set(SLICES)


def test_a_server_and_its_user_from_first_version_to_sigterm(
    mask_model, photographs, tmp_path, push, free_port, eventually
):
    """Two real processes: what they print, how they end, and that nothing else is on the screen."""
    command = [sys.executable, "-c", "from serving.command_line import main; main()"]
    where = ["--model_name=mask", "--host", "127.0.0.1", "--port", str(free_port)]
    # As a user has it: whoever sets these wants to hear the libraries.
    chatty = ("TF_CPP_MIN_LOG_LEVEL", "GRPC_VERBOSITY")
    environment = {name: value for name, value in os.environ.items() if name not in chatty}
    base_path = tmp_path / "mask"
    with (
        open(tmp_path / "stdout", "w+") as out,
        open(tmp_path / "stderr", "w+") as err,
        subprocess.Popen(
            [*command, "serve", "--embedded", "--model_base_path", str(base_path), *where],
            stdout=out,
            stderr=err,
            env=environment,
        ) as server,
    ):
        try:
            eventually(lambda: "Waiting" in (tmp_path / "stdout").read_text(), 30)
            base_path.mkdir()
            push(mask_model, base_path / "1")
            eventually(lambda: "Serving" in (tmp_path / "stdout").read_text(), 30)
            user = subprocess.run(
                [*command, "mask", str(photographs), str(tmp_path / "out")]
                + ["--server", f"127.0.0.1:{free_port}"],
                check=False,
                capture_output=True,
                text=True,
                env=environment,
            )
        finally:
            server.send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert server.wait(timeout=20) == 0
        assert time.monotonic() - started < 10
    assert (tmp_path / "stdout").read_text().splitlines() == [
        f"Waiting for a version in {base_path}",
        "mask version 1 AVAILABLE",
        f"Serving on 127.0.0.1:{free_port} (gRPC) (Ctrl-C stops)",
        "Stopped",
    ]
    assert (tmp_path / "stderr").read_text() == ""
    assert user.stderr == ""
    assert user.stdout.startswith("3 masked, 0 failed in ")
    assert user.returncode == 0
