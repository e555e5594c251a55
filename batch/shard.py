"""The unit of a batch run that is done or not: a few dozen photographs with neighbouring names."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from batch.listed_photograph import ListedPhotograph


@dataclass(frozen=True)
class Shard:
    """Some of a run's photographs.

    Attributes:
        index: From 0.
        count: Of all shards.
        photographs: In the order of their names.
    """

    index: int
    count: int
    photographs: tuple[ListedPhotograph, ...]

    @property
    def name(self) -> str:
        """What its files are called: ``00003-of-01564``."""
        return shard_name(self.index, self.count)

    @property
    def stamp(self) -> str:
        """A digest of its files' sizes and times: it changes where a photograph is replaced."""
        stamps = " ".join(f"{each.size} {each.changed}" for each in self.photographs)
        return hashlib.sha256(stamps.encode("ascii")).hexdigest()[:16]


def shard_name(index: int, count: int) -> str:
    """Returns the name of a shard's files."""
    return f"{index:05}-of-{count:05}"


def shards_of(photographs: Sequence[ListedPhotograph], size: int) -> list[Shard]:
    """Shares photographs out, neighbours together.

    Args:
        photographs: Sorted by name.
        size: Photographs in a shard; the last one may have fewer.

    Returns:
        The same for the same arguments.
    """
    count = -(-len(photographs) // size)
    return [
        Shard(index, count, tuple(photographs[index * size : (index + 1) * size]))
        for index in range(count)
    ]
