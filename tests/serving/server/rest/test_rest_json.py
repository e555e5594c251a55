"""JSON as loosely as TensorFlow Serving takes it, and its words for what it does not take."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import ServingError, StatusCode
from serving.server.rest import rest_json

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), _VALUES, max_size=4), st.booleans())
def test_the_fast_and_the_tolerant_way_read_the_same(document, ascii_only):
    text = json.dumps(document, ensure_ascii=ascii_only).encode()
    fast = rest_json.parse_object(text)
    # What follows the document sends it the other way.
    tolerant = rest_json.parse_object(b"\xef\xbb\xbf \n" + text + b" garbage")
    assert repr(fast) == repr(tolerant) == repr(document)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("1", 1),
        ("-0.0", -0.0),
        ("1e2", 100.0),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775808", -(2**63)),
        ("-9223372036854775809", -(2.0**63)),
        ("9" * 300, float("9" * 300)),
    ],
)
@pytest.mark.parametrize("tail", [b"", b"x"])
def test_numbers(number, value, tail):
    read = rest_json.parse_object(b'{"n": ' + number.encode() + b"}" + tail)["n"]
    assert (type(read), repr(read)) == (type(value), repr(value))


def test_nan_and_infinity_are_numbers():
    values = rest_json.parse_object(b'{"v": [NaN, Infinity, -Infinity, 1, 1.5]}')["v"]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf, 1, 1.5]


def test_bytes_that_are_no_text_come_back_as_they_were():
    read = rest_json.parse_object(b'{"s": "\xff\xc3\xa9\\u00e9"}')["s"]
    assert rest_json.encode(read) == b"\xff\xc3\xa9\xc3\xa9"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"\xef\xbb\xbf", "JSON Parse error: The document is empty"),
        (b"  ", "JSON Parse error: The document is empty. at offset: 2"),
        (b"<x>", "JSON Parse error: Invalid value. at offset: 0"),
        (b"// no\n{}", "JSON Parse error: Invalid value. at offset: 0"),
        (b"nul", "JSON Parse error: Invalid value. at offset: 3"),
        (b'{"\xc3\xa9": x}', "JSON Parse error: Invalid value. at offset: 7"),
        (b'{"a": 1,}', "JSON Parse error: Missing a name for object member. at offset: 8"),
        (b'{"a": 1 , }', "JSON Parse error: Missing a name for object member. at offset: 10"),
        (b'{"a": 1,,}', "JSON Parse error: Missing a name for object member. at offset: 8"),
        (b'{"a": [1, ]}', "JSON Parse error: Invalid value. at offset: 10"),
        (
            b'{"a" 1}',
            "JSON Parse error: Missing a colon after a name of object member. at offset: 5",
        ),
        (
            b'{"a": [1] "b": [',
            "JSON Parse error: Missing a comma or } after an object member. at offset: 10",
        ),
        (
            b'{"a}": [{"]": "}"} 1]}',
            "JSON Parse error: Missing a comma or ] after an array element. at offset: 19",
        ),
        (b'{"a": "\\q"}', "JSON Parse error: Invalid escape character in string. at offset: 7"),
        (
            b'{"a": "\\ud800"}',
            "JSON Parse error: The surrogate pair in string is invalid. at offset: 7",
        ),
        (b'{"a": 1e400}', "JSON Parse error: Number too big to be stored in double."),
        (b"[" * 100_000, "JSON Parse error: The document is nested too deeply."),
        (b"[1]", "JSON Value: [1] Is not object"),
        (b'"a"', 'JSON Value: "a" Is not object'),
    ],
)
def test_what_is_refused(body, message):
    with pytest.raises(ServingError) as caught:
        rest_json.parse_object(body)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == message


def test_an_error_body_quotes_the_message():
    body = rest_json.error_body('no "such"\nthing \udcff \u00e9')
    assert body == b'{\n    "error": "no \\"such\\"\\nthing \xff \xc3\xa9"\n}'
