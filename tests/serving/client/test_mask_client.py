"""The client against a server in this process, and against none."""

import socket
import threading
import time

import cv2
import numpy as np
import pytest

from serving.client.errors import (
    InvalidPhotograph,
    MaskServiceError,
    ModelNotFound,
    ModelUnsuitable,
    RequestTimedOut,
    ServerUnavailable,
)
from serving.client.mask_client import MaskClient
from serving.server.embedded_server import EmbeddedServer
from serving.version_status import VersionState


@pytest.fixture
def client(mask_server):
    with MaskClient(mask_server.target) as client:
        yield client


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_mask_is_a_one_channel_png_of_the_photographs_size(client, photograph, suffix):
    png = client.mask(photograph(32, 16, suffix))
    mask = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (16, 32)
    assert (mask[:, :16] == 255).all()
    assert (mask[:, 16:] == 0).all()


def test_a_run_length_string(client, photograph):
    assert client.rle(photograph(24, 16)) == "1 192"


def test_a_batch_keeps_its_order(client, photograph):
    photographs = [photograph(2 * width, 8) for width in (3, 9, 5)]
    assert client.rles(photographs) == ["1 24", "1 72", "1 40"]
    assert client.masks(photographs) == [client.mask(each) for each in photographs]
    assert client.masks([]) == []


def test_threads_share_a_client(client, photograph):
    answers = {}

    def ask(width):
        answers[width] = client.rle(photograph(2 * width, 8))

    threads = [threading.Thread(target=ask, args=(width,)) for width in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert answers == {width: f"1 {8 * width}" for width in range(1, 9)}


def test_bytes_that_are_no_photograph_are_not_even_sent():
    with (
        MaskClient("127.0.0.1:1") as client,
        pytest.raises(InvalidPhotograph, match="Not a JPEG or PNG file"),
    ):
        client.mask(b"GIF89a")


def test_a_photograph_the_model_cannot_read(client, photograph):
    with pytest.raises(InvalidPhotograph, match="cannot read this photograph"):
        client.mask(photograph()[:40])


def test_no_server(free_port, photograph):
    started = time.monotonic()
    with (
        MaskClient(f"127.0.0.1:{free_port}") as client,
        pytest.raises(ServerUnavailable, match=f"answers at 127.0.0.1:{free_port}: start one"),
    ):
        client.mask(photograph())
    assert time.monotonic() - started < 10


def test_a_server_that_comes_up_meanwhile_is_waited_for(free_port, mask_model, photograph, push):
    """The retries are gRPC's own; a request as large as a photograph must survive them."""
    large = photograph() + bytes(2**20)
    answers = []

    def ask():
        with MaskClient(f"127.0.0.1:{free_port}") as client:
            answers.append(client.rle(large))

    asking = threading.Thread(target=ask)
    base_path = mask_model.parent / "late"
    base_path.mkdir()
    push(mask_model, base_path / "1")
    server = EmbeddedServer(base_path, port=free_port)
    asking.start()
    with server:
        asking.join(timeout=20)
    assert answers == ["1 192"]


def test_an_unknown_model(mask_server, photograph):
    with (
        MaskClient(mask_server.target, model_name="nope") as client,
        pytest.raises(ModelNotFound, match=r"does not serve a model 'nope'.*Latest\(nope\)"),
    ):
        client.mask(photograph())


def test_a_model_that_makes_no_masks(serve, affine_models, photograph):
    server = serve(affine_models[1])
    with MaskClient(server.target) as client:
        with pytest.raises(ModelUnsuitable, match="push a model exported by this project"):
            client.mask(photograph())
        with pytest.raises(ModelUnsuitable, match='"rle" not found'):
            client.rle(photograph())


def test_a_model_without_its_variables(serve, untracked_model, photograph):
    server = serve(untracked_model)
    with (
        MaskClient(server.target) as client,
        pytest.raises(ModelUnsuitable, match="Could not find variable"),
    ):
        client.mask(photograph())


def test_a_deadline(photograph):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        with (
            MaskClient(target, timeout_s=0.2) as client,
            pytest.raises(RequestTimedOut, match=r"within 0\.2 s: raise the timeout"),
        ):
            client.mask(photograph())


def test_every_error_is_one_line(mask_server, photograph):
    with MaskClient(mask_server.target) as client, pytest.raises(MaskServiceError) as caught:
        client.mask(photograph()[:40])
    assert "\n" not in str(caught.value)


def test_a_version_is_asked_for(mask_server, photograph):
    with MaskClient(mask_server.target, version=1) as client:
        assert client.rle(photograph(24, 16)) == "1 192"
        [status] = client.status()
    assert (status.version, status.state, status.error) == (1, VersionState.AVAILABLE, None)
    with MaskClient(mask_server.target, version=2) as client:
        with pytest.raises(ModelNotFound, match=r"'mask', version 2.*Specific\(mask, 2\)"):
            client.mask(photograph())
        with pytest.raises(ModelNotFound, match="Could not find version 2 of model mask"):
            client.status()


def test_a_label_is_asked_for(mask_server, photograph):
    with (
        MaskClient(mask_server.target, label="canary") as client,
        pytest.raises(ModelNotFound, match=r"'mask', label 'canary'.*version label: canary"),
    ):
        client.mask(photograph())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"timeout_s": 0}, "timeout_s is 0: give seconds above 0"),
        ({"timeout_s": float("nan")}, "timeout_s is nan"),
        ({"retries": -1}, "retries is -1: give a number from 0 to 4"),
        ({"retries": 5}, "retries is 5"),
        ({"model_name": ""}, "model_name is empty"),
        ({"version": 1, "label": "canary"}, "give one of them"),
        ({"protocol": "thrift"}, "use 'grpc' or 'rest'"),
    ],
)
def test_arguments_that_make_no_sense(settings, text):
    with pytest.raises(ValueError, match=text):
        MaskClient("127.0.0.1:1", **settings)
