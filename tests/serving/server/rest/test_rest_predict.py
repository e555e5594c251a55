"""A prediction from body to body, with a model that TensorFlow runs; and packed requests."""

import gzip
import json
import time

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.model_request import ModelRequest
from serving.server.rest import rest_predict
from serving.server.served_models import ServedModels
from serving.server.server_options import ServerOptions
from serving.version_status import VersionState


@pytest.fixture(scope="module")
def affine(affine_models, tmp_path_factory):
    """Serves x/2 + 1 and x/2 + 2 as versions 1 and 2."""
    base_path = tmp_path_factory.mktemp("served") / "affine"
    base_path.mkdir()
    for version in (1, 2):
        (base_path / str(version)).symlink_to(affine_models[version])
    config = base_path / "models.config"
    config.write_text(
        f'model_config_list {{ config {{ name: "affine" base_path: "{base_path}" '
        'model_platform: "tensorflow" model_version_policy { all {} } } }'
    )
    models = ServedModels(ServerOptions(model_config_file=config), ServerMetrics())
    models.start(timeout_s=20)
    # That waits for one version only, as TensorFlow Serving does.
    deadline = time.monotonic() + 20
    while any(row.state is not VersionState.AVAILABLE for row in models.statuses("affine")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield models
    models.stop()


def _predict(models, body, model=None):
    text = body if isinstance(body, str) else json.dumps(body)
    model = model or ModelRequest("affine")
    return json.loads(rest_predict.predict(models, ServerMetrics(), model, text.encode()))


def test_rows_and_columns(affine):
    assert _predict(affine, {"instances": [[1.0], [5]]}) == {"predictions": [[2.5], [4.5]]}
    assert _predict(affine, {"inputs": [[1.0], [5]]}) == {"outputs": [[2.5], [4.5]]}
    assert _predict(affine, {"inputs": {"x": 3}}) == {"outputs": 3.5}


def test_the_version_and_the_signature_asked_for_answer(affine):
    request = ModelRequest("affine", 1)
    assert _predict(affine, {"inputs": 3}, request) == {"outputs": 2.5}
    body = {"signature_name": "pair", "inputs": {"a": [[2]], "b": [[3]]}}
    assert _predict(affine, body) == {"outputs": {"sum": [[5.0]], "product": [[6.0]], "total": 2.0}}


def test_nan_goes_through(affine):
    assert (
        rest_predict.predict(
            affine, ServerMetrics(), ModelRequest("affine"), b'{"instances": [NaN, -Infinity]}'
        )
        == b'{\n    "predictions": [NaN, -Infinity]\n}'
    )


def test_the_models_time_is_noted(affine):
    metrics = ServerMetrics()
    rest_predict.predict(affine, metrics, ModelRequest("affine"), b'{"inputs": 1}')
    labels = 'model_name="affine",API="Predict",runtime="TF1"'
    assert f":tensorflow:serving:runtime_latency_count{{{labels}}} 1\n" in metrics.render()


@pytest.mark.parametrize(
    ("body", "model", "code", "message"),
    [
        ("", None, "INVALID_ARGUMENT", "JSON Parse error: The document is empty"),
        # Before the model is looked for, the JSON is read; its inputs are read after.
        ("[", ModelRequest("nope"), "INVALID_ARGUMENT", "JSON Parse error"),
        ("{}", ModelRequest("nope"), "NOT_FOUND", "Servable not found for request: Latest(nope)"),
        (
            "{}",
            ModelRequest("affine", 9),
            "NOT_FOUND",
            "Servable not found for request: Specific(affine, 9)",
        ),
        (
            '{"signature_name": "nosuch"}',
            None,
            "INVALID_ARGUMENT",
            'Serving signature name: "nosuch" not found in signature def',
        ),
        (
            '{"signature_name": "__saved_model_init_op", "inputs": 1}',
            None,
            "INVALID_ARGUMENT",
            "Failed to get input map for signature: __saved_model_init_op",
        ),
        (
            '{"signature_name": "pair", "instances": [{"a": [2], "b": [3]}]}',
            None,
            "INVALID_ARGUMENT",
            "Tensor name: total has no shape information ",
        ),
        (
            '{"signature_name": "pair", "inputs": {"a": [[1, 2]], "b": [[1]]}}',
            None,
            "INVALID_ARGUMENT",
            "",
        ),
    ],
)
def test_failures(affine, body, model, code, message):
    with pytest.raises(ServingError) as caught:
        _predict(affine, body, model)
    assert caught.value.code is StatusCode[code]
    assert caught.value.message.startswith(message)


def test_a_packed_body_is_unpacked():
    assert rest_predict.unpack(gzip.compress(b"{}")) == b"{}"


@pytest.mark.parametrize("body", [b"{}", b"", gzip.compress(b"x" * 999)[:-9]])
def test_what_is_no_whole_gzip_is_refused(body):
    with pytest.raises(ServingError, match="cannot be unpacked as gzip") as caught:
        rest_predict.unpack(body)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT


def test_a_gzip_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(rest_predict, "LARGEST_UNPACKED_BYTES", 1000)
    assert len(rest_predict.unpack(gzip.compress(bytes(1000)))) == 1000
    with pytest.raises(ServingError, match="more than 1000 bytes"):
        rest_predict.unpack(gzip.compress(bytes(1001)))
