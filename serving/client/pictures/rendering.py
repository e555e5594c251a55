"""From a photograph and its mask to the file that was asked for."""

from dataclasses import dataclass

import cv2
import numpy as np

from serving.client.errors import InvalidPhotograph
from serving.client.output_kind import OutputKind
from serving.client.pictures.bilevel_png import bilevel_png
from serving.client.pictures.colour_profile import read_rgb_profile, with_profile
from serving.client.pictures.composite import composite
from serving.client.pictures.cutout import cut_out
from serving.client.pictures.feather import feather
from serving.client.pictures.shown_photograph import decode_mask, decode_pair
from serving.client.transports.background import Background, SolidBackground

DEFAULT_JPEG_QUALITY = 95
# libjpeg's limit.
_LARGEST_JPEG_PX = 65500
_WHITE = SolidBackground((255, 255, 255))


@dataclass(frozen=True)
class Rendering:
    """What to make of a photograph and its mask.

    Attributes:
        kind: Any but RLE, which is no picture.
        feather_px: How soft the edge becomes, see ``feather``; 0 leaves the mask as it is.
        background: What a composite has behind the object.
        jpeg_quality: Of a composite written as JPEG, 1 to 100.
    """

    kind: OutputKind = OutputKind.MASK
    feather_px: float = 0.0
    background: Background = _WHITE
    jpeg_quality: int = DEFAULT_JPEG_QUALITY

    def __call__(self, image_bytes: bytes, mask_png_bytes: bytes, suffix: str = ".png") -> bytes:
        """Makes the file.

        Args:
            image_bytes: The photograph, a JPEG or PNG file.
            mask_png_bytes: Its mask, a one-channel PNG file, 0 to 255.
            suffix: How the file's name will end: .png, or for a composite also .jpg or .jpeg.

        Returns:
            The file's bytes. Cutouts and composites are in the photograph's colours, with its
            profile, 8 bits each, and turned the way it is shown.

        Raises:
            InvalidPhotograph: The photograph cannot be decoded, or is not of the mask's size.
        """
        if self.kind is OutputKind.MASK and self.feather_px == 0:
            return mask_png_bytes
        if self.kind is OutputKind.MASK:
            return _encode(feather(decode_mask(mask_png_bytes), self.feather_px), ".png")
        if self.kind is OutputKind.BILEVEL:
            return bilevel_png(decode_mask(mask_png_bytes))
        photograph, mask = decode_pair(image_bytes, mask_png_bytes)
        alpha = feather(mask, self.feather_px)
        if self.kind is OutputKind.CUTOUT:
            picture = _encode(cut_out(photograph, alpha), ".png")
        else:
            behind = self.background.pixels(*alpha.shape)
            picture = _encode(
                composite(photograph, alpha, behind), suffix.lower(), self.jpeg_quality
            )
        return with_profile(picture, read_rgb_profile(image_bytes))


def _encode(pixels: np.ndarray, suffix: str, jpeg_quality: int = DEFAULT_JPEG_QUALITY) -> bytes:
    if suffix not in (".jpg", ".jpeg"):
        return cv2.imencode(suffix, pixels)[1].tobytes()
    height, width = pixels.shape[:2]
    if max(height, width) > _LARGEST_JPEG_PX:
        raise InvalidPhotograph(f"No JPEG file can hold {width}x{height} pixels: write PNG files.")
    return cv2.imencode(suffix, pixels, (cv2.IMWRITE_JPEG_QUALITY, jpeg_quality))[1].tobytes()
