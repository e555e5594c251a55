"""What ``studio-mask mask`` can write; the command line reads it, so it imports nothing heavy."""

import enum


class OutputKind(enum.Enum):
    """The kinds of output, by the names the command line gives them."""

    MASK = "mask"
    BILEVEL = "bilevel"
    RLE = "rle"
    CUTOUT = "cutout"
    COMPOSITE = "composite"

    @property
    def can_be_feathered(self) -> bool:
        """Whether the output has more than two levels between object and surroundings."""
        return self in (OutputKind.MASK, OutputKind.CUTOUT, OutputKind.COMPOSITE)

    def suffixes(self, *, as_jpeg: bool = False) -> tuple[str, ...]:
        """Returns how the names of its files may end; the first is what a folder's files get.

        Args:
            as_jpeg: The user asked for JPEG files, which only a composite can be.
        """
        if self is OutputKind.RLE:
            return (".csv",)
        if self is not OutputKind.COMPOSITE:
            return (".png",)
        return (".jpg", ".jpeg") if as_jpeg else (".png", ".jpg", ".jpeg")
