"""Reads the photographs of a shard, a few ahead of the model."""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import apache_beam as beam

from batch.listed_photograph import ListedPhotograph
from batch.read_photograph import ReadPhotograph
from batch.shard import Shard
from components.photograph_file import read_photograph_file
from components.quarantine import Reason, UnusablePhotograph
from trainer.photograph.photograph_check import OVER_LIMIT


class ReadShard(beam.DoFn):
    """Yields the photographs of a shard, in order, read or with the reason why not."""

    def __init__(self, ahead: int, most_bytes: int) -> None:
        """Makes the function.

        Args:
            ahead: Files that are read while the model works; a file on the other side of a network
                takes longer to come than to mask.
            most_bytes: Of a file that is read at all.
        """
        self._ahead = ahead
        self._most_bytes = most_bytes
        self._pool: ThreadPoolExecutor | None = None

    def setup(self) -> None:
        """Starts the readers."""
        self._pool = ThreadPoolExecutor(self._ahead)

    def teardown(self) -> None:
        """Ends them."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def process(self, shard: Shard) -> Iterator[ReadPhotograph]:
        """Reads a shard."""
        assert self._pool is not None
        waiting: deque[Future[ReadPhotograph]] = deque()
        for photograph in shard.photographs:
            waiting.append(self._pool.submit(_read, shard, photograph, self._most_bytes))
            if len(waiting) > self._ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _read(shard: Shard, photograph: ListedPhotograph, most_bytes: int) -> ReadPhotograph:
    started = time.perf_counter()
    content, detail, reason = b"", None, Reason.UNREADABLE
    try:
        if photograph.size > most_bytes:
            # In the words of the model that would refuse it.
            said = f"it has {photograph.size} bytes, and {most_bytes}{OVER_LIMIT}"
            raise UnusablePhotograph(Reason.TOO_LARGE, said)
        content = read_photograph_file(photograph.path)
    except UnusablePhotograph as error:
        detail, reason = error.detail, error.reason
    seconds = time.perf_counter() - started
    return ReadPhotograph(
        shard.index, len(shard.photographs), photograph, content, detail, seconds, reason
    )
