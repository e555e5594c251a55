"""The flags of studio-mask mask: what they hand over, and what makes no sense."""

import dataclasses
from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.client.mask_options import MaskOptions, ServerOptions
from serving.client.output_kind import OutputKind
from serving.mask_flags import mask


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Runs the command; what it was asked for is in ``ask.asked``."""
    asked = []
    monkeypatch.setattr("serving.client.mask_command.run", lambda *given: asked.append(given) or 5)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(mask, list(arguments))

    run.asked = asked
    return run


def test_what_nobody_says_is_the_default(ask):
    assert ask("in", "out").exit_code == 5
    assert ask.asked == [(Path("in"), Path("out"), ServerOptions("127.0.0.1:8500"), MaskOptions())]


def test_every_flag_is_handed_over(ask):
    files = [Path(f"{name}.pem") for name in ("ca", "cert", "key")]
    for file in files:
        file.touch()
    Path("sky.jpg").touch()
    flags = (
        "--server https://host:1 --model-name cars --version 7 --timeout 2.5 --tls "
        "--tls-ca ca.pem --tls-cert cert.pem --tls-key key.pem --format composite "
        "--background sky.jpg --feather 1.5 --jpeg-quality 80 --in-flight 9 --force --watch"
    )
    assert ask("-", "-", *flags.split()).exit_code == 5
    server = ServerOptions("https://host:1", "cars", 7, None, 2.5, True, *files)
    options = MaskOptions(OutputKind.COMPOSITE, "sky.jpg", 1.5, 80, 9, True, True)
    assert ask.asked == [(Path("-"), Path("-"), server, options)]
    # None was forgotten above.
    for given, default in ((server, ServerOptions("")), (options, MaskOptions())):
        same = {
            field.name
            for field in dataclasses.fields(given)
            if getattr(given, field.name) == getattr(default, field.name)
        }
        assert same <= {"label"}


def test_a_version_has_a_number_or_a_label(ask):
    ask("in", "out", "--version-label", "canary")
    assert ask.asked[0][2].label == "canary"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--in-flight 0", "in-flight"),
        ("--timeout 0", "timeout"),
        ("--format jpeg", "format"),
        ("--background #fff", "need --format composite"),
        ("--jpeg-quality 90 --format cutout", "need --format composite"),
        ("--jpeg-quality 0 --format composite", "jpeg-quality"),
        ("--background #ggg --format composite", "'#ggg' is no colour"),
        ("--background missing.png --format composite", "missing.png is no file; a colour is"),
        ("--feather 2 --format bilevel", "no meaning for --format bilevel"),
        ("--feather 2 --format rle", "no meaning for --format rle"),
        ("--feather -1", "feather"),
        ("--version 1 --version-label canary", "give one"),
        ("--version -1", "version"),
        ("--tls-cert here.pem", "belong together"),
        ("--tls-key here.pem", "belong together"),
        ("--tls-ca missing.pem", "tls-ca"),
    ],
)
def test_flags_that_make_no_sense(ask, flags, message):
    Path("here.pem").touch()
    result = ask("in", "out", *flags.split())
    assert result.exit_code == 2
    assert message in result.output
    assert ask.asked == []
