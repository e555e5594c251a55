"""Draws where a mask and its truth differ, so that a person sees what a score means.

A mask that scores 0.99 is wrong along lines of one or two pixels. A panel a quarter of the
photograph's size would average them away, so their strength is multiplied by as much as the panel
is shrunk.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_Colour = tuple[int, int, int]

# Orange and sky blue of a palette for all kinds of colour vision: Wong (2011), "Points of view:
# Color blindness", Nature Methods 8, https://doi.org/10.1038/nmeth.1618.
MISSED = (230, 159, 0)  # RGB
SURPLUS = (86, 180, 233)
_BRIGHTNESS = 0.35

_COLUMN, _TALLEST, _GAP, _CAPTION, _TEXT = 480, 720, 8, 40, 24  # pixels
_INK, _PAPER, _NO_MASK = (240, 240, 240), (24, 24, 24), (56, 56, 56)
# Seldom a car's colour, and neither of the two above.
_CUT_AWAY = (200, 60, 160)


@dataclass(frozen=True)
class ErrorWindow:
    """A part of the photograph that holds most of the largest error in one piece.

    Attributes:
        top: First row of the part.
        left: First column.
        height: Pixels.
        width: Pixels.
        missed: True where the piece is missed car, False where it is surplus.
        area: Of the whole piece, pixels; it may reach out of the window.
    """

    top: int
    left: int
    height: int
    width: int
    missed: bool
    area: int

    def crop(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Returns this part of a photograph or mask: a view of [H, W] or [H, W, C]."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


def draw_difference(
    photograph: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    width: int = 480,
) -> NDArray[np.uint8]:
    """Draws missed car in orange and surplus in blue over the photograph, grey and dimmed.

    A line of error one pixel wide keeps its full colour where it fills a row or column of the
    panel, and half of it at least where it falls between two. A single wrong pixel is as much
    weaker as the panel is shrunk. Where missed and surplus meet in one pixel of the panel, their
    colours are mixed by their areas.

    Args:
        photograph: uint8 [H, W, 3], RGB.
        truth: uint8 [H, W]; non-zero is car.
        mask: uint8 [H, W]; non-zero is car.
        width: Of the panel, pixels. A photograph that is smaller is enlarged.

    Returns:
        uint8 [h, width, 3], RGB, with the photograph's proportions.

    Raises:
        ValueError: If the three are not of one size.
    """
    if not photograph.shape[:2] == truth.shape == mask.shape:
        raise ValueError(
            "a difference needs a photograph and two masks of one size, got "
            f"{photograph.shape}, {truth.shape} and {mask.shape}"
        )
    missed, surplus = (
        resize_to_width(errors.astype(np.float32), width)[..., np.newaxis]
        for errors in _missed_and_surplus(truth, mask)
    )
    share = missed + surplus
    strength = np.minimum(1.0, share * max(1.0, photograph.shape[1] / width))
    colour = missed * np.array(MISSED, np.float32) + surplus * np.array(SURPLUS, np.float32)
    colour = colour / np.maximum(share, 1e-6)
    # Grey, or an orange car would look missed.
    grey = cv2.cvtColor(resize_to_width(photograph, width), cv2.COLOR_RGB2GRAY)
    dimmed = _BRIGHTNESS * grey[..., np.newaxis]
    return np.rint(dimmed + strength * (colour - dimmed)).astype(np.uint8)


def largest_error(
    truth: NDArray[np.uint8], mask: NDArray[np.uint8], height: int, width: int
) -> ErrorWindow | None:
    """Finds the largest error in one piece, and the window of a given size that holds most of it.

    The piece is 8-connected, and either missed car or surplus: the two alternate along an outline,
    and would otherwise join around the whole car. The window is centred on what it holds of the
    piece, not on the piece: the middle of one that bends around the car is the car.

    Args:
        truth: uint8 [H, W]; non-zero is car.
        mask: uint8 [H, W]; non-zero is car.
        height: Of the window; cut to the photograph's.
        width: The same.

    Returns:
        The window, which lies inside the photograph; None where the masks are equal.
    """
    missed, surplus = (_largest_piece(errors) for errors in _missed_and_surplus(truth, mask))
    is_missed = np.count_nonzero(missed) >= np.count_nonzero(surplus)
    piece = missed if is_missed else surplus
    area = int(np.count_nonzero(piece))
    if not area:
        return None
    height, width = min(height, truth.shape[0]), min(width, truth.shape[1])
    # By a summed-area table: the piece's pixels in the window at each place.
    table = cv2.integral(piece.view(np.uint8))
    inside = (
        table[height:, width:]
        - table[:-height, width:]
        - table[height:, :-width]
        + table[:-height, :-width]
    )
    top, left = map(int, np.unravel_index(np.argmax(inside), inside.shape))
    held = np.nonzero(piece[top : top + height, left : left + width])
    top = _centred(top + held[0], height, truth.shape[0])
    left = _centred(left + held[1], width, truth.shape[1])
    return ErrorWindow(top, left, height, width, bool(is_missed), area)


def draw_comparison(
    photograph: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    fault: str = "",
) -> NDArray[np.uint8]:
    """Draws photograph, truth, mask and difference side by side, below them the largest error.

    The second row shows a part of 480x320 pixels at their own size, as the photograph and cut out
    by each mask; of a small photograph a quarter, enlarged. It is absent where the masks are equal
    or there is a fault.

    Args:
        photograph: uint8 [H, W, 3], RGB.
        truth: uint8 [H, W]; non-zero is car.
        mask: uint8 [H, W]; non-zero is car. Nothing is car where there is no mask.
        fault: Why there is none; is written in its place.

    Returns:
        uint8 [h, 1944, 3], RGB.

    Raises:
        ValueError: If the three are not of one size.
    """
    height, width = truth.shape
    column = min(_COLUMN, max(1, _TALLEST * width // height))
    difference = draw_difference(photograph, truth, mask, column)
    # Half the photograph at most, or there would be nothing to enlarge.
    part = min(_COLUMN, max(1, width // 2))
    window = None if fault else largest_error(truth, mask, max(1, part * 2 // 3), part)
    panels = [
        resize_to_width(photograph, column),
        resize_to_width(_black_and_white(truth), column),
        _written(fault, *difference.shape[:2])
        if fault
        else resize_to_width(_black_and_white(mask), column),
        _framed(difference, window, column / width) if window else difference,
    ]
    colours = [("difference: ", _INK), ("missed ", MISSED), ("surplus", SURPLUS)]
    captions = [[("photograph", _INK)], [("truth", _INK)], [("mask", _INK)], colours]
    rows = [_row(panels, captions)]
    if window:
        parts = window.crop(photograph), window.crop(truth), window.crop(mask)
        rows.append(_detail(*parts, window))
    return np.vstack(rows)


def resize_to_width(pixels: NDArray, width: int) -> NDArray:
    """Resizes a picture to a panel's width: averages where it shrinks, repeats where it grows.

    Args:
        pixels: [H, W] or [H, W, C], uint8 or float32.
        width: Pixels.

    Returns:
        [h, width] or [h, width, C] of the same dtype, with the same proportions.
    """
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    shrinks = width < pixels.shape[1]
    return cv2.resize(
        pixels,
        (width, height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST,
    )


def _missed_and_surplus(
    truth: NDArray[np.uint8], mask: NDArray[np.uint8]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    car, given = truth > 0, mask > 0
    return car & ~given, given & ~car


def _largest_piece(errors: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns the largest 8-connected piece; nothing where there is none."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(errors.view(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not areas.size:
        return errors
    return labels == 1 + np.argmax(areas)


def _centred(places: NDArray[np.int64], length: int, end: int) -> int:
    """Returns where a window starts that has the places in its middle but lies in [0, end)."""
    start = (int(places.min()) + int(places.max()) + 1 - length) // 2
    return min(max(0, start), end - length)


def _detail(
    photograph: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    window: ErrorWindow,
) -> NDArray[np.uint8]:
    cutouts = [
        np.where(each[..., np.newaxis] > 0, photograph, np.array(_CUT_AWAY, np.uint8))
        for each in (truth, mask)
    ]
    panels = [resize_to_width(each, _COLUMN) for each in (photograph, *cutouts)]
    panels.append(draw_difference(photograph, truth, mask, _COLUMN))
    kind, colour = ("missed", MISSED) if window.missed else ("surplus", SURPLUS)
    captions = [
        [(f"largest error, {_COLUMN / window.width:.3g}:1", _INK)],
        [("cut out by the truth", _INK)],
        [("cut out by the mask", _INK)],
        [(f"{window.area:,} px {kind}", colour)],
    ]
    return _row(panels, captions)


def _row(
    panels: Sequence[NDArray[np.uint8]],
    captions: Sequence[Sequence[tuple[str, _Colour]]],
) -> NDArray[np.uint8]:
    """Joins panels below their captions: uint8 [h, 4 columns and the gaps, 3]."""
    height = max(panel.shape[0] for panel in panels)
    step = _COLUMN + _GAP
    row = Image.new("RGB", (step * len(panels) - _GAP, _CAPTION + height + _GAP), _PAPER)
    draw = ImageDraw.Draw(row)
    font = ImageFont.load_default(_TEXT)
    for place, (panel, caption) in enumerate(zip(panels, captions, strict=True)):
        x = float(place * step + _GAP)
        for text, colour in caption:
            draw.text((x, _CAPTION // 2), text, colour, font, anchor="lm")
            x += draw.textlength(text, font)
        left = place * step + (_COLUMN - panel.shape[1]) // 2
        row.paste(Image.fromarray(panel), (left, _CAPTION + (height - panel.shape[0]) // 2))
    return np.asarray(row)


def _written(fault: str, height: int, width: int) -> NDArray[np.uint8]:
    panel = Image.new("RGB", (width, height), _NO_MASK)
    lines = ["no mask", *textwrap.wrap(fault, 36, max_lines=6, placeholder=" ...")]
    ImageDraw.Draw(panel).multiline_text(
        (width / 2, height / 2),
        "\n".join(lines),
        _INK,
        ImageFont.load_default(_TEXT),
        anchor="mm",
        align="center",
    )
    return np.asarray(panel)


def _black_and_white(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat((mask > 0).astype(np.uint8)[..., np.newaxis] * 255, 3, axis=2)


def _framed(panel: NDArray[np.uint8], window: ErrorWindow, scale: float) -> NDArray[np.uint8]:
    framed = Image.fromarray(panel)
    left, top = window.left * scale, window.top * scale
    right, bottom = left + window.width * scale, top + window.height * scale
    ImageDraw.Draw(framed).rectangle((left, top, right, bottom), outline=_INK, width=2)
    return np.asarray(framed)
