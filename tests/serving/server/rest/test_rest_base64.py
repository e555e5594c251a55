"""Base64: what TensorFlow Serving takes, and what it refuses."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.server.rest import rest_base64


@given(st.binary(max_size=40))
def test_what_was_encoded_comes_back(data):
    text = base64.b64encode(data).decode()
    assert rest_base64.decode(text) == data
    assert rest_base64.decode(text.rstrip("=")) == data
    assert rest_base64.decode("\n".join(text) + " \t\r\n") == data


@given(
    st.binary(min_size=1, max_size=12),
    st.sampled_from(["*", "-", "_", "=", "é", "\0", "====", "=A"]),
    st.data(),
)
def test_one_wrong_character_is_enough(data, wrong, draw):
    text = base64.b64encode(data).decode()
    # Before the last data character, where padding is wrong too.
    place = draw.draw(st.integers(0, len(text.rstrip("=")) - 1))
    with pytest.raises(ValueError, match="not base64"):
        rest_base64.decode(text[:place] + wrong + text[place:])


@pytest.mark.parametrize("text", ["A", "AAAAA", "QQ=", "QQ===", "QUI==", "QUJD=", "="])
def test_padding_must_be_right_or_absent(text):
    with pytest.raises(ValueError, match="not base64"):
        rest_base64.decode(text)


def test_padding_may_be_dots():
    assert rest_base64.decode("QQ..") == b"A"
