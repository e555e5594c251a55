"""What is known of a shard that is done; it is written last, and makes the shard count as done."""

from dataclasses import asdict, dataclass
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as validated


@validated(frozen=True)
class ManifestRow:
    """A photograph of the shard.

    Attributes:
        name: See ``ListedPhotograph``.
        path: The same.
        height: Of its mask, pixels; 0 where it has none.
        width: The same.
        area: Pixels of the object.
        reason: Why there is no mask; empty if there is one.
        detail: What exactly was found.
    """

    name: str
    path: str
    height: int = 0
    width: int = 0
    area: int = 0
    reason: str = ""
    detail: str = ""


@validated(frozen=True)
class StageSeconds:
    """Where the time of photographs went, in seconds of one worker's time."""

    read: float = 0.0
    model: float = 0.0
    write: float = 0.0

    def __add__(self, other: "StageSeconds") -> "StageSeconds":
        """Adds up."""
        return StageSeconds(
            self.read + other.read, self.model + other.model, self.write + other.write
        )


@validated(frozen=True)
class Manifest:
    """A shard that is done.

    Attributes:
        shard: Its name.
        photographs: All of them, in order.
        seconds: What they took.
    """

    shard: str
    photographs: tuple[ManifestRow, ...]
    seconds: StageSeconds = StageSeconds()


MANIFEST: Final = TypeAdapter(Manifest)


@dataclass(frozen=True)
class Done:
    """What a worker tells of a shard that it has written: little, for it is kept for all of them.

    Attributes:
        index: Of the shard.
        photographs: In it.
    """

    index: int
    photographs: int


def manifest_json(manifest: Manifest) -> bytes:
    """Returns the file's content; names that are no text are escaped."""
    import json

    return (json.dumps(asdict(manifest), indent=1) + "\n").encode("ascii")
