"""The segments of a JPEG file's header, for what OpenCV does not tell about a photograph."""

import struct
from collections.abc import Iterator

_SOI = b"\xff\xd8"
_SOS, _EOI, _APP14 = 0xDA, 0xD9, 0xEE
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDS_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}


def jpeg_segments(image_bytes: bytes) -> Iterator[tuple[int, bytes]]:
    """Walks through a JPEG file's header, up to the first scan (ITU-T T.81, annex B).

    Args:
        image_bytes: A file; one that is no JPEG has no segments.

    Yields:
        Each segment's marker, without its 0xff, and content. A broken header ends early.
    """
    position = len(_SOI) if image_bytes.startswith(_SOI) else len(image_bytes)
    while position + 4 <= len(image_bytes) and image_bytes[position] == 0xFF:
        marker = image_bytes[position + 1]
        if marker == 0xFF:  # a filler
            position += 1
        elif marker in _STANDS_ALONE:
            position += 2
        elif marker in (_SOS, _EOI):
            return
        else:
            (length,) = struct.unpack_from(">H", image_bytes, position + 2)
            yield marker, image_bytes[position + 4 : position + 2 + length]
            # A length counts itself, so it is 2 at least; a smaller one would never end.
            position += 2 + max(length, 2)


def adobe_marker_is_missing(image_bytes: bytes) -> bool:
    """Tells whether a JPEG file has four colours and no word on whether they are inverted.

    Adobe's programs store CMYK inverted, and say so in an APP14 segment; decoders take it for
    granted.
    """
    is_cmyk = has_marker = False
    for marker, content in jpeg_segments(image_bytes):
        if marker in _FRAME_HEADERS:
            is_cmyk = content[5:6] == b"\x04"
        has_marker = has_marker or (marker == _APP14 and content.startswith(b"Adobe"))
    return is_cmyk and not has_marker
