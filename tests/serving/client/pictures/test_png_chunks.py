"""The chunks of PNG files."""

import cv2
import numpy as np

from serving.client.pictures.png_chunks import insert_chunk, png_chunks, without_chunk

_PNG = cv2.imencode(".png", np.arange(60, dtype=np.uint8).reshape(4, 5, 3))[1].tobytes()


def _kinds(png: bytes) -> list[bytes]:
    return [kind for kind, _ in png_chunks(png)]


def test_chunks_in_their_order():
    assert _kinds(_PNG) == [b"IHDR", b"IDAT", b"IEND"]
    assert next(png_chunks(_PNG))[1] == bytes((0, 0, 0, 5, 0, 0, 0, 4, 8, 2, 0, 0, 0))


def test_a_chunk_goes_in_after_the_header_and_out_again():
    longer = insert_chunk(_PNG, b"tEXt", b"a\0b")
    assert _kinds(longer) == [b"IHDR", b"tEXt", b"IDAT", b"IEND"]
    assert longer[33:48] == b"\0\0\0\x03tEXta\0b" + bytes.fromhex("dc49a23b")
    np.testing.assert_array_equal(
        cv2.imdecode(np.frombuffer(longer, np.uint8), 1),
        cv2.imdecode(np.frombuffer(_PNG, np.uint8), 1),
    )
    assert without_chunk(longer, b"tEXt") == _PNG


def test_without_the_chunk_a_file_stays_as_it_is():
    assert without_chunk(_PNG, b"tEXt") == _PNG
    assert without_chunk(b"\xff\xd8\xff", b"tEXt") == b"\xff\xd8\xff"


def test_what_is_no_png_file_has_no_chunks_and_one_cut_short_ends_early():
    assert _kinds(b"") == _kinds(b"\xff\xd8\xff") == []
    assert _kinds(_PNG[:40]) == [b"IHDR"]
