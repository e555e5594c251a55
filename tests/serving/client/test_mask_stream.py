"""One photograph through a pipe."""

import io
import os
from pathlib import Path

import pytest

from serving.client.mask_options import MaskOptions
from serving.client.mask_run import OutputNotWritable
from serving.client.mask_stream import STREAM, check_stream, mask_stream
from serving.client.output_kind import OutputKind
from serving.client.photograph_plan import PlanError

_RLE = MaskOptions(OutputKind.RLE)


def _mark(task, photograph):
    return photograph + task.destination.suffix.encode()


@pytest.fixture(autouse=True)
def _current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photographs").mkdir()
    Path("a.jpg").write_bytes(b"file")
    Path("old.png").write_bytes(b"old")


def _run(source, output, options=None):
    stdout = io.BytesIO()
    mask_stream(
        source, output, options or MaskOptions(), _mark, stdin=io.BytesIO(b"pipe"), stdout=stdout
    )
    return stdout.getvalue()


def test_from_stdin_to_stdout():
    assert _run(STREAM, STREAM) == b"pipe.png"
    as_jpeg = MaskOptions(OutputKind.COMPOSITE, jpeg_quality=80)
    assert _run(STREAM, STREAM, as_jpeg) == b"pipe.jpg"


def test_run_lengths_are_a_line():
    assert _run(STREAM, STREAM, _RLE) == b"pipe.csv\n"


def test_from_a_file_to_stdout():
    assert _run(Path("a.jpg"), STREAM) == b"file.png"


def test_from_stdin_to_a_file():
    assert _run(STREAM, Path("new/b.png")) == b""
    assert Path("new/b.png").read_bytes() == b"pipe.png"
    assert os.listdir("new") == ["b.png"]


def test_a_composites_name_says_what_it_becomes():
    _run(STREAM, Path("b.JPG"), MaskOptions(OutputKind.COMPOSITE))
    assert Path("b.JPG").read_bytes() == b"pipe.JPG"


def test_a_pipe_that_is_closed():
    class Closed(io.BytesIO):
        def write(self, content):
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(OutputNotWritable, match=r"Cannot write stdout.*: Broken pipe"):
        mask_stream(STREAM, STREAM, MaskOptions(), _mark, stdin=io.BytesIO(), stdout=Closed())


def test_a_photograph_that_cannot_be_read():
    with pytest.raises(PlanError, match="Cannot read photographs: Is a directory"):
        _run(Path("photographs"), STREAM)


@pytest.mark.parametrize(
    ("source", "output", "options", "message"),
    [
        ("-", "-", MaskOptions(watch=True), "Only a folder can be watched"),
        ("missing", "-", MaskOptions(), "There is no missing"),
        ("photographs", "-", MaskOptions(), "stdout holds one result"),
        ("photographs", "-", _RLE, "stdout holds one result"),
        ("-", "masks.csv", _RLE, "A row needs a name"),
        ("-", "photographs", MaskOptions(), "name a file in photographs"),
        ("-", "old.png", MaskOptions(), r"old\.png is already there"),
        ("-", "new.jpg", MaskOptions(OutputKind.CUTOUT), r"must end in \.png"),
        ("-", "new", MaskOptions(), r"must end in \.png"),
    ],
)
def test_what_cannot_go_through_a_pipe(source, output, options, message):
    with pytest.raises(PlanError, match=message):
        check_stream(Path(source), Path(output), options, is_terminal=False)


def test_a_terminal_gets_text_only():
    with pytest.raises(PlanError, match="is no text for a terminal"):
        check_stream(STREAM, STREAM, MaskOptions(), is_terminal=True)
    check_stream(STREAM, STREAM, _RLE, is_terminal=True)
    check_stream(STREAM, Path("new.png"), MaskOptions(), is_terminal=True)
    check_stream(STREAM, Path("old.png"), MaskOptions(force=True), is_terminal=True)
