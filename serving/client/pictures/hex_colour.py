"""Reads colours as the web writes them."""

import re

_DIGITS = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def parse_hex_colour(text: str) -> tuple[int, int, int]:
    """Reads ``#rgb`` or ``#rrggbb``.

    Args:
        text: The colour; three digits stand for six, each one doubled (CSS Color Level 4).

    Returns:
        Red, green and blue, 0 to 255.

    Raises:
        ValueError: The text is no such colour.
    """
    match = _DIGITS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no colour: write #rgb or #rrggbb, for example '#ffffff'.")
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue
