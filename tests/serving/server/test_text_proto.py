"""Message types made from a description, and text files read into them."""

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.text_proto import message_type, read_text_proto

_WRAPPED = {"value": "int64"}


@pytest.fixture
def read(tmp_path):
    """Reads a text as a message of some scalars, a wrapped one and a nested message."""
    kind = message_type(
        "Thing",
        {
            "name": "string",
            "is_on": "bool",
            "sizes": "repeated int64",
            "limit": _WRAPPED,
            "inner": {"limit": _WRAPPED, "more": {"path": "string"}},
        },
    )

    def from_text(text):
        path = tmp_path / "thing.pbtxt"
        path.write_bytes(text)
        return read_text_proto(path, kind)

    return from_text


def test_every_kind_of_field(read):
    thing = read(
        b"""
        # A comment.
        name: "a" "b"
        is_on: true
        sizes: 1 sizes: [2, -3]
        limit { value: 9223372036854775807 }
        inner: < limit { value: 4 } more { path: "/p" } >
        """
    )
    assert (thing.name, thing.is_on, list(thing.sizes)) == ("ab", True, [1, 2, -3])
    assert thing.limit.value == 2**63 - 1
    assert thing.inner.limit.value == 4
    assert thing.inner.more.path == "/p"


def test_a_wrapped_zero_is_not_an_absent_one(read):
    assert read(b"limit { value: 0 }").HasField("limit")
    assert read(b"limit {}").HasField("limit")
    assert not read(b"").HasField("limit")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"nosuch: 1", r'1:1 : .*no field named "nosuch"'),
        (b'is_on: true\nname: "open', r"2:7 : "),
        (b"limit: 4", r"1:8 : "),
        (b"sizes: 1.5", r"1:8 : "),
        (b'name: "\xff"', r"utf-8"),
    ],
)
def test_a_text_that_does_not_fit_says_where(read, tmp_path, text, reason):
    with pytest.raises(ServingError, match=reason) as caught:
        read(text)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    expected = f"Invalid protobuf file: '{tmp_path / 'thing.pbtxt'}': "
    assert caught.value.message.startswith(expected)


def test_a_file_that_is_not_there(tmp_path):
    kind = message_type("Other", {"name": "string"})
    with pytest.raises(ServingError) as caught:
        read_text_proto(tmp_path / "missing", kind)
    assert caught.value.code is StatusCode.NOT_FOUND
    assert caught.value.message == f"{tmp_path / 'missing'}; No such file or directory"
    with pytest.raises(ServingError, match="Is a directory") as caught:
        read_text_proto(tmp_path, kind)
    assert caught.value.code is StatusCode.FAILED_PRECONDITION


def test_two_types_may_share_a_name():
    first = message_type("Same", {"a": "string"})
    second = message_type("Same", {"b": "bool"})
    assert first(a="x").a == "x"
    assert second(b=True).b
    with pytest.raises(ValueError, match="b"):
        first(b=True)
