"""Which method and target stand for which request."""

import pytest

from serving.server.model_request import ModelRequest
from serving.server.rest.rest_routes import RestRequest, is_api, route

_MASK = ModelRequest("mask")


@pytest.mark.parametrize(
    ("http_method", "target", "action", "model"),
    [
        ("POST", "/v1/models/mask:predict", "predict", _MASK),
        ("POST", "/v1/models/mask:classify", "classify", _MASK),
        ("POST", "/v1/models/mask:regress", "regress", _MASK),
        ("POST", "/V1/Models/mask:predict", "predict", _MASK),
        ("POST", "/v1/models/mask/versions/12:predict", "predict", ModelRequest("mask", 12)),
        ("POST", "/v1/models/mask/versions/0:predict", "predict", ModelRequest("mask", 0)),
        (
            "POST",
            "/v1/models/mask/labels/st%61ble:predict",
            "predict",
            ModelRequest("mask", label="stable"),
        ),
        ("GET", "/v1/models/mask", "status", _MASK),
        ("GET", "/v1/models/mask/versions/007", "status", ModelRequest("mask", 7)),
        ("GET", "/v1/models/mask/labels/x", "status", ModelRequest("mask", label="x")),
        ("GET", "/v1/models/mask/metadata", "metadata", _MASK),
        ("GET", "/v1/models/mask/versions/3/metadata", "metadata", ModelRequest("mask", 3)),
        ("GET", "/v1/models/mask/METADATA", "status", _MASK),
        ("GET", "/v1/models", "status", ModelRequest("")),
        ("GET", "/v1/models/mask?x=1", "status", ModelRequest("mask?x=1")),
        ("GET", "/v1/models/a%2Fb%20%C3%A9%FF", "status", ModelRequest("a/b é\udcff")),
        ("GET", f"/v1/models/m/versions/{2**63 - 1}", "status", ModelRequest("m", 2**63 - 1)),
        ("GET", f"/v1/models/m/versions/{2**63}", "version too large", ModelRequest("m")),
        (
            "POST",
            f"/v1/models/m/versions/{'9' * 9999}:predict",
            "version too large",
            ModelRequest("m"),
        ),
    ],
)
def test_what_matches(http_method, target, action, model):
    assert route(http_method, target) == RestRequest(action, model)


@pytest.mark.parametrize(
    ("http_method", "target"),
    [
        ("GET", "/v1/models/mask:predict"),
        ("POST", "/v1/models/mask"),
        ("POST", "/v1/models/mask:predict?x=1"),
        ("POST", "/v1/models/mask:predict/"),
        ("POST", "/v1/models/mask:explain"),
        ("POST", "/v1/models/:predict"),
        ("POST", "/v1/models/mask/versions/-1:predict"),
        ("POST", "/v1/models/mask/versions/1/labels/x:predict"),
        ("POST", "/v1/models/mask/versions/\u0663:predict"),
        ("GET", "/v1/models/"),
        ("GET", "/v1/models/mask/"),
        ("GET", "/v1/models/mask/versions/"),
        ("GET", "/v1/models/mask/versions/x"),
        ("GET", "/v1/models/mask/metadata/"),
        ("GET", "/v1/"),
        ("PUT", "/v1/models/mask:predict"),
        ("DELETE", "/v1/models/mask"),
        ("HEAD", "/v1/models/mask"),
    ],
)
def test_what_does_not(http_method, target):
    assert route(http_method, target) == RestRequest("malformed", ModelRequest(""))


def test_a_verb_in_capitals_is_matched_but_not_known():
    assert route("POST", "/v1/models/mask:PREDICT") == RestRequest("malformed", _MASK)


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/v1/", True), ("/V1/x", True), ("/v1", False), ("/", False), ("/x/v1/", False)],
)
def test_what_belongs_to_the_interface(target, expected):
    assert is_api(target) is expected


def test_metrics_know_only_predictions_by_name():
    assert route("POST", "/v1/models/mask:predict").method == "predict"
    assert route("GET", "/v1/models/mask/metadata").method == ""
