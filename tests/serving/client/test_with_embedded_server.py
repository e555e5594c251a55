"""Every kind of client against the embedded server: it must not matter what one speaks."""

import cv2
import numpy as np
import pytest

from serving import Tls
from serving.client.errors import (
    InvalidPhotograph,
    ModelNotFound,
    ModelUnsuitable,
    ServerUnavailable,
)
from serving.server.ssl_options import SslOptions
from serving.version_status import VersionState


@pytest.fixture
def start(serve, protocol):
    """Starts a server of a model, and returns its address for the test's protocol."""

    def start_one(model, **settings):
        server = serve(model, rest_api_port=0, **settings)
        return server.target if protocol == "grpc" else f"127.0.0.1:{server.rest_port}"

    return start_one


@pytest.fixture
def ask_about(ask, protocol):
    """``ask`` in the test's protocol."""

    def ask_it(target, method, *arguments, **settings):
        return ask(target, method, *arguments, protocol=protocol, **settings)

    return ask_it


def test_a_photograph_and_its_mask(start, ask_about, mask_model, photograph):
    target = start(mask_model, version=4)
    png = ask_about(target, "mask", photograph(24, 16, ".jpg"))
    mask = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (16, 24)
    assert (mask[:, :12] == 255).all()
    assert not mask[:, 12:].any()
    photographs = [photograph(2 * width, 8) for width in (3, 9, 5)]
    assert ask_about(target, "rles", photographs, version=4) == ["1 24", "1 72", "1 40"]
    [status] = ask_about(target, "status")
    assert (status.version, status.state, status.error) == (4, VersionState.AVAILABLE, None)
    with pytest.raises(InvalidPhotograph, match="The model cannot read this photograph"):
        ask_about(target, "mask", photograph()[:40])
    with pytest.raises(ModelNotFound, match=r"Specific\(mask, 3\)"):
        ask_about(target, "mask", photograph(), version=3)
    with pytest.raises(ModelNotFound, match="label 'canary'.*Unrecognized servable version label"):
        ask_about(target, "mask", photograph(), label="canary")
    with pytest.raises(ModelNotFound, match="Could not find any versions of model nope"):
        ask_about(target, "status", model_name="nope")


def test_a_model_that_makes_no_masks(start, ask_about, affine_models, photograph):
    target = start(affine_models[1])
    with pytest.raises(ModelUnsuitable, match="push a model exported by this project"):
        ask_about(target, "mask", photograph())
    with pytest.raises(ModelUnsuitable, match='"rle" not found'):
        ask_about(target, "rle", photograph())


def test_masks_packed_into_one_field(start, ask_about, mask_model, photograph):
    target = start(mask_model, enable_serialization_as_tensor_content=True)
    assert ask_about(target, "rles", [photograph(2 * width, 8) for width in (3, 9)]) == [
        "1 24",
        "1 72",
    ]


def test_both_prove_who_they_are_over_grpc(serve, ask, mask_model, photograph, certificates):
    ssl = SslOptions(
        certificates.server_key.read_text(),
        certificates.server_cert.read_text(),
        certificates.ca.read_text(),
        client_verify=True,
    )
    target = serve(mask_model, ssl=ssl).target
    tls = Tls(certificates.ca, certificates.client_cert, certificates.client_key)
    assert ask(target, "rle", photograph(24, 16), tls=tls) == "1 192"
    with pytest.raises(ServerUnavailable, match="a certificate of the client"):
        ask(target, "rle", photograph(24, 16), tls=Tls(certificates.ca), retries=0)
