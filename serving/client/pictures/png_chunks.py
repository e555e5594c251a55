"""The chunks of a PNG file (PNG specification, third edition, section 5)."""

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunks(image_bytes: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walks through a PNG file.

    Args:
        image_bytes: A file; one that is no PNG has no chunks.

    Yields:
        Each chunk's type and content; a file cut short ends early.
    """
    position = len(_SIGNATURE) if image_bytes.startswith(_SIGNATURE) else len(image_bytes)
    while position + 8 <= len(image_bytes):
        length, kind = struct.unpack_from(">I4s", image_bytes, position)
        yield kind, image_bytes[position + 8 : position + 8 + length]
        position += 12 + length


def insert_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """Returns a PNG file with one more chunk, right after its header (IHDR)."""
    end = len(_SIGNATURE) + 12 + len(next(png_chunks(png))[1])
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    chunk = struct.pack(">I", len(content)) + kind + content + checksum
    return png[:end] + chunk + png[end:]


def without_chunk(png: bytes, kind: bytes) -> bytes:
    """Returns a PNG file without the first chunk of a type; any other file as it is."""
    position = len(_SIGNATURE)
    for found, content in png_chunks(png):
        end = position + 12 + len(content)
        if found == kind:
            return png[:position] + png[end:]
        position = end
    return png
