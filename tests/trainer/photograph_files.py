"""Draws a photograph whose mask is known to the pixel, and puts it into files of every kind.

It shows a red object on blue, on the borders of the model's pixels, so that its mask has no soft
edge; and so that no turned or mirrored one is like another.
"""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

# Twice the model's input.
HEIGHT, WIDTH = 32, 48
BLUE, RED = (20, 40, 200), (230, 40, 30)
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def draw():
    pixels = np.full((HEIGHT, WIDTH, 3), BLUE, np.uint8)
    pixels[4:20, 10:40] = RED
    pixels[4:8, 10:16] = BLUE
    return pixels


PIXELS = draw()
TRUTH = np.where(PIXELS[..., 0] > 100, 255, 0).astype(np.uint8)
IMAGE = Image.fromarray(PIXELS)
GRAY = PIXELS[..., 0]


def file(picture, kind="JPEG", **options):
    """Encodes pixels or a PIL image; JPEG well, and without blurring its colours."""
    if kind == "JPEG":
        options = {"quality": 95, "subsampling": 0, **options}
    buffer = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


JPEG, PNG = file(IMAGE), file(IMAGE, "PNG")


# Parts of JPEG files.


def start_of(marker, jpeg=JPEG):
    """Finds the segment of a marker, the SOF0 of baseline files or another."""
    return jpeg.index(bytes([0xFF, marker]))


SOF, SOS = start_of(0xC0), start_of(0xDA)


def with_size(height, width):
    return JPEG[: SOF + 5] + struct.pack(">HH", height, width) + JPEG[SOF + 9 :]


def with_byte(content, place, value):
    return content[:place] + bytes([value]) + content[place + 1 :]


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def with_segments(*segments, jpeg=JPEG):
    """Inserts segments behind the start of the image."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def without(marker, jpeg=JPEG):
    """Removes all segments of a marker."""
    while (place := jpeg.find(bytes([0xFF, marker]))) >= 0:
        [length] = struct.unpack_from(">H", jpeg, place + 2)
        jpeg = jpeg[:place] + jpeg[place + 2 + length :]
    return jpeg


def ycck():
    """Adobe's fourth way to say a colour: the inks but black as YCbCr (transform 2), inverted."""
    inks = np.asarray(Image.fromarray(255 - PIXELS).convert("YCbCr"))
    channels = np.dstack([inks, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    jpeg = file(Image.fromarray(255 - channels, "CMYK"))
    return with_byte(jpeg, jpeg.index(b"Adobe") + 11, 2)


def plain_cmyk():
    """CMYK without Adobe's mark, which then is not inverted. Pillow inverts it."""
    inks = np.dstack([255 - PIXELS, np.zeros((HEIGHT, WIDTH), np.uint8)])
    return without(0xEE, file(Image.fromarray(255 - inks, "CMYK")))


def many_scans(count):
    jpeg = file(IMAGE, progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * count + b"\xff\xd9"


# EXIF.


def tiff(*entries, order="<"):
    """A TIFF structure; each entry is tag, type, count and value, the last one 4 bytes."""
    mark = b"II" if order == "<" else b"MM"
    table = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    return mark + struct.pack(order + "HIH", 42, 8, len(entries)) + table + bytes(4)


def orientation_entry(value, order="<", kind=3):
    """The entry as a short (3), a long (4), or with its first bytes of any other type."""
    content = struct.pack(f"{order}I", value) if kind == 4 else struct.pack(f"{order}HH", value, 0)
    return (0x0112, kind, 1, content)


def with_exif(content, jpeg=JPEG):
    return with_segments(segment(0xE1, b"Exif\0\0" + content), jpeg=jpeg)


def stored(orientation):
    """The pixels as a camera stores them that are shown as ``PIXELS`` (CIPA DC-008, 4.6.4)."""
    turn = {
        1: lambda p: p,
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p),
        7: lambda p: np.rot90(p.transpose(1, 0, 2), 2),
        8: lambda p: np.rot90(p, -1),
    }
    return np.ascontiguousarray(turn[orientation](PIXELS))


def turned(orientation, kind="JPEG", order="<"):
    content = tiff(orientation_entry(orientation, order), order=order)
    if kind == "PNG":
        return with_chunks((b"eXIf", content), png=file(stored(orientation), "PNG"))
    return with_exif(content, jpeg=file(stored(orientation)))


# Parts of PNG files.


def chunk(name, content, checksum=None):
    checksum = zlib.crc32(name + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def with_chunks(*chunks, png=PNG):
    """Inserts chunks behind the header."""
    return png[:33] + b"".join(chunk(*each) for each in chunks) + png[33:]


def png_of(depth, colour, rows, *, interlace=0, width=WIDTH, height=HEIGHT, more=(), method=0):
    """Writes a PNG file by hand; the rows are packed, and not filtered."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, method, 0, interlace)
    content = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = [(b"IHDR", header), *more, (b"IDAT", content), (b"IEND", b"")]
    return PNG_MAGIC + b"".join(chunk(*part) for part in parts)


def interlaced():
    """Adam7 (RFC 2083, 2.6): seven coarser pictures one after the other."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    rows = [
        row
        for top, left, down, across in (*passes, (1, 0, 2, 1))
        for row in PIXELS[top::down, left::across]
    ]
    return png_of(8, 2, rows, interlace=1)


PALETTE = (b"PLTE", bytes(BLUE + RED))
INDICES = (GRAY > 100).astype(np.uint8)


def packed(indices, depth):
    """Packs small numbers as PNG does, the first pixel in the highest bits."""
    bits = np.unpackbits(indices[..., None], axis=-1)[..., -depth:]
    return np.packbits(bits.reshape(len(indices), -1), axis=1)


def sixteen_bits(pixels):
    return cv2.imencode(".png", pixels[..., ::-1].astype(np.uint16) * 257)[1].tobytes()


def png_with_damage(name, damage):
    """Changes the first byte of a chunk's data, and not its checksum."""
    place = PNG.index(name) + 4
    return with_byte(PNG, place, PNG[place] ^ damage)


def png_without(name):
    place = PNG.index(name)
    [length] = struct.unpack_from(">I", PNG, place - 4)
    return PNG[: place - 4] + PNG[place + 8 + length :]
