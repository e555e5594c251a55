"""The REST interface's predictions: formats, and how values are written in JSON both ways."""

import base64
import gzip
import json
import math

import pytest

NOT_UTF8 = b"\x00\xff\xfeJPEG"


def _b64(content):
    return {"b64": base64.b64encode(content).decode()}


@pytest.fixture
def ask(rest):
    """Posts a body to the model that has a signature for each case; returns the parsed reply."""

    def post(body, signature="serving_default"):
        # Not the client's own JSON: that has no infinities.
        content = json.dumps({"signature_name": signature} | body)
        reply = rest.post("/v1/models/probe:predict", content=content)
        assert reply.status_code == 200, reply.text
        return reply.json()

    return post


THREE = [{"a": 1.0, "b": 2.0, "s": "q"}, {"a": 3.0, "b": 4.0, "s": "r"}]


@pytest.mark.parametrize(
    ("signature", "body", "expected"),
    [
        pytest.param(
            "serving_default",
            {"instances": [[1.0, 2.0], [3.0, 4.0]]},
            {"predictions": [[1.0, 2.0], [3.0, 4.0]]},
            id="rows",
        ),
        pytest.param(
            "serving_default",
            {"instances": [{"x": [1.0]}, {"x": [2.0]}]},
            {"predictions": [[1.0], [2.0]]},
            id="rows that name their one input",
        ),
        pytest.param(
            "serving_default",
            {"inputs": [[1.0, 2.0], [3.0, 4.0]]},
            {"outputs": [[1.0, 2.0], [3.0, 4.0]]},
            id="column",
        ),
        pytest.param(
            "serving_default", {"inputs": {"x": [1.0]}}, {"outputs": [1.0]}, id="named column"
        ),
        pytest.param("serving_default", {"inputs": 1.5}, {"outputs": 1.5}, id="a scalar column"),
        pytest.param(
            "three",
            {"instances": THREE},
            {"predictions": [{"sum": 3.0, "name": "q"}, {"sum": 7.0, "name": "r"}]},
            id="rows of several inputs and outputs",
        ),
        pytest.param(
            "three",
            {"inputs": {"a": [1.0, 3.0], "b": [2.0, 4.0], "s": ["q", "r"]}},
            {"outputs": {"sum": [3.0, 7.0], "name": ["q", "r"]}},
            id="columns of several inputs and outputs",
        ),
        pytest.param(
            "three",
            {"inputs": {"a": [1.0, 3.0], "b": [2.0], "s": ["q", "r", "s"]}},
            {"outputs": {"sum": [3.0, 5.0], "name": ["q", "r", "s"]}},
            id="columns of different sizes",
        ),
        pytest.param("scalar", {"inputs": [1.0, 2.0]}, {"outputs": 3.0}, id="scalar output"),
        pytest.param("int64", {"instances": [1, -3]}, {"predictions": [2, -2]}, id="int64"),
        pytest.param(
            "boolean", {"instances": [True, False]}, {"predictions": [False, True]}, id="bool"
        ),
        pytest.param(
            "serving_default", {"instances": [[1, 2]]}, {"predictions": [[1.0, 2.0]]}, id="integers"
        ),
        pytest.param("text", {"instances": ["é", ""]}, {"predictions": ["é", ""]}, id="text"),
        pytest.param(
            "text", {"instances": [_b64(b"plain")]}, {"predictions": ["plain"]}, id="b64 in"
        ),
        pytest.param(
            "blob",
            {"instances": [_b64(NOT_UTF8), _b64(b"")]},
            {"predictions": [_b64(NOT_UTF8), _b64(b"")]},
            id="b64 in and out, rows",
        ),
        pytest.param(
            "blob",
            {"inputs": [_b64(NOT_UTF8)]},
            {"outputs": [_b64(NOT_UTF8)]},
            id="b64 in and out, column",
        ),
        pytest.param(
            "blob",
            {"instances": [{"file": _b64(NOT_UTF8)}]},
            {"predictions": [_b64(NOT_UTF8)]},
            id="b64 in a named input",
        ),
        pytest.param(
            "serving_default",
            {"instances": [[1.0]], "more": {"a": [None]}},
            {"predictions": [[1.0]]},
            id="further keys",
        ),
    ],
)
def test_formats(ask, signature, body, expected):
    assert ask(body, signature) == expected


def test_a_string_output_of_another_name_is_written_raw(rest):
    body = {"signature_name": "text", "inputs": [_b64(b"\xff!")]}
    reply = rest.post("/v1/models/probe:predict", json=body)
    assert reply.status_code == 200
    assert b'"\xff!"' in reply.content


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("3", "3.0"),
        ("0.1", "0.1"),
        ("-2.5", "-2.5"),
        ("0.333333333333", "0.333333343"),
        ("16777217.0", "16777216.0"),
        ("61728400", "6.17284e+07"),
        ("3e-5", "3e-05"),
        ("1e39", "Infinity"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("NaN", "NaN"),
    ],
)
def test_how_a_float_is_written(rest, sent, written):
    reply = rest.post("/v1/models/probe:predict", content=f'{{"instances": [{sent}]}}')
    assert reply.status_code == 200, reply.text
    literals = json.loads(reply.text, parse_float=str, parse_constant=str)
    assert literals == {"predictions": [written]}


def test_doubles_keep_their_digits(ask):
    (third,) = ask({"instances": [1 / 3]}, "double")["predictions"]
    assert third == 1 / 3


def test_infinities_and_nan_are_read(ask):
    values = ask({"instances": [math.inf, -math.inf, math.nan]})["predictions"]
    assert values[:2] == [math.inf, -math.inf]
    assert math.isnan(values[2])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'\xef\xbb\xbf{"instances": [[1.0]]}', id="byte order mark"),
        pytest.param(b'{"instances": [[1.0]]} and more', id="trailing garbage"),
        pytest.param(b' \n\t{ "instances" :\r\n[[1.0]]}', id="white space"),
    ],
)
def test_tolerated_bodies(rest, body):
    reply = rest.post("/v1/models/half_plus_two:predict", content=body)
    assert reply.status_code == 200, reply.text
    assert reply.json() == {"predictions": [[2.5]]}


def test_a_compressed_request(rest):
    reply = rest.post(
        "/v1/models/half_plus_two:predict",
        content=gzip.compress(b'{"instances": [[1.0]]}'),
        headers={"content-encoding": "gzip"},
    )
    assert reply.status_code == 200, reply.text
    assert reply.json() == {"predictions": [[2.5]]}


def test_the_content_type_of_a_request_does_not_matter(rest):
    reply = rest.post(
        "/v1/models/half_plus_two:predict",
        content=b'{"instances": [[1.0]]}',
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert reply.json() == {"predictions": [[2.5]]}


def test_a_large_request(rest):
    reply = rest.post(
        "/v1/models/half_plus_two:predict", json={"inputs": [[1.0]] * 100_000}, timeout=60
    )
    assert reply.json() == {"outputs": [[2.5]] * 100_000}
