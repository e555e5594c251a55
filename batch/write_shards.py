"""Writes each photograph's result, and a shard's manifest once all of its photographs are written.

The photographs of a shard come out of one element, so they pass through one worker, in order: what
Beam fuses, or runs bundle by bundle, stays together. Should a runner take them apart, the run stops
and says so, and no shard counts as done that is not.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import apache_beam as beam
from apache_beam.ml.inference.base import PredictionResult

from batch.answer import Answer
from batch.batch_failed import BatchFailed
from batch.manifest import Done, Manifest, ManifestRow, StageSeconds
from batch.output_folder import OutputFolder
from batch.pictures import Pictures
from batch.read_photograph import ReadPhotograph
from batch.shard import shard_name
from batch.whole_file import UnusableName, remove, write_whole
from components.quarantine import Reason, UnusablePhotograph
from pipeline import progress
from serving.client.errors import InvalidPhotograph
from serving.client.run_length_csv import table_row


@dataclass
class _OpenShard:
    """A shard of which some photographs are written."""

    rows: list[ManifestRow] = field(default_factory=list)
    runs: list[bytes] = field(default_factory=list)
    seconds: StageSeconds = StageSeconds()


class WriteShards(beam.DoFn):
    """Yields ``Done`` for each shard."""

    def __init__(
        self, output: OutputFolder, pictures: Pictures | None, shards: int, total: int
    ) -> None:
        """Makes the function.

        Args:
            output: Where to write.
            pictures: What to make of the masks; None writes run lengths.
            shards: In the whole run.
            total: Photographs that this run is to mask, for the progress.
        """
        self._output = output
        self._pictures = pictures
        self._shards = shards
        self._total = total
        self._open: dict[int, _OpenShard] = {}

    def start_bundle(self) -> None:
        """Forgets what a bundle that failed has left."""
        self._open = {}

    def process(self, result: PredictionResult) -> Iterator[Done]:
        """Writes a photograph's result."""
        read: ReadPhotograph = result.example
        shard = self._open.setdefault(read.shard, _OpenShard())
        started = time.perf_counter()
        row = self._write(read, result.inference, shard)
        seconds = time.perf_counter() - started
        shard.rows.append(row)
        shard.seconds += StageSeconds(read.seconds, result.inference.seconds, seconds)
        progress.advance(self._total, "photographs")
        if len(shard.rows) == read.shard_size:
            yield self._close(read.shard, self._open.pop(read.shard))

    def finish_bundle(self) -> None:
        """Makes sure that no shard was taken apart.

        Raises:
            BatchFailed: If one was.
        """
        if self._open:
            names = ", ".join(shard_name(index, self._shards) for index in sorted(self._open))
            raise BatchFailed(
                f"the runner spread the photographs of one shard over several workers ({names}): "
                "use one that fuses steps, as Beam's own, Flink, Spark and Dataflow do"
            )

    def _write(self, read: ReadPhotograph, answer: Answer, shard: _OpenShard) -> ManifestRow:
        photograph = read.photograph
        if answer.reason is None and self._pictures is not None:
            try:
                picture = self._pictures.make(read.content, answer.mask)
                path = self._output.picture(photograph.name, self._pictures.suffix)
                write_whole(path, picture)
            except InvalidPhotograph as error:
                fault = UnusablePhotograph(Reason.UNDECODABLE_IMAGE, str(error))
                answer = replace(Answer.without_mask(fault), seconds=answer.seconds)
            except UnusableName as error:
                fault = UnusablePhotograph(Reason.NAME, f"rename it: {error}")
                answer = replace(Answer.without_mask(fault), seconds=answer.seconds)
        elif answer.reason is None:
            shard.runs.append(table_row(photograph.name, answer.mask.decode("ascii")))
        if answer.reason is not None and self._pictures is not None:
            # An earlier run may have made one, before the photograph was replaced or went.
            remove(self._output.picture(photograph.name, self._pictures.suffix))
        return ManifestRow(
            photograph.name,
            photograph.path,
            answer.height,
            answer.width,
            answer.area,
            "" if answer.reason is None else answer.reason.value,
            answer.detail,
        )

    def _close(self, index: int, shard: _OpenShard) -> Done:
        started = time.perf_counter()
        if self._pictures is None:
            write_whole(self._output.runs(index, self._shards), b"".join(shard.runs))
        seconds = shard.seconds + StageSeconds(write=time.perf_counter() - started)
        name = shard_name(index, self._shards)
        self._output.save(Manifest(name, tuple(shard.rows), seconds))
        return Done(index, len(shard.rows))
