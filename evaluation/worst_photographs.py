"""Shows the photographs that a model did worst on: a page to look at, a table for programs.

worst.html        one page, opens without a network
worst.csv         the same table
worst/<id>.jpg    photograph, truth, mask, difference; below them the largest error enlarged
"""

import csv
import hashlib
import html
import io
import os
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
import tensorflow as tf
from PIL import Image

from evaluation.difference import MISSED, SURPLUS, draw_comparison
from evaluation.photograph_score import PhotographScore
from trainer.preprocessing import decode_image, decode_mask

PAGE_FILE = "worst.html"
TABLE_FILE = "worst.csv"
PICTURES_FOLDER = "worst"

_MOST_BYTES = 150_000
_LONGEST_NAME = 120
_COLUMNS = (
    "rank",
    "image_id",
    "group_id",
    "make",
    "year",
    "pose",
    "dice",
    "boundary_distance",
    "false_area",
    "fault",
    "picture",
)


@dataclass(frozen=True)
class WorstInput:
    """The files that a picture is drawn from.

    Attributes:
        image: The photograph, a JPEG or PNG file.
        truth: Its true mask, a one-channel PNG file of the same size.
        reply: The model's mask, the same; None where it gave none.
    """

    image: bytes
    truth: bytes
    reply: bytes | None


@dataclass(frozen=True)
class _Picture:
    """What the page says of a picture that is already written."""

    name: str
    width: int
    height: int
    alt: str


def write_worst(
    folder: str,
    scores: Sequence[PhotographScore],
    photograph_of: Callable[[str], WorstInput],
    count: int = 12,
) -> None:
    """Writes ``worst.html``, ``worst.csv`` and ``worst/`` into a folder.

    One photograph is in memory at a time.

    Args:
        folder: On any file system that TensorFlow writes to; made if needed.
        scores: One per photograph, all of one model.
        photograph_of: Gives the files of an image id; called once for each photograph shown.
        count: How many are shown at most.

    Raises:
        tf.errors.InvalidArgumentError: If a photograph or a mask cannot be decoded.
        ValueError: If photograph, truth and reply are not of one size.
    """
    tf.io.gfile.makedirs(os.path.join(folder, PICTURES_FOLDER))
    shown = worst(scores, count)
    pictures = [_write_picture(folder, score, photograph_of(score.image_id)) for score in shown]
    _write(os.path.join(folder, TABLE_FILE), _table(shown, pictures).encode())
    _write(os.path.join(folder, PAGE_FILE), _page(shown, pictures, len(scores)).encode())


def worst(scores: Sequence[PhotographScore], count: int) -> list[PhotographScore]:
    """Returns the worst rows: faults first, then by rising Dice, equals by image id."""
    return sorted(scores, key=lambda each: (not each.fault, each.figures.dice, each.image_id))[
        :count
    ]


def picture_name(image_id: str) -> str:
    """Names a photograph's picture so that every file system takes it.

    Args:
        image_id: Any text.

    Returns:
        ASCII letters, digits, ``_.-~%`` and the ending ``.jpg``; other ids have other names. Ids
        that are too long for a file name end in their digest.
    """
    name = quote(image_id, safe="")
    if len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(image_id.encode()).hexdigest()[:16]
        name = f"{name[:_LONGEST_NAME]}-{digest}"
    return f"{name}.jpg"


def _write(path: str, content: bytes) -> None:
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(content)


def _write_picture(folder: str, score: PhotographScore, files: WorstInput) -> _Picture:
    photograph = decode_image(files.image).numpy()
    truth = decode_mask(files.truth).numpy()[..., 0]
    if score.fault or files.reply is None:
        mask, fault = np.zeros_like(truth), score.fault or "no reply"
    else:
        mask, fault = decode_mask(files.reply).numpy()[..., 0], ""
    picture = Image.fromarray(draw_comparison(photograph, truth, mask, fault))
    name = picture_name(score.image_id)
    _write(os.path.join(folder, PICTURES_FOLDER, name), _jpeg(picture))
    missed = np.count_nonzero((truth > 0) & (mask == 0))
    surplus = np.count_nonzero((truth == 0) & (mask > 0))
    what = "no mask" if fault else f"mask with {missed:,} px missed and {surplus:,} px surplus"
    alt = f"{score.image_id}: photograph, truth, {what}, and the difference"
    return _Picture(name, picture.width, picture.height, alt)


def _jpeg(picture: Image.Image) -> bytes:
    """Encodes as well as the size allows; without subsampling, which blurs coloured lines."""
    while True:
        for quality in (90, 80, 70, 60, 50):
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=quality, subsampling=0)
            if buffer.tell() <= _MOST_BYTES:
                return buffer.getvalue()
        picture = picture.reduce(2)


