"""What becomes of a mask that is wanted as a picture."""

import functools
from dataclasses import dataclass
from pathlib import Path

from batch.batch_failed import BatchFailed
from batch.masking import OutputFormat
from serving.client.errors import InvalidPhotograph
from serving.client.output_kind import OutputKind
from serving.client.pictures.hex_colour import parse_hex_colour
from serving.client.pictures.rendering import DEFAULT_JPEG_QUALITY, Rendering
from serving.client.pictures.shown_photograph import decode_shown
from serving.client.transports.background import Background, PictureBackground, SolidBackground

_KINDS: dict[OutputFormat, OutputKind] = {
    "png": OutputKind.MASK,
    "cutout": OutputKind.CUTOUT,
    "composite": OutputKind.COMPOSITE,
}


@dataclass(frozen=True)
class Pictures:
    """What to make; it travels to the workers, and a background picture with it.

    Attributes:
        kind: Any but rle.
        feather_px: How soft the edge becomes, see ``serving.client.pictures.feather``.
        jpeg_quality: Of composites as JPEG files; None makes PNG files.
        colour: Behind a composite: red, green and blue, 0 to 255.
        background: The file of a picture in place of it.
    """

    kind: OutputFormat
    feather_px: float = 0.0
    jpeg_quality: int | None = None
    colour: tuple[int, int, int] = (255, 255, 255)
    background: bytes | None = None

    @property
    def suffix(self) -> str:
        """How the names of the results end."""
        return ".png" if self.jpeg_quality is None else ".jpg"

    def make(self, photograph: bytes, mask: bytes) -> bytes:
        """Makes the file.

        Args:
            photograph: A JPEG or PNG file.
            mask: Its mask, a PNG file.

        Raises:
            InvalidPhotograph: If the photograph's colours cannot be had.
        """
        return _rendering(self)(photograph, mask, self.suffix)


def make_pictures(
    kind: OutputFormat, background: str, feather_px: float, jpeg_quality: int | None
) -> Pictures:
    """Reads what the user gave.

    Args:
        kind: Any but rle.
        background: ``#rgb``, ``#rrggbb`` or the name of a JPEG or PNG file.
        feather_px: See ``Pictures``.
        jpeg_quality: The same.

    Raises:
        BatchFailed: If the background is neither.
    """
    if background.startswith("#"):
        try:
            return Pictures(kind, feather_px, jpeg_quality, parse_hex_colour(background))
        except ValueError as error:
            raise BatchFailed(str(error)) from error
    try:
        picture = Path(background).read_bytes()
        decode_shown(picture)
    except OSError as error:
        raise BatchFailed(f"--background {background}: {error.strerror}") from error
    except InvalidPhotograph as error:
        raise BatchFailed(f"--background {background}: {error}") from error
    return Pictures(kind, feather_px, jpeg_quality, background=picture)


@functools.lru_cache(maxsize=4)
def _rendering(pictures: Pictures) -> Rendering:
    behind: Background = SolidBackground(pictures.colour)
    if pictures.background is not None:
        behind = PictureBackground(decode_shown(pictures.background))
    return Rendering(
        _KINDS[pictures.kind],
        pictures.feather_px,
        behind,
        pictures.jpeg_quality or DEFAULT_JPEG_QUALITY,
    )
