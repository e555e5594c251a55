"""Colours as the web writes them."""

import pytest

from serving.client.pictures.hex_colour import parse_hex_colour


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#ffffff", (255, 255, 255)),
        ("#0a80FF", (10, 128, 255)),
        ("#1af", (0x11, 0xAA, 0xFF)),
    ],
)
def test_colours(text, colour):
    assert parse_hex_colour(text) == colour


@pytest.mark.parametrize("text", ["", "#", "ffffff", "#ff", "#fffffff", "#ggg", "#fff\n", "white"])
def test_what_is_no_colour(text):
    with pytest.raises(ValueError, match="is no colour: write #rgb or #rrggbb"):
        parse_hex_colour(text)