def _table(shown: Sequence[PhotographScore], pictures: Sequence[_Picture]) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for rank, (score, picture) in enumerate(zip(shown, pictures, strict=True), 1):
        rows.writerow(
            [
                rank,
                score.image_id,
                score.group_id,
                score.make,
                score.year,
                score.pose,
                score.figures.dice,
                score.figures.boundary_distance,
                score.figures.false_area,
                score.fault,
                f"{PICTURES_FOLDER}/{picture.name}",
            ]
        )
    return text.getvalue()


def _page(shown: Sequence[PhotographScore], pictures: Sequence[_Picture], total: int) -> str:
    title = f"Worst photographs of {shown[0].model}" if shown else "Worst photographs"
    bodies = (
        _body(rank, score, picture)
        for rank, (score, picture) in enumerate(zip(shown, pictures, strict=True), 1)
    )
    return _PAGE.substitute(
        title=html.escape(title),
        shown=len(shown),
        total=f"{total:,}",
        missed=_hex(MISSED),
        surplus=_hex(SURPLUS),
        rows="\n".join(bodies),
    )


def _body(rank: int, score: PhotographScore, picture: _Picture) -> str:
    """Returns one photograph's rows: its figures, its fault if any, its picture."""
    year = str(score.year) if score.year >= 0 else ""
    car = " ".join(filter(None, (score.group_id, score.make, year)))
    cells = {
        "Photograph": score.image_id,
        "Car": car,
        "Pose": str(score.pose) if score.pose >= 0 else "unknown",
        "Dice": f"{score.figures.dice:.4f}",
        # Without a mask the distance is a convention, not a measurement.
        "Boundary distance": "none"
        if score.fault
        else f"{score.figures.boundary_distance:,.2f} px",
        "False area": f"{score.figures.false_area:,} px",
    }
    figures = "".join(
        f'<td data-label="{label}">{html.escape(value)}</td>' for label, value in cells.items()
    )
    fault = (
        f'<tr><td class="fault" colspan="7">No mask: {html.escape(score.fault)}</td></tr>'
        if score.fault
        else ""
    )
    address = html.escape(f"{PICTURES_FOLDER}/{quote(picture.name)}")
    return (
        f'<tbody><tr><th scope="row">{rank}</th>{figures}</tr>{fault}\n'
        f'<tr><td class="strip" colspan="7"><div><a href="{address}"><img src="{address}" '
        f'width="{picture.width}" height="{picture.height}" loading="lazy" '
        f'alt="{html.escape(picture.alt)}"></a></div></td></tr></tbody>'
    )


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


_PAGE = string.Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
:root { --ink: #1b1b1b; --soft: #5a5a5a; --paper: #fff; --line: #d6d6d6; --fault: #b00020; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --soft: #a8a8a8; --paper: #161616; --line: #3c3c3c; --fault: #ff8a80; }
}
body { margin: 0 auto; max-width: 1300px; padding: 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 46rem; }
.swatch { display: inline-block; width: .9em; height: .9em; border: 1px solid var(--soft);
  vertical-align: -.1em; }
.phone { display: none; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; text-align: left; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-size: .85rem; font-weight: 600; vertical-align: bottom; }
tbody { border-top: 1px solid var(--line); }
th:nth-child(n+4), td:nth-child(n+4) { text-align: right; white-space: nowrap; }
.fault { color: var(--fault); }
.strip { padding: 0 0 1.5rem; }
.strip div { overflow-x: auto; }
img { display: block; width: 100%; height: auto; }
@media (max-width: 700px) {
  .phone { display: block; }
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tbody { padding-top: .6rem; }
  tbody th { display: block; padding: 0; font-size: 1.2rem; }
  tbody th::before { content: "No. "; }
  td, td:nth-child(n+4) { display: flex; justify-content: space-between; gap: 1rem;
    padding: .1rem 0; text-align: right; white-space: normal; }
  td[data-label]::before { content: attr(data-label); color: var(--soft); white-space: nowrap; }
  td.fault { display: block; text-align: left; }
  td.strip { display: block; padding: .4rem 0 1.2rem; }
  .strip img { width: 220%; max-width: none; }
}
</style>
</head>
<body>
<h1>$title</h1>
<p>The $shown photographs of $total with the lowest Dice, those without a mask first.</p>
<p>In the difference, <span class="swatch" style="background:$missed"></span> orange is missed:
car that the mask leaves out. <span class="swatch" style="background:$surplus"></span> blue is
surplus: backdrop that the mask takes in. Thin errors are drawn wider than they are. The second row
shows the largest error in one piece, framed in the difference above it.</p>
<p>Boundary distance is the mean distance between the outlines of mask and truth, false area what
is car in one of the two only; both in pixels of the full photograph.</p>
<p class="phone">Swipe a picture sideways for mask and difference, tap it to enlarge it.</p>
<table>
<thead><tr><th scope="col">Rank</th><th scope="col">Photograph</th><th scope="col">Car</th>
<th scope="col">Pose</th><th scope="col">Dice</th><th scope="col">Boundary distance</th>
<th scope="col">False area</th></tr></thead>
$rows
</table>
</body>
</html>
""")
