"""studio-mask mask, as its user meets it."""

import csv
import os
import re
import signal
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from serving.command_line import main
from tests.serving.client.fake_servers import PNG_START, Script


@pytest.fixture
def mask(mask_server, monkeypatch):
    """Runs ``studio-mask mask`` against the shared server."""
    # The command silences warnings and libraries for its own process, not for this one.
    monkeypatch.setattr("serving.client.mask_command.silence_libraries", lambda: None)

    def run(*arguments, server=None, stdin=None):
        options = ["--server", server or mask_server.target]
        return CliRunner().invoke(main, ["mask", *map(str, arguments), *options], input=stdin)

    return run


@pytest.fixture
def photographs(tmp_path, photograph):
    """A folder of three photographs, their left halves white."""
    folder = tmp_path / "photographs"
    (folder / "more").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(photograph(suffix=".jpg"))
    (folder / "b.png").write_bytes(photograph())
    (folder / "more" / "c.JPG").write_bytes(photograph(32, 8, ".jpg"))
    return folder


def _summary(result):
    return re.sub(r" in [0-9.]+ s", "", result.output.splitlines()[-1])


def _shapes(folder):
    return {
        str(path.relative_to(folder)): cv2.imread(str(path), cv2.IMREAD_UNCHANGED).shape
        for path in folder.rglob("*.*")
    }


def test_a_folder_of_photographs_and_the_run_after_it(mask, photographs, tmp_path):
    result = mask(photographs, tmp_path / "masks")
    assert result.exit_code == 0
    assert _summary(result) == f"3 masked, 0 failed: {tmp_path / 'masks'}"
    assert len(result.output.splitlines()) == 1
    shapes = {"a.png": (16, 24), "b.png": (16, 24), "more/c.png": (8, 32)}
    assert _shapes(tmp_path / "masks") == shapes
    (tmp_path / "masks" / "b.png").unlink()
    again = mask(photographs, tmp_path / "masks")
    assert again.exit_code == 0
    assert _summary(again) == f"1 masked, 2 already there, 0 failed: {tmp_path / 'masks'}"
    assert _shapes(tmp_path / "masks") == shapes


def test_one_photograph_is_not_overwritten_without_force(mask, photographs, tmp_path):
    path = tmp_path / "mask.png"
    result = mask(photographs / "a.jpg", path)
    assert result.exit_code == 0
    assert result.output.startswith("1 masked, 0 failed in ")
    assert cv2.imread(str(path), cv2.IMREAD_UNCHANGED).shape == (16, 24)
    path.write_bytes(b"mine")
    refused = mask(photographs / "a.jpg", path)
    assert refused.exit_code == 1
    assert refused.output == f"{path} is already there: --force replaces it.\n"
    assert path.read_bytes() == b"mine"
    assert mask(photographs / "a.jpg", path, "--force").exit_code == 0
    assert path.read_bytes().startswith(PNG_START)


def test_a_cutout(mask, photographs, tmp_path):
    result = mask(photographs / "b.png", tmp_path / "cutout.png", "--format", "cutout")
    assert result.exit_code == 0
    cutout = cv2.imread(str(tmp_path / "cutout.png"), cv2.IMREAD_UNCHANGED)
    assert cutout.shape == (16, 24, 4)
    assert (cutout[:, :12] == 255).all()
    assert (cutout[:, 12:] == 0).all()


def test_a_bilevel_mask(mask, photographs, tmp_path):
    assert mask(photographs / "b.png", tmp_path / "mask.png", "--format", "bilevel").exit_code == 0
    png = (tmp_path / "mask.png").read_bytes()
    assert png[24] == 1
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (decoded[:, :12] == 255).all()
    assert (decoded[:, 12:] == 0).all()


def test_a_feathered_mask(mask, photographs, tmp_path):
    assert mask(photographs / "b.png", tmp_path / "mask.png", "--feather", 2).exit_code == 0
    row = cv2.imread(str(tmp_path / "mask.png"), cv2.IMREAD_UNCHANGED)[8].astype(int)
    assert row[0] == 255
    assert row[-1] == 0
    assert 128 < row[11] < 165
    assert (np.diff(row) <= 0).all()


