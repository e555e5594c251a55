"""Keeps a photograph's ICC profile in what is made of it.

The profile says which colours the numbers mean. OpenCV drops it, and a photograph in Adobe RGB
would come back with dull colours.
"""

import struct
import zlib

from serving.client.pictures.jpeg_segments import jpeg_segments
from serving.client.pictures.png_chunks import insert_chunk, png_chunks

# ICC.1:2022, annex B.4: a profile in a JPEG file, in numbered parts if it is long.
_APP2, _JPEG_TAG = 0xE2, b"ICC_PROFILE\0"
_PART_BYTES = 65519
# ICC.1:2022, section 7.2: bytes 16 to 19 name the colour space of the numbers.
_SPACE = slice(16, 20)
# More than any camera's or screen's; a small file can unpack to gigabytes.
_LARGEST_BYTES = 4 * 2**20


def read_rgb_profile(image_bytes: bytes) -> bytes | None:
    """Returns the ICC profile of a JPEG or PNG file.

    Returns:
        The profile; None if there is none, it is incomplete, or it is not one for RGB: gray and
        CMYK photographs are RGB once they are decoded, and their profiles no longer apply.
    """
    profile = _jpeg_profile(image_bytes) or _png_profile(image_bytes)
    return profile if profile is not None and profile[_SPACE] == b"RGB " else None


def with_profile(picture: bytes, profile: bytes | None) -> bytes:
    """Returns a JPEG or PNG file, which has no profile yet, with one; None adds nothing."""
    if profile is None:
        return picture
    if picture.startswith(b"\x89PNG"):
        # PNG specification, section 11.3.2.3: name, compression method 0, packed profile.
        return insert_chunk(picture, b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))
    parts = [profile[at : at + _PART_BYTES] for at in range(0, len(profile), _PART_BYTES)]
    segments = b"".join(
        struct.pack(">BBH", 0xFF, _APP2, 2 + len(_JPEG_TAG) + 2 + len(part))
        + _JPEG_TAG
        + bytes((number, len(parts)))
        + part
        for number, part in enumerate(parts, start=1)
    )
    # After APP0, which has to be the first segment of a JFIF file.
    end_of_app0 = 4 + struct.unpack_from(">H", picture, 4)[0]
    return picture[:end_of_app0] + segments + picture[end_of_app0:]


def _jpeg_profile(image_bytes: bytes) -> bytes | None:
    parts, expected = {}, 0
    for marker, content in jpeg_segments(image_bytes):
        if marker == _APP2 and content.startswith(_JPEG_TAG) and len(content) > 14:
            number, expected = content[12], content[13]
            parts[number] = content[14:]
    if not parts or sorted(parts) != list(range(1, expected + 1)):
        return None
    return b"".join(parts[number] for number in sorted(parts))


def _png_profile(image_bytes: bytes) -> bytes | None:
    for kind, content in png_chunks(image_bytes):
        if kind == b"iCCP":
            packed = content[content.find(b"\0") + 2 :]
            try:
                unpacker = zlib.decompressobj()
                profile = unpacker.decompress(packed, _LARGEST_BYTES)
            except zlib.error:
                return None
            return profile if unpacker.eof else None
        if kind == b"IDAT":
            break
    return None
