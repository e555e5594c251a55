"""Makes sure that a JPEG can be decoded, without decoding most of it.

libjpeg fails on what stands in markers: tables that are missing or broken, kinds that it does not
know. Pixels that are damaged it forgives. A baseline file whose pixels are one scan with no marker
in it therefore decodes to its end if its first rows do. All others are decoded as a whole.
"""

import re

import tensorflow as tf

# libjpeg decodes all coefficients but only one pixel in 64: a third of the time of a full decode.
_RATIO = 8
_BASELINE = (0xC0, 0xC1)
_FRAMES = tuple(marker for marker in range(0xC0, 0xD0) if marker not in (0xC4, 0xC8, 0xCC))
_SCAN = 0xDA
# Behind 255, pixels have 0 for the number itself, or a restart marker.
_MARKER_IN_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_END = b"\xff\xd9"


def probe_jpeg(image: bytes, tensor: tf.Tensor) -> None:
    """Decodes as much of a JPEG as tells that all of it can be decoded.

    Args:
        image: The file; its segments are known to be whole (trainer/photograph/jpeg_header.py).
        tensor: The same as string [].

    Raises:
        tf.errors.OpError: If it cannot.
    """
    if _is_one_baseline_scan(image):
        tf.io.decode_and_crop_jpeg(tensor, [0, 0, 1, 1], channels=3, ratio=_RATIO)
    else:
        tf.io.decode_jpeg(tensor, channels=3, ratio=_RATIO)


def _is_one_baseline_scan(image: bytes) -> bool:
    frames = []
    place = 2
    while place + 4 <= len(image) and image[place] == 0xFF:
        marker = image[place + 1]
        place += 2 + int.from_bytes(image[place + 2 : place + 4], "big")
        if marker in _FRAMES:
            frames.append(marker)
        if marker == _SCAN:
            next_marker = _MARKER_IN_PIXELS.search(image, place)
            is_last = next_marker is not None and next_marker[0] == _END
            return is_last and len(frames) == 1 and frames[0] in _BASELINE
    return False