def test_composites_on_a_colour_and_on_a_picture(mask, photographs, tmp_path):
    arguments = ["--format", "composite", "--background", "#102030"]
    assert mask(photographs, tmp_path / "colour", *arguments).exit_code == 0
    made = cv2.imread(str(tmp_path / "colour" / "b.png"), cv2.IMREAD_UNCHANGED)
    assert (made[:, :12] == 255).all()
    assert (made[:, 12:] == (0x30, 0x20, 0x10)).all()

    cv2.imwrite(str(tmp_path / "sky.png"), np.full((5, 5, 3), (200, 100, 50), np.uint8))
    arguments = ["--format", "composite", "--background", tmp_path / "sky.png"]
    assert mask(photographs, tmp_path / "sky", *arguments, "--jpeg-quality", 90).exit_code == 0
    assert sorted(_shapes(tmp_path / "sky")) == ["a.jpg", "b.jpg", "more/c.jpg"]
    made = cv2.imread(str(tmp_path / "sky" / "b.jpg"))
    np.testing.assert_allclose(made[8, 20], (200, 100, 50), atol=6)
    assert (tmp_path / "sky" / "b.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_a_background_that_is_no_picture(mask, photographs, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    arguments = ["--format", "composite", "--background", notes]
    result = mask(photographs, tmp_path / "out", *arguments)
    assert result.exit_code == 1
    assert result.output.startswith(f"The background {notes}: Cannot decode")
    assert not (tmp_path / "out").exists()


def test_run_lengths_in_one_table_and_the_run_after_it(mask, photographs, tmp_path):
    table = tmp_path / "masks.csv"
    assert mask(photographs, table, "--format", "rle").exit_code == 0
    first = table.read_bytes()
    with table.open(newline="") as file:
        rows = list(csv.reader(file))
    # What the tests' model answers: one run, as long as the object is large.
    assert rows[0] == ["img", "rle_mask"]
    assert dict(rows[1:]) == {"a.jpg": "1 192", "b.png": "1 192", "more/c.JPG": "1 128"}
    table.write_bytes(first[: first.rindex(b"\n", 0, -1) + 5])
    again = mask(photographs, table, "--format", "rle")
    assert _summary(again) == f"1 masked, 2 already there, 0 failed: {table}"
    assert table.read_bytes() == first


def test_through_a_pipe(mask, photographs, tmp_path, photograph):
    result = mask("-", "-", stdin=photograph(10, 6))
    assert result.exit_code == 0
    decoded = cv2.imdecode(np.frombuffer(result.stdout_bytes, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded.shape == (6, 10)
    assert (decoded[:, :5] == 255).all()
    lines = mask(photographs / "a.jpg", "-", "--format", "rle")
    assert lines.stdout_bytes == b"1 192\n"
    assert mask("-", tmp_path / "new.png", stdin=photograph(10, 6)).output == ""
    assert _shapes(tmp_path)["new.png"] == (6, 10)


def test_a_pipe_that_brings_no_photograph(mask):
    result = mask("-", "-", stdin=b"text")
    assert result.exit_code == 1
    assert result.output == "Not a JPEG or PNG file: convert it first.\n"


def test_a_file_that_fails_is_named_and_the_others_are_done(mask, photographs, tmp_path):
    (photographs / "bad [red].png").write_text("no picture")
    (photographs / "b.jpg").write_bytes((photographs / "a.jpg").read_bytes())
    result = mask(photographs, tmp_path / "masks")
    assert result.exit_code == 1
    listed = tmp_path / "masks" / "mask_failures.jsonl"
    assert _summary(result) == f"3 masked, 2 failed: {tmp_path / 'masks'} (failures: {listed})"
    lines = result.output.splitlines()
    assert f"{photographs / 'bad [red].png'}: Not a JPEG or PNG file: convert it first." in lines
    clash = f"{photographs / 'b.png'}: Its result would overwrite that of {photographs / 'b.jpg'}"
    assert any(line.startswith(clash) for line in lines)
    assert len(lines) == 3
    assert len(listed.read_text().splitlines()) == 2
    (photographs / "bad [red].png").unlink()
    (photographs / "b.jpg").unlink()
    assert mask(photographs, tmp_path / "masks").exit_code == 0
    assert not listed.exists()


def test_a_file_name_that_is_no_text(mask, photographs, tmp_path):
    os.rename(os.fsencode(photographs / "a.jpg"), os.fsencode(photographs) + b"/\xff.jpg")
    (photographs / "b.png").write_bytes(b"")
    result = mask(photographs, tmp_path / "masks")
    assert _summary(result).startswith(f"2 masked, 1 failed: {tmp_path / 'masks'}")
    assert os.path.exists(os.fsencode(tmp_path / "masks") + b"/\xff.png")


def test_without_a_server_it_stops_at_once(mask, photographs, tmp_path, free_port):
    result = mask(
        photographs, tmp_path / "masks", "--in-flight", 1, server=f"127.0.0.1:{free_port}"
    )
    assert result.exit_code == 1
    error, summary = result.output.splitlines()
    assert error.startswith(f"No model server answers at 127.0.0.1:{free_port}")
    assert summary.startswith("0 masked, 0 failed, 3 not done in ")


def test_an_address_that_makes_no_sense(mask, photographs, tmp_path):
    result = mask(photographs, tmp_path / "masks", server="ftp://host:1")
    assert result.exit_code == 1
    assert result.output.startswith("ftp://host:1 is no address of a model server")
    assert len(result.output.splitlines()) == 1


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
    ("arguments", "message"),
    [
        (["missing", "masks"], "There is no "),
        (["empty", "masks"], "No JPEG or PNG files in "),
        (["empty", "masks", "--format", "rle"], "Cannot write rows to "),
        (["missing", "masks", "--watch"], "Only a folder can be watched"),
        (["empty", "-"], "The photographs of a folder need a folder"),
        (["empty", "foreign.csv", "--format", "rle"], "foreign.csv does not start with img,rle"),
        (["empty", "in/masks.csv", "--format", "rle"], "No JPEG or PNG files in "),
    ],
)
def test_nothing_to_mask(mask, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "foreign.csv").write_text("id,year\n")
    result = mask(*arguments)
    assert result.exit_code == 1
    assert result.output.startswith(message)
    assert len(result.output.splitlines()) == 1


@pytest.fixture
def start(tmp_path, fake_server):
    """Starts the command as a process of its own, with a server that takes its time."""
    (tmp_path / "in").mkdir()
    for number in range(40):
        (tmp_path / "in" / f"{number:02}.png").write_bytes(PNG_START + b"%d" % number)
    script, released = Script(), threading.Event()
    server = fake_server(script)
    processes = []

    def start_process(*flags, seconds=0.0):
        script.replies = [lambda images: (released.wait(seconds), images)[1]]
        arguments = ["mask", "in", "out", "--server", server, "--in-flight", "2", *flags]
        process = subprocess.Popen(
            [sys.executable, "-m", "serving", *arguments],
            cwd=tmp_path,
            # From wherever this repository is.
            env={**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    start_process.script = script
    yield start_process
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
    released.set()


def _results(tmp_path):
    folder = tmp_path / "out"
    return (
        {path.name: path.read_bytes() for path in folder.glob("*.png")} if folder.exists() else {}
    )


def test_a_run_that_is_killed_leaves_whole_files_and_the_next_one_goes_on(
    start, tmp_path, eventually
):
    process = start(seconds=0.02)
    eventually(lambda: len(_results(tmp_path)) >= 5)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    done = _results(tmp_path)
    assert 5 <= len(done) < 40
    whole = {f"{number:02}.png": PNG_START + b"%d" % number for number in range(40)}
    assert done.items() <= whole.items()
    out, err = start().communicate(timeout=30)
    assert out.startswith(f"{40 - len(done)} masked, {len(done)} already there, 0 failed in ")
    assert err == ""
    assert _results(tmp_path) == whole
    # Nor is there anything else.
    assert sorted(os.listdir(tmp_path / "out")) == sorted(whole)


@pytest.mark.parametrize("flags", [[], ["--watch"]])
def test_ctrl_c_ends_with_a_summary(start, tmp_path, eventually, flags):
    process = start(*flags, seconds=0.1)
    eventually(lambda: len(_results(tmp_path)) >= 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    done = len(_results(tmp_path))
    assert 3 <= done < 40
    assert out.startswith(f"{done} masked, 0 failed, {40 - done} not done in ")
    assert len(out.splitlines()) == 1
    assert err.strip().endswith("Stopping after what is in flight; Ctrl-C again stops at once.")


def test_it_does_without_tensorflow():
    program = (
        "import sys, serving.client.mask_command, serving.client.mask_client\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_ctrl_c_twice_ends_at_once(start, tmp_path, eventually):
    process = start("--timeout", "60", seconds=6)
    eventually(lambda: start.script.asked)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - started < 2.5
    assert process.returncode == 130
    assert out.startswith("0 masked, 0 failed, 40 not done in ")
    assert "Traceback" not in err
