"""The studio-mask command, as its user meets it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from evaluation.score_table import SLICES
from serving.command_line import main


@pytest.fixture
def mask(mask_server, monkeypatch):
    """Runs ``studio-mask mask`` against the shared server."""
    # The command silences warnings and libraries for its own process, not for this one.
    monkeypatch.setattr("serving.client.mask_command.silence_libraries", lambda: None)

    def run(*arguments, server=None):
        options = ["--server", server or mask_server.target]
        return CliRunner().invoke(main, ["mask", *map(str, arguments), *options])

    return run


@pytest.fixture
def photographs(tmp_path, photograph):
    """A folder of three photographs."""
    folder = tmp_path / "photographs"
    (folder / "more").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(photograph(suffix=".jpg"))
    (folder / "b.png").write_bytes(photograph())
    (folder / "more" / "c.JPG").write_bytes(photograph(32, 8, ".jpg"))
    return folder


def _summary(result):
    return re.sub(r" in [0-9.]+ s", "", result.output.splitlines()[-1])


def test_a_folder_of_photographs(mask, photographs, tmp_path):
    result = mask(photographs, tmp_path / "masks")
    assert result.exit_code == 0
    assert _summary(result) == f"3 masked, 0 failed: {tmp_path / 'masks'}"
    shapes = {
        str(path.relative_to(tmp_path / "masks")): cv2.imread(str(path), -1).shape
        for path in (tmp_path / "masks").rglob("*.*")
    }
    assert shapes == {"a.png": (16, 24), "b.png": (16, 24), "more/c.png": (8, 32)}


def test_one_photograph(mask, photographs, tmp_path):
    result = mask(photographs / "a.jpg", tmp_path / "mask.png")
    assert result.exit_code == 0
    assert result.output.startswith("1 masked, 0 failed in ")
    assert cv2.imread(str(tmp_path / "mask.png"), -1).shape == (16, 24)


def test_a_cutout(mask, photographs, tmp_path):
    result = mask(photographs / "b.png", tmp_path / "cutout.png", "--cutout")
    assert result.exit_code == 0
    cutout = cv2.imread(str(tmp_path / "cutout.png"), cv2.IMREAD_UNCHANGED)
    assert cutout.shape == (16, 24, 4)
    assert (cutout[:, :12] == 255).all()
    assert (cutout[:, 12:] == 0).all()


def test_a_file_that_fails_is_named_and_the_others_are_done(mask, photographs, tmp_path):
    (photographs / "bad [red].png").write_text("no picture")
    (photographs / "b.jpg").write_bytes((photographs / "a.jpg").read_bytes())
    result = mask(photographs, tmp_path / "masks")
    assert result.exit_code == 1
    assert _summary(result) == f"3 masked, 2 failed: {tmp_path / 'masks'}"
    lines = result.output.splitlines()
    assert f"{photographs / 'bad [red].png'}: Not a JPEG or PNG file: convert it first." in lines
    clash = f"{photographs / 'b.png'}: Its mask would overwrite that of {photographs / 'b.jpg'}"
    assert any(line.startswith(clash) for line in lines)
    assert len(lines) == 3


def test_a_file_name_that_is_no_text(mask, photographs, tmp_path):
    os.rename(os.fsencode(photographs / "a.jpg"), os.fsencode(photographs) + b"/\xff.jpg")
    (photographs / "b.png").write_bytes(b"")
    result = mask(photographs, tmp_path / "masks")
    assert _summary(result) == f"2 masked, 1 failed: {tmp_path / 'masks'}"
    assert os.path.exists(os.fsencode(tmp_path / "masks") + b"/\xff.png")


def test_without_a_server_it_stops_at_once(mask, photographs, tmp_path, free_port):
    result = mask(
        photographs, tmp_path / "masks", "--in-flight", 1, server=f"127.0.0.1:{free_port}"
    )
    assert result.exit_code == 1
    error, summary = result.output.splitlines()
    assert error.startswith(f"No model server answers at 127.0.0.1:{free_port}")
    assert summary.startswith("0 masked, 0 failed, 3 not done in ")


def test_an_unknown_model(mask, photographs, tmp_path):
    result = mask(photographs, tmp_path / "masks", "--model-name", "nope")
    assert result.exit_code == 1
    assert "does not serve a model 'nope'" in result.output.splitlines()[0]
    assert len(result.output.splitlines()) == 2


def test_an_output_that_cannot_be_written(mask, photographs, tmp_path):
    (tmp_path / "masks").write_text("a file where the folder should be")
    result = mask(photographs, tmp_path / "masks")
    assert result.exit_code == 1
    assert re.match(
        r"Cannot write .*masks.*Choose another OUTPUT\.$", result.output.splitlines()[0]
    )


@pytest.mark.parametrize(
    ("source", "message"), [("missing", "There is no "), ("", "No JPEG or PNG files in ")]
)
def test_nothing_to_mask(mask, tmp_path, source, message):
    result = mask(tmp_path / source, tmp_path / "masks")
    assert result.exit_code == 1
    assert result.output.startswith(message)
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["mask", "in", "out", "--in-flight", "0"],
        ["mask", "in", "out", "--timeout", "0"],
        ["mask", "in"],
        ["serve"],
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
        (["evaluate", "--help"], "--slice", 0),
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
    where = ["--host", "127.0.0.1", "--port", str(free_port)]
    # As a user has it: whoever sets these wants to hear the libraries.
    chatty = ("TF_CPP_MIN_LOG_LEVEL", "GRPC_VERBOSITY")
    environment = {name: value for name, value in os.environ.items() if name not in chatty}
    base_path = tmp_path / "mask"
    with (
        open(tmp_path / "stdout", "w+") as out,
        open(tmp_path / "stderr", "w+") as err,
        subprocess.Popen(
            [*command, "serve", "--model_base_path", str(base_path), *where],
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
        "Version 1 AVAILABLE",
        f"Serving mask on 127.0.0.1:{free_port} (Ctrl-C stops)",
        "Stopped",
    ]
    assert (tmp_path / "stderr").read_text() == ""
    assert user.stderr == ""
    assert user.stdout.startswith("3 masked, 0 failed in ")
    assert user.returncode == 0
