"""How a batch run makes masks: which models, and what of them is overridden."""

from dataclasses import dataclass
from typing import Final, Literal

OutputFormat = Literal["rle", "png", "cutout", "composite"]

# Of a photograph's file, bytes, where no model card says what the models take: so that a film that
# is called .jpg does not fill the memory.
MOST_BYTES: Final = 512 * 2**20


@dataclass(frozen=True)
class Tile:
    """How a photograph that is much larger than the model's input is cut up.

    Attributes:
        width: Of a tile, pixels of the photograph.
        height: Of a tile, pixels of the photograph.
        overlap: Of neighbours, at least, pixels.
    """

    width: int
    height: int
    overlap: int

    def __post_init__(self) -> None:
        """Refuses tiles that cannot cover anything."""
        if min(self.width, self.height) < 1:
            raise ValueError(f"a tile of {self.width}x{self.height} has no pixels")
        if not 0 <= self.overlap < min(self.width, self.height):
            raise ValueError(
                f"tiles of {self.width}x{self.height} cannot overlap by {self.overlap} pixels"
            )


@dataclass(frozen=True)
class ModelMember:
    """A model, and what its own signatures do with its scores.

    Attributes:
        path: The version directory.
        threshold: A pixel is object where its probability is above this; None where no model card
            says.
        enlarge: Which of its scores are enlarged to full size; None where no card says.
        flip_average: Whether its answers are averaged with those of the mirror image; None where
            no card says.
        max_bytes: Of a file that it takes; None where no card says.
    """

    path: str
    threshold: float | None = None
    enlarge: Literal["probability", "logits"] | None = None
    flip_average: bool | None = None
    max_bytes: int | None = None


@dataclass(frozen=True)
class Masking:
    """What is asked of the models.

    Attributes:
        members: One, or several whose probabilities are averaged.
        as_rle: Whether run lengths are wanted, or the mask as a PNG file.
        threshold: In place of the models' own; None leaves it to them.
        enlarge: The same.
        flip_average: Average with the mirror image too, where a model does not do so itself.
        tile: How photographs are cut up; None leaves them whole.
    """

    members: tuple[ModelMember, ...]
    as_rle: bool
    threshold: float | None = None
    enlarge: Literal["probability", "logits"] | None = None
    flip_average: bool = False
    tile: Tile | None = None

    @property
    def is_the_models_own(self) -> bool:
        """Whether one model's own signature gives what is asked for, with nothing overridden."""
        return (
            len(self.members) == 1
            and self.threshold is None
            and self.enlarge is None
            and not self.flip_average
            and self.tile is None
        )

    @property
    def most_bytes(self) -> int:
        """How large a photograph's file may be; a larger one is not read.

        Tiles are files of their own, so that the models' limits are not those of the photograph.
        """
        known = [each.max_bytes for each in self.members if each.max_bytes is not None]
        return MOST_BYTES if self.tile is not None else min(known, default=MOST_BYTES)

    def mirrored(self) -> tuple[Literal["probability", "logits"] | None, ...]:
        """Returns which of each member's scores are averaged with those of the mirror image.

        Those that a model averages that was exported with it. None where nothing is: it is not
        asked for, or the model does so itself.
        """
        return tuple(
            None
            if not self.flip_average or member.flip_average
            else self.enlarge or member.enlarge or "probability"
            for member in self.members
        )

    def cut_at(self) -> float:
        """Returns the probability to cut at: the override, or the mean of the models' own.

        Each model's threshold was fitted for that model alone. Models of one recipe have nearly the
        same one, and the mean of two that are equal is that one; nothing here was fitted for the
        average, which is why it can be overridden.

        Raises:
            ValueError: If a model does not say, and nothing is overridden.
        """
        if self.threshold is not None:
            return self.threshold
        own = [member.threshold for member in self.members]
        missing = [each.path for each in self.members if each.threshold is None]
        if missing:
            raise ValueError(
                f"{missing[0]} has no model_card.json that tells its threshold: give --threshold"
            )
        return sum(each for each in own if each is not None) / len(own)

    def enlarged(self) -> Literal["probability", "logits"]:
        """Returns what is enlarged: the override, or logits where all models enlarge those.

        Raises:
            ValueError: If a model does not say, and nothing is overridden.
        """
        if self.enlarge is not None:
            return self.enlarge
        missing = [each.path for each in self.members if each.enlarge is None]
        if missing:
            raise ValueError(
                f"{missing[0]} has no model_card.json that tells what it enlarges: give --enlarge"
            )
        is_logits = all(each.enlarge == "logits" for each in self.members)
        return "logits" if is_logits else "probability"
