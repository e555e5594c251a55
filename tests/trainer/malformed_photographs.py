"""The malformed-photograph suite: each kind of file, with its outcome.

``RIGHT`` gets the right mask, ``READ_AS_FAR_AS_IT_GOES`` a mask of the size that the header says,
``REFUSED`` is refused with a text.
"""

import struct
import zlib

import numpy as np
from PIL import Image

from tests.trainer.photograph_files import (
    GRAY,
    HEIGHT,
    IMAGE,
    INDICES,
    JPEG,
    PALETTE,
    PIXELS,
    PNG,
    PNG_MAGIC,
    RED,
    SOF,
    SOS,
    TRUTH,
    WIDTH,
    chunk,
    file,
    interlaced,
    many_scans,
    orientation_entry,
    packed,
    plain_cmyk,
    png_of,
    png_with_damage,
    png_without,
    segment,
    sixteen_bits,
    stored,
    tiff,
    turned,
    with_byte,
    with_chunks,
    with_exif,
    with_segments,
    with_size,
    without,
    ycck,
)

# Inflates to 4 MB.
TEXT = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(4_000_000)))

RIGHT = {
    "JPEG": JPEG,
    "JPEG of poor quality": file(IMAGE, quality=40),
    "JPEG with half the colours": file(IMAGE, subsampling="4:2:2"),
    "JPEG with a quarter of the colours": file(IMAGE, subsampling="4:2:0"),
    "gray JPEG": file(GRAY),
    "progressive JPEG": file(IMAGE, progressive=True),
    "gray progressive JPEG": file(GRAY, progressive=True),
    "progressive JPEG of 90 scans": many_scans(80),
    "JPEG with Huffman tables of its own": file(IMAGE, optimize=True),
    "JPEG without Huffman tables, as films have them": without(0xC4),
    "JPEG with restart markers": file(IMAGE, restart_marker_blocks=2),
    "JPEG of RGB": file(IMAGE, keep_rgb=True),
    "CMYK JPEG of Adobe": file(IMAGE.convert("CMYK")),
    "CMYK JPEG": plain_cmyk(),
    "YCCK JPEG": ycck(),
    "JPEG with a comment": with_segments(segment(0xFE, b"\xff\xda\xff\xd9 is no end")),
    "JPEG with a long ICC profile": file(IMAGE, icc_profile=bytes(200_000)),
    "JPEG with 900 segments": with_segments(*[segment(0xEF, b"x")] * 900),
    "JPEG with fill bytes before a marker": JPEG[:2] + b"\xff" * 5 + JPEG[2:],
    "JPEG with a segment of no length": JPEG[:SOF] + b"\xff\xe5\0\0" + JPEG[SOF:],
    "JPEG with padding behind its end": JPEG + bytes(5000),
    "JPEG with a film behind its end": JPEG + b"\xff\xda\xff\xd8" * 500,
    "two JPEGs in one file": JPEG + file(255 - PIXELS),
    "JPEG with another one in its EXIF": with_exif(tiff() + file(255 - PIXELS)),
    "JPEG whose EXIF is empty": with_exif(b""),
    "JPEG whose EXIF has no entries": with_exif(tiff()),
    "JPEG whose EXIF says 0": with_exif(tiff(orientation_entry(0))),
    "JPEG whose EXIF says 9": with_exif(tiff(orientation_entry(9))),
    "JPEG whose EXIF is cut short": with_exif(tiff(orientation_entry(6))[:15]),
    "JPEG whose EXIF points outside": with_exif(b"II*\0\xff\xff\xff\x7f" + bytes(40)),
    "JPEG whose EXIF points far back": with_exif(b"II*\0\xff\xff\xff\xff" + bytes(40)),
    "JPEG whose EXIF has too many entries": with_exif(b"II*\0\x08\0\0\0\xff\xff" + bytes(30)),
    "JPEG whose EXIF is of another type": with_exif(tiff(orientation_entry(6, kind=2))),
    "JPEG whose XMP comes first": with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0")),
    "JPEG turned by the first of two EXIFs": with_exif(
        tiff(orientation_entry(3)), with_exif(tiff(orientation_entry(1)), file(stored(3)))
    ),
    "JPEG turned after another entry": with_exif(
        tiff((0x010F, 2, 4, b"Cam\0"), orientation_entry(4)), file(stored(4))
    ),
    "PNG": PNG,
    "PNG with alpha": file(
        np.dstack([PIXELS, np.arange(WIDTH, dtype=np.uint8)[None] + GRAY]), "PNG"
    ),
    "gray PNG": file(GRAY, "PNG"),
    "gray PNG with alpha": file(Image.fromarray(GRAY).convert("LA"), "PNG"),
    "PNG of 16 bits": sixteen_bits(PIXELS),
    "gray PNG of 16 bits": sixteen_bits(GRAY[..., None]),
    "PNG with alpha of 16 bits": sixteen_bits(np.dstack([GRAY // 2, PIXELS])),
    "bilevel PNG": file(Image.fromarray(TRUTH).convert("1"), "PNG"),
    "gray PNG of 2 bits": png_of(2, 0, packed(3 * INDICES, 2)),
    "gray PNG of 4 bits": png_of(4, 0, packed(15 * INDICES, 4)),
    "palette PNG of 1 bit": png_of(1, 3, packed(INDICES, 1), more=[PALETTE]),
    "palette PNG of 2 bits": png_of(2, 3, packed(INDICES, 2), more=[PALETTE]),
    "palette PNG of 4 bits": png_of(4, 3, packed(INDICES, 4), more=[PALETTE]),
    "palette PNG": png_of(8, 3, INDICES, more=[PALETTE]),
    "palette PNG with transparency": png_of(8, 3, INDICES, more=[PALETTE, (b"tRNS", b"\0\x80")]),
    "PNG with a transparent colour": with_chunks((b"tRNS", struct.pack(">HHH", *RED))),
    "interlaced PNG": interlaced(),
    "moving PNG": file(IMAGE, "PNG", save_all=True, append_images=[Image.fromarray(255 - PIXELS)]),
    "PNG with text": with_chunks((b"tEXt", b"Comment\0IEND\xaeB`\x82")),
    "PNG with 900 chunks": with_chunks(*[(b"tEXt", b"Comment\0x")] * 900),
    "PNG with 16 compressed texts": with_chunks(*[TEXT] * 16),
    "PNG with gamma": with_chunks((b"gAMA", struct.pack(">I", 100_000))),
    "PNG with padding behind its end": PNG + bytes(5000),
    "PNG whose EXIF says nonsense": with_chunks((b"eXIf", b"II*\0\xff\xff\xff\xff")),
    **{f"JPEG of orientation {each}": turned(each) for each in range(1, 9)},
    **{f"JPEG of orientation {each}, high byte first": turned(each, order=">") for each in (1, 6)},
    **{f"PNG of orientation {each}": turned(each, "PNG") for each in range(1, 9)},
}

# Files with less, more or other pixels than their header says are masked as the decoder reads them.
READ_AS_FAR_AS_IT_GOES = {
    "JPEG that says it is lower": (with_size(16, WIDTH), TRUTH[:16]),
    "JPEG that says it is higher": (with_size(2 * HEIGHT, WIDTH), None),
    "JPEG that says it is wider": (with_size(HEIGHT, 2 * WIDTH), None),
    "JPEG whose pixels are missing": (JPEG[: SOS + 14] + b"\xff\xd9", None),
    "JPEG whose pixels are zeros": (JPEG[: SOS + 14] + bytes(500) + b"\xff\xd9", None),
    "JPEG that was cut and given an end": (JPEG[: (SOS + len(JPEG)) // 2] + b"\xff\xd9", None),
}

NO_PHOTOGRAPH = "is no JPEG or PNG file: it "
BROKEN_JPEG, BROKEN_PNG = "is a broken JPEG file: ", "is a broken PNG file"
# What the decoder says; behind several files, the text names the file.
UNDECODABLE = "Invalid (JPEG|PNG)"

REFUSED = {
    "empty": (b"", "is empty$"),
    "one byte": (b"\xff", f"{NO_PHOTOGRAPH}begins with ff$"),
    "zeros": (bytes(1000), f"{NO_PHOTOGRAPH}begins with 00 00 00 00 00 00 00 00$"),
    "text": (b"no photograph", f"{NO_PHOTOGRAPH}begins with 6e 6f 20 70 68 6f 74 6f$"),
    "web page": (b"<html>404 Not Found</html>", f"{NO_PHOTOGRAPH}begins with 3c 68 74 6d"),
    "JSON": (b'{"instances": []}', f"{NO_PHOTOGRAPH}begins with 7b 22"),
    "base64 of a JPEG": (b"/9j/4AAQSkZJRgABAQAAAQABAAD/2wBD", f"{NO_PHOTOGRAPH}begins with 2f"),
    "GIF": (file(IMAGE, "GIF"), f"{NO_PHOTOGRAPH}is a GIF file$"),
    "moving GIF": (
        file(IMAGE, "GIF", save_all=True, append_images=[Image.new("RGB", (48, 32))]),
        f"{NO_PHOTOGRAPH}is a GIF file$",
    ),
    "BMP": (file(IMAGE, "BMP"), f"{NO_PHOTOGRAPH}is a BMP file$"),
    "WebP": (file(IMAGE, "WEBP"), f"{NO_PHOTOGRAPH}is a WebP file$"),
    "TIFF": (file(IMAGE, "TIFF"), f"{NO_PHOTOGRAPH}is a TIFF file$"),
    "TIFF, high byte first": (b"MM\0*" + bytes(50), f"{NO_PHOTOGRAPH}is a TIFF file$"),
    "HEIC": (b"\0\0\0\x18ftypheic" + bytes(50), f"{NO_PHOTOGRAPH}is a HEIC or AVIF file$"),
    "PDF": (b"%PDF-1.7\n", f"{NO_PHOTOGRAPH}is a PDF file$"),
    "PPM": (file(IMAGE, "PPM"), f"{NO_PHOTOGRAPH}begins with 50 36"),
    "icon": (file(IMAGE, "ICO"), f"{NO_PHOTOGRAPH}begins with 00 00 01 00"),
    "ZIP": (b"PK\3\4" + bytes(50), f"{NO_PHOTOGRAPH}begins with 50 4b 03 04"),
    "byte order mark before a JPEG": (b"\xef\xbb\xbf" + JPEG, f"{NO_PHOTOGRAPH}begins with ef bb"),
    "PNG that was sent as text": (PNG.replace(b"\r\n", b"\n"), f"{NO_PHOTOGRAPH}begins with 89 50"),
    "JPEG's magic alone": (b"\xff\xd8\xff", "is cut short: the JPEG file ends after 3 bytes$"),
    "JPEG cut in its first segment": (JPEG[:10], "is cut short: .* after 10 bytes$"),
    "JPEG cut before its frame": (JPEG[:SOF], f"is cut short: .* after {SOF} bytes$"),
    "JPEG cut before its pixels": (JPEG[:SOS], f"is cut short: .* after {SOS} bytes$"),
    "JPEG cut in its pixels": (JPEG[:-40], f"is cut short: .* after {len(JPEG) - 40} bytes$"),
    "JPEG cut by a byte": (JPEG[:-1], f"is cut short: .* after {len(JPEG) - 1} bytes$"),
    "JPEG padded after a cut": (JPEG[:-40] + bytes(99), "is cut short: "),
    "progressive JPEG cut in half": (file(IMAGE, progressive=True)[:700], "is cut short: "),
    "JPEG with an EXIF end and no other": (
        with_segments(segment(0xE1, b"\xff\xd9"), jpeg=JPEG[:-9]),
        "is cut short: ",
    ),
    "JPEG without a frame": (without(0xC0), f"{BROKEN_JPEG}it has no frame header"),
    "JPEG without quantization": (without(0xDB), UNDECODABLE),
    "JPEG with two frames": (
        JPEG[:SOF] + JPEG[SOF : SOF + 19] + JPEG[SOF:],
        UNDECODABLE,
    ),
    "JPEG with two starts": (JPEG[:2] + JPEG, f"{BROKEN_JPEG}no segment begins at byte 2$"),
    "JPEG with a hole before a segment": (
        JPEG[:2] + bytes(3) + JPEG[2:],
        NO_PHOTOGRAPH,
    ),
    "JPEG with a hole between segments": (
        JPEG[:SOF] + bytes(3) + JPEG[SOF:],
        f"{BROKEN_JPEG}no segment begins at byte {SOF}$",
    ),
    "JPEG whose segment ends outside": (
        JPEG[:SOF] + b"\xff\xe5\xff\xff" + JPEG[SOF:],
        "is cut short: ",
    ),
    "JPEG with over 1024 segments": (
        with_segments(*[segment(0xEF, b"x")] * 1100),
        "has over 1024 segments before its pixels$",
    ),
    "JPEG of millions of segments": (
        with_segments(*[segment(0xEF, b"")] * 2_000_000),
        "has over 1024 segments before its pixels$",
    ),
    "JPEG of too many scans": (many_scans(200), "is a JPEG file of over 100 scans$"),
    "lossless JPEG": (with_byte(JPEG, SOF + 1, 0xC3), "is a JPEG file of a rare kind, SOF3: "),
    "arithmetic JPEG": (with_byte(JPEG, SOF + 1, 0xC9), "is a JPEG file of a rare kind, SOF9: "),
    "JPEG of 12 bits": (with_byte(JPEG, SOF + 4, 12), "is a JPEG file of 12 bits: save it with 8"),
    "JPEG of two colours": (with_byte(JPEG, SOF + 9, 2), f"{BROKEN_JPEG}its pixels have 2 comp"),
    "JPEG of no height": (with_size(0, WIDTH), "is a broken JPEG file with a height of 0 pixels$"),
    "JPEG of no width": (with_size(HEIGHT, 0), "is a broken JPEG file with a width of 0 pixels$"),
    "JPEG bomb": (with_size(65500, 65500), "has 4290250000 pixels, and 40000000 are the most$"),
    "PNG's magic alone": (PNG_MAGIC, "is cut short: the PNG file ends after 8 bytes$"),
    "PNG cut in its header": (PNG[:20], "is cut short: the PNG file ends after 20 bytes$"),
    "PNG cut before its pixels": (PNG[:33], "is cut short: .* after 33 bytes$"),
    "PNG cut in its pixels": (PNG[:70], "is cut short: .* after 70 bytes$"),
    "PNG cut by a byte": (PNG[:-1], f"is cut short: .* after {len(PNG) - 1} bytes$"),
    "PNG without a header": (png_without(b"IHDR"), f"{BROKEN_PNG} of .* begin with its header$"),
    "PNG with a header behind another chunk": (
        PNG[:8] + chunk(b"tEXt", b"a\0b") + PNG[8:],
        f"{BROKEN_PNG} of .* begin with its header$",
    ),
    "PNG without pixels": (png_without(b"IDAT"), f"{BROKEN_PNG}: it has no pixels in 2 chunks$"),
    "PNG bomb": (
        png_of(8, 2, PIXELS, width=60_000, height=60_000),
        "has 3600000000 pixels, and 40000000 are the most$",
    ),
    "small PNG bomb": (
        png_of(1, 0, np.zeros((6400, 800), np.uint8), width=6400, height=6400),
        "has 40960000 pixels, and 40000000 are the most$",
    ),
    "PNG of negative size": (
        png_of(8, 2, PIXELS, width=2**32 - 48, height=2**32 - 32),
        f"{BROKEN_PNG} with a height of -32 pixels$",
    ),
    "PNG of no height": (png_of(8, 2, PIXELS, height=0), f"{BROKEN_PNG} with a height of 0"),
    "PNG of no width": (png_of(8, 2, PIXELS, width=0), f"{BROKEN_PNG} with a width of 0 pixels$"),
    "PNG of 3 bits": (png_of(3, 2, PIXELS), f"{BROKEN_PNG}: its depth does not go with .* 2$"),
    "PNG of an unknown colour type": (png_of(8, 5, PIXELS), f"{BROKEN_PNG}: its depth .* 5$"),
    "PNG of an unknown interlacing": (
        png_of(8, 2, PIXELS, interlace=2),
        f"{BROKEN_PNG}: an unknown interlace, compression or filter method, 2$",
    ),
    "PNG of an unknown compression": (
        png_of(8, 2, PIXELS, method=7),
        f"{BROKEN_PNG}: an unknown interlace, compression or filter method, 7$",
    ),
    "PNG whose header has a wrong checksum": (with_byte(PNG, 29, PNG[29] ^ 1), UNDECODABLE),
    "PNG whose pixels have a wrong checksum": (png_with_damage(b"IDAT", 0x40), UNDECODABLE),
    "PNG whose pixels are not compressed": (
        PNG[:33] + chunk(b"IDAT", PIXELS.tobytes()) + PNG[-12:],
        UNDECODABLE,
    ),
    "PNG with half of its pixels": (png_of(8, 2, PIXELS[:16]), UNDECODABLE),
    "palette PNG without a palette": (png_of(8, 3, INDICES), UNDECODABLE),
    "PNG with a chunk of unknown need": (with_chunks((b"NEED", b"x")), UNDECODABLE),
    "PNG with over 16384 chunks": (
        with_chunks(*[(b"tEXt", b"a\0b")] * 17_000),
        "is a PNG file of over 16384 chunks$",
    ),
    # The decoder would allocate 2 GB for each of the next two.
    "PNG with a text that ends outside": (
        PNG[:33] + b"\x7f\xff\xff\xfftEXt" + PNG[33:],
        f"is cut short: .* after {len(PNG) + 8} bytes$",
    ),
    "PNG with a text that ends outside, behind its pixels": (
        PNG[:-12] + b"\x7f\xff\xff\xfftEXt" + PNG[-12:],
        f"is cut short: .* after {len(PNG) + 8} bytes$",
    ),
    "PNG with a chunk of negative length": (
        PNG[:33] + b"\xff\xff\xff\xfftEXt" + PNG[33:],
        "is cut short: ",
    ),
    "PNG of too many compressed texts": (
        with_chunks(*[TEXT] * 17),
        "is a PNG file of 17 compressed texts, over 16$",
    ),
    "over 32 MB": (JPEG + bytes(32_000_001 - len(JPEG)), "has 32000001 bytes, and 32000000 are"),
}
