"""What a card tells its reader to type works as it stands there."""

import base64
import re
import shlex
import subprocess
import sys

import cv2
import httpx
import numpy as np
import pytest

from report.model_card.card_markdown import model_card_markdown
from serving.server.embedded_server import EmbeddedServer
from tests.report.finished_run import red_is_car
from tests.report.model_card.model_card_facts import facts_of


@pytest.fixture(scope="module")
def blocks():
    """The card's code blocks, by language."""
    return re.findall(r"```(\w+)\n(.*?)```", model_card_markdown(facts_of()), re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    base = tmp_path_factory.mktemp("serving_models") / "mask"
    base.mkdir()
    red_is_car(base / "7")
    (base / "7" / "model_card.md").write_text("a card")
    with EmbeddedServer(base, port=0, rest_api_port=0) as server:
        yield server


@pytest.fixture
def folder(tmp_path, image_file):
    (tmp_path / "photograph.jpg").write_bytes(image_file(40, 30))
    return tmp_path


def size_of(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED).shape


def test_python(blocks, server, folder, monkeypatch):
    [code] = [code for language, code in blocks if language == "python"]
    assert "localhost:8500" in code
    monkeypatch.chdir(folder)
    exec(compile(code.replace("localhost:8500", server.target), "card", "exec"), {})
    assert size_of((folder / "mask.png").read_bytes()) == (30, 40)


def test_rest(blocks, server, folder):
    [code] = [code for language, code in blocks if "curl" in code]
    command, request = code.strip().split(" |\n  ")
    body = subprocess.run(
        ["bash", "-c", command], cwd=folder, check=True, capture_output=True
    ).stdout
    url = shlex.split(request)[-1]
    reply = httpx.post(url.replace("localhost:8501", f"127.0.0.1:{server.rest_port}"), content=body)
    [mask] = reply.raise_for_status().json()["predictions"]
    assert size_of(base64.b64decode(mask["b64"])) == (30, 40)


def test_command_lines(blocks):
    commands = [
        shlex.split(line)
        for language, code in blocks
        if language == "sh"
        for line in code.splitlines()
        if line.startswith("studio-mask")
    ]
    assert [command[1] for command in commands] == ["serve", "mask"]
    for _, name, *given in commands:
        page = subprocess.run(
            [sys.executable, "-m", "serving", name, "--help"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for flag in (each.partition("=")[0] for each in given if each.startswith("--")):
            assert flag in page
