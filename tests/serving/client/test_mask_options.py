"""What was asked for reaches the client."""

from pathlib import Path

import pytest

from serving.client.mask_options import MaskOptions, ServerOptions
from serving.client.output_kind import OutputKind
from serving.client.tls import Tls


@pytest.fixture
def made(monkeypatch):
    """What the client was made with."""
    asked = []
    monkeypatch.setattr(
        "serving.client.mask_client.MaskClient",
        lambda *given, **named: asked.append((given, named)),
    )
    return asked


def test_every_option_is_handed_over(made):
    files = Path("ca.pem"), Path("cert.pem"), Path("key.pem")
    options = ServerOptions("host:1", "cars", 7, None, 2.5, True, *files)
    options.connect()
    named = {"model_name": "cars", "version": 7, "label": None, "timeout_s": 2.5}
    assert made == [(("host:1",), {**named, "tls": Tls(*files)})]


@pytest.mark.parametrize(
    ("options", "tls"),
    [
        ({}, None),
        ({"secured": True}, Tls()),
        ({"tls_ca": Path("ca.pem")}, Tls(Path("ca.pem"))),
    ],
)
def test_tls_only_if_it_is_asked_for(made, options, tls):
    ServerOptions("host:1", label="canary", **options).connect()
    assert made[0][1]["tls"] == tls
    assert made[0][1]["label"] == "canary"


def test_a_folders_results_are_png_files_unless_jpeg_is_asked_for():
    assert MaskOptions().suffixes == (".png",)
    assert MaskOptions(OutputKind.COMPOSITE).suffixes[0] == ".png"
    assert MaskOptions(OutputKind.COMPOSITE, jpeg_quality=90).suffixes[0] == ".jpg"
