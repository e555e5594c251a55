"""Row and column format of predict requests, and the texts of what is wrong with them."""

import json

import numpy as np
import pytest
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server.rest.rest_inputs import read_inputs, signature_name


def _infos(**dtypes):
    return {
        name: meta_graph_pb2.TensorInfo(dtype=types_pb2.DataType.Value(f"DT_{dtype}"))
        for name, dtype in dtypes.items()
    }


_ONE = _infos(x="FLOAT")
_TEXT = _infos(text="STRING")
_THREE = _infos(a="FLOAT", b="INT64", s="STRING")


def _read(text, infos):
    inputs = read_inputs(json.loads(text), infos)
    return inputs.by_row, {name: array.tolist() for name, array in inputs.arrays.items()}


@pytest.mark.parametrize(
    ("text", "infos", "by_row", "values"),
    [
        ('{"instances": [1, 2]}', _ONE, True, {"x": [1.0, 2.0]}),
        ('{"instances": [[1, 2], [3, 4]]}', _ONE, True, {"x": [[1.0, 2.0], [3.0, 4.0]]}),
        ('{"instances": [{"x": 1}, {"x": 2}]}', _ONE, True, {"x": [1.0, 2.0]}),
        ('{"instances": [{"b64": "QQ=="}, "B"]}', _TEXT, True, {"text": [b"A", b"B"]}),
        ('{"instances": [[], []]}', _ONE, True, {"x": [[], []]}),
        (
            '{"instances": [{"a": 1, "b": [2], "s": "x"}, {"s": "y", "a": 3, "b": [4]}]}',
            _THREE,
            True,
            {"a": [1.0, 3.0], "b": [[2], [4]], "s": [b"x", b"y"]},
        ),
        ('{"inputs": 1}', _ONE, False, {"x": 1.0}),
        ('{"inputs": [[1], [2]], "other": 0}', _ONE, False, {"x": [[1.0], [2.0]]}),
        ('{"inputs": {"b64": "QQ=="}}', _TEXT, False, {"text": b"A"}),
        (
            '{"inputs": {"a": [1, 2], "b": 3, "s": [], "unknown": null}}',
            _THREE,
            False,
            {"a": [1.0, 2.0], "b": 3, "s": []},
        ),
    ],
)
def test_both_formats(text, infos, by_row, values):
    assert _read(text, infos) == (by_row, values)


def test_dtypes_are_those_of_the_signature():
    arrays = read_inputs({"inputs": {"a": 1, "b": 1, "s": "1"}}, _THREE).arrays
    assert [arrays[name].dtype for name in "abs"] == [np.float32, np.int64, object]


_FIRST = "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: "


@pytest.mark.parametrize(
    ("text", "infos", "message"),
    [
        ("{}", _ONE, "Missing 'inputs' or 'instances' key"),
        (
            '{"inputs": 1, "instances": [1]}',
            _ONE,
            'JSON Value: {"inputs":1,"instances":[1]} Not formatted correctly expecting only one '
            "of 'inputs' or 'instances' keys to exist ",
        ),
        (
            '{"instances": 1}',
            _ONE,
            "JSON Value: {\"instances\":1} Excepting 'instances' to be an list/array",
        ),
        (
            '{"instances": []}',
            _ONE,
            "JSON Value: {\"instances\":[]} No values in 'instances' array",
        ),
        (
            '{"instances": ["a"]}',
            _ONE,
            f'{_FIRST}JSON Value: "a" Type: String is not of expected type: float',
        ),
        (
            '{"instances": [[1, [2]]]}',
            _ONE,
            f"{_FIRST}Encountered list at unexpected level: 1 expected < 1",
        ),
        (
            '{"instances": [[[1], 2]]}',
            _ONE,
            f"{_FIRST}JSON Value: 2 found at incorrect level: 2 in the JSON DOM. "
            "Expected at level: 2",
        ),
        (
            '{"instances": [[[1], [2, 3]]]}',
            _ONE,
            f"{_FIRST}Encountered list at unexpected size: 2 at level: 1 expected size: 1",
        ),
        (
            '{"instances": [[1], [1, 2]]}',
            _ONE,
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting tensor size: 1 but got: 2",
        ),
        (
            '{"instances": [[[1, 2]], [[1], [2]]]}',
            _ONE,
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting shape [1,2] but got: [2,1]",
        ),
        ('{"instances": [{"b64": "*"}]}', _TEXT, f"{_FIRST}Unable to base64 decode"),
        (
            '{"instances": [1]}',
            _infos(h="HALF"),
            "Failed to process element: 0 of 'instances' list. Error: UNIMPLEMENTED: Conversion "
            "of JSON Value: 1 to type: half",
        ),
        (
            '{"instances": [{"x": 1, "zz": 2}]}',
            _ONE,
            "Failed to process element: 0 key: zz of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON object: does not have named input: zz",
        ),
        (
            '{"instances": [{"a": 1, "b": 2}]}',
            _THREE,
            "Failed to process element: 0 of 'instances' list. JSON object: "
            '{"a":1,"b":2} keys must be equal to: a,b,s',
        ),
        (
            '{"instances": [1]}',
            _THREE,
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        (
            '{"instances": [{"x": 1}, [1]]}',
            _ONE,
            "Expecting object but got list at item 1 of input list",
        ),
        (
            '{"instances": [[1], {"x": 1}]}',
            _ONE,
            "Expecting value/list but got object at item 1 of input list",
        ),
        (
            '{"inputs": [1]}',
            _THREE,
            "inputs is a plain value/list, but expecting an object as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        ('{"inputs": {"y": 1}}', _ONE, "Missing named input: x in 'inputs' object."),
        (
            '{"inputs": true}',
            _ONE,
            "JSON Value: true Type: True is not of expected type: float",
        ),
        (
            '{"inputs": ' + "[" * 40 + "]" * 40 + "}",
            _ONE,
            "A tensor of 40 dimensions is too deep; 31 will do.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_real_words(text, infos, message):
    with pytest.raises(ServingError) as caught:
        read_inputs(json.loads(text), infos)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == message


def test_a_dtype_that_json_cannot_carry_is_unimplemented_in_columns():
    with pytest.raises(ServingError) as caught:
        read_inputs({"inputs": [1]}, _infos(h="HALF"))
    assert caught.value.code is StatusCode.UNIMPLEMENTED


def test_the_signature_is_a_string_or_absent():
    assert signature_name({}) == ""
    assert signature_name({"signature_name": "rle"}) == "rle"
    with pytest.raises(ServingError) as caught:
        signature_name({"signature_name": 1})
    assert caught.value.message == (
        'JSON Value: {"signature_name":1} not formatted correctly. '
        "'signature_name' key must be a string value."
    )
