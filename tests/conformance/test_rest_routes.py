"""The REST interface: which paths there are, and what status and metadata look like."""

import pytest

from tests.conformance.models import HALF_PLUS_TWO_VERSION

MODEL = "/v1/models/half_plus_two"
AVAILABLE = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}


def test_status(rest):
    reply = rest.get(MODEL)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    expected = [{"version": str(HALF_PLUS_TWO_VERSION)} | AVAILABLE]
    assert reply.json() == {"model_version_status": expected}


def test_status_lists_the_newest_version_first(rest):
    rows = rest.get("/v1/models/all_versions").json()["model_version_status"]
    assert rows == [{"version": str(version)} | AVAILABLE for version in (3, 2, 1)]


def test_status_of_one_version(rest):
    rows = rest.get("/v1/models/all_versions/versions/2").json()["model_version_status"]
    assert rows == [{"version": "2"} | AVAILABLE]


@pytest.mark.parametrize("label", ["stable", "nosuch"])
def test_status_ignores_a_label(rest, label):
    rows = rest.get(f"/v1/models/labelled/labels/{label}").json()["model_version_status"]
    assert [row["version"] for row in rows] == ["2", "1"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/V1/MODELS/half_plus_two", id="upper case"),
        pytest.param("/v1/models/half%5Fplus_two", id="percent-encoded"),
        pytest.param(f"{MODEL}/versions/{HALF_PLUS_TWO_VERSION:012}", id="leading zeros"),
    ],
)
def test_other_ways_to_write_a_path(rest, path):
    assert rest.get(path).json() == rest.get(MODEL).json()


def test_metadata(rest):
    reply = rest.get(f"{MODEL}/metadata")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert set(body) == {"model_spec", "metadata"}
    assert body["model_spec"] == {
        "name": "half_plus_two",
        "signature_name": "",
        "version": str(HALF_PLUS_TWO_VERSION),
    }
    signature = body["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["x"] == {
        "dtype": "DT_FLOAT",
        "name": "serving_default_x:0",
        "tensor_shape": {
            "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}],
            "unknown_rank": False,
        },
    }
    assert list(signature["outputs"]) == ["y"]


@pytest.mark.parametrize(("path", "version"), [("versions/1", "1"), ("labels/canary", "2")])
def test_metadata_of_one_version(rest, path, version):
    body = rest.get(f"/v1/models/labelled/{path}/metadata").json()
    assert body["model_spec"]["version"] == version


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("", 2),
        ("/versions/1", 1),
        ("/labels/stable", 1),
        ("/labels/canary", 2),
        ("/labels/%73table", 1),
    ],
)
def test_predict_by_path(rest, path, version):
    reply = rest.post(f"/v1/models/labelled{path}:predict", json={"instances": [[1.0]]})
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {"predictions": [[0.5 + version]]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/"),
        ("GET", "/v1/nothing"),
        ("GET", f"{MODEL}/"),
        ("GET", f"{MODEL}/nothing"),
        ("GET", f"{MODEL}/versions/one"),
        ("GET", f"{MODEL}:predict"),
        ("POST", MODEL),
        ("POST", f"{MODEL}/metadata"),
        ("POST", f"{MODEL}:explain"),
        ("POST", f"{MODEL}/versions/1/labels/a:predict"),
        ("PUT", MODEL),
        ("PUT", f"{MODEL}:predict"),
        ("DELETE", MODEL),
    ],
)
def test_malformed_requests(rest, method, path):
    reply = rest.request(method, path)
    assert reply.status_code == 400
    assert reply.json() == {"error": f"Malformed request: {method} {path}"}


def test_head_is_malformed_too(rest):
    assert rest.head(MODEL).status_code == 400


def test_other_origins_are_not_let_in(rest):
    reply = rest.get(MODEL, headers={"origin": "http://a.example"})
    assert reply.status_code == 200
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("path", ["/", "/nothing", "/v2/models/half_plus_two", "/v1"])
def test_outside_of_the_interface(rest, path):
    reply = rest.get(path)
    assert reply.status_code == 404
    assert reply.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "http_status", "text"),
    [
        pytest.param("/v1/models", 400, "Missing model name in request.", id="no name"),
        pytest.param(
            "/v1/models/nope", 404, "Could not find any versions of model nope", id="unknown model"
        ),
        pytest.param(
            f"{MODEL}/versions/9",
            404,
            "Could not find version 9 of model half_plus_two",
            id="unknown version",
        ),
        pytest.param(
            f"{MODEL}?x=1",
            404,
            "Could not find any versions of model half_plus_two?x=1",
            id="query string",
        ),
        pytest.param(
            "/v1/models/nope/metadata",
            404,
            "Servable not found for request: Latest(nope)",
            id="metadata of an unknown model",
        ),
        pytest.param(
            f"{MODEL}/labels/canary/metadata",
            400,
            "Unrecognized servable version label: canary",
            id="metadata of an unknown label",
        ),
    ],
)
def test_refusals(rest, path, http_status, text):
    reply = rest.get(path)
    assert reply.status_code == http_status
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {"error": text}


def test_a_version_beyond_64_bits(rest):
    reply = rest.get(f"{MODEL}/versions/99999999999999999999")
    assert (reply.status_code, reply.content) == (400, b"")
