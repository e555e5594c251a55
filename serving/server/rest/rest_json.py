"""JSON as TensorFlow Serving reads and quotes it, which is looser than the standard in places.

The real server's parser takes the literals NaN and Infinity, skips a byte order mark, stops after
the document whatever follows it, and lets bytes that are no UTF-8 pass through strings. orjson
refuses all of that, but is several times as fast on what nearly every request is; so it goes first.
"""

import json
import os
import re
from typing import Any

import orjson

from serving.errors import ServingError, StatusCode

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITESPACE = " \t\n\r"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_LITERALS = ("null", "true", "false", "NaN", "Infinity", "-Infinity")
_LONGEST_64_BIT = len(str(-(2**63)))
# The other parser's words, by how Python's message starts.
_MESSAGES = {
    "Expecting value": "Invalid value.",
    "Expecting property name": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Illegal trailing comma before end of array": "Invalid value.",
    "Expecting ':'": "Missing a colon after a name of object member.",
    "Unterminated string": "Missing a closing quotation mark in string.",
    "Invalid control character": "Invalid encoding in string.",
    "Invalid \\uXXXX": "Incorrect hex digit after \\u escape in string.",
    "Invalid \\escape": "Invalid escape character in string.",
}


def parse_object(body: bytes) -> dict[str, Any]:
    """Reads the JSON object that a request's body holds.

    Args:
        body: The body, in UTF-8. Bytes that are no UTF-8 come back as lone surrogates, which
            ``encode`` turns into the same bytes again.

    Returns:
        The object. A number without point and exponent is an int if it fits 64 bits, signed or
        unsigned, and a float otherwise.

    Raises:
        ServingError: INVALID_ARGUMENT, for what is no JSON or no object.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _parse_loosely(body)
    if not isinstance(document, dict):
        raise _invalid(f"JSON Value: {quote(document)} Is not object")
    return document


def encode(text: str) -> bytes:
    """Returns a string of a parsed document, or a text made of some, as the bytes it came from."""
    return text.encode("utf-8", "surrogateescape")


def quote(value: Any) -> str:
    """Writes a value of a parsed document as JSON again, for an error's text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def type_name(value: Any) -> str:
    """Returns the real server's name for a JSON value's type."""
    if isinstance(value, bool):
        return "True" if value else "False"
    names = {str: "String", int: "Number", float: "Number", list: "Array", dict: "Object"}
    return names.get(type(value), "Null")


def error_body(message: str) -> bytes:
    """Returns the body of an answer that is an error."""
    return encode(json.dumps({"error": message}, indent=4, ensure_ascii=False))


def _parse_loosely(body: bytes) -> Any:
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if not body:
        raise _invalid("JSON Parse error: The document is empty")
    text = body.decode("utf-8", "surrogateescape")
    start = len(text) - len(text.lstrip(_WHITESPACE))
    try:
        document, _ = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _parse_error(_reason(error), _offset(error)) from None
    except RecursionError:
        raise _invalid("JSON Parse error: The document is nested too deeply.") from None
    escape = _SURROGATE_ESCAPE.search(body)
    if escape is not None:
        # Half of a pair has no UTF-8.
        try:
            encode(quote(document))
        except UnicodeEncodeError:
            raise _parse_error("The surrogate pair in string is invalid.", escape.start()) from None
    return document


def _parse_int(digits: str) -> int | float:
    # The length first: Python takes quadratic time for long ones, or refuses them.
    if len(digits) <= _LONGEST_64_BIT and -(2**63) <= int(digits) < 2**64:
        return int(digits)
    return _parse_float(digits)


def _parse_float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise _invalid("JSON Parse error: Number too big to be stored in double.")
    return number


_DECODER = json.JSONDecoder(parse_int=_parse_int, parse_float=_parse_float)


def _reason(error: json.JSONDecodeError) -> str:
    if not error.doc.strip(_WHITESPACE):
        return "The document is empty."
    if error.msg.startswith("Expecting ','"):
        if _container(error.doc[: error.pos]) == "{":
            return "Missing a comma or } after an object member."
        return "Missing a comma or ] after an array element."
    for start, message in _MESSAGES.items():
        if error.msg.startswith(start):
            return message
    return f"{error.msg}."


def _container(text: str) -> str:
    """Returns the last bracket or brace that a piece of JSON opens and does not close."""
    closed = 0
    for character in reversed(_STRING.sub("", text)):
        if character in "]}":
            closed += 1
        elif character in "[{":
            if not closed:
                return character
            closed -= 1
    return ""


def _offset(error: json.JSONDecodeError) -> int:
    """Returns the bytes before the error; the real parser has read what a literal starts with."""
    rest = error.doc[error.pos :]
    read = 0
    if error.msg.startswith("Illegal trailing comma"):
        # The real parser stops at what follows the comma, as Python did until 3.12.
        read = len(rest) - len(rest[1:].lstrip(_WHITESPACE))
    elif error.msg.startswith("Expecting value"):
        read = max(len(os.path.commonprefix([rest, literal])) for literal in _LITERALS)
    return len(encode(error.doc[: error.pos + read]))


def _parse_error(reason: str, offset: int) -> ServingError:
    return _invalid(f"JSON Parse error: {reason} at offset: {offset}")


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
