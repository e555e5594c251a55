"""A batch run: lists, goes on where an earlier run stopped, masks, and puts everything together."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console
from rich.text import Text

from batch.asked_models import asked_models, check_signature
from batch.batch_failed import BatchFailed, failure_in
from batch.batch_options import BatchOptions
from batch.batch_pipeline import add_batch_inference
from batch.batch_summary import BatchSummary, quarantine_line, quarantined_row
from batch.closing import print_summary
from batch.listing import Listing, list_photographs
from batch.manifest import Manifest
from batch.masking import Masking
from batch.output_folder import OutputFolder
from batch.pictures import Pictures, make_pictures
from batch.progress_line import ProgressLine
from batch.run_identity import run_identity
from batch.shard import Shard, shards_of
from batch.signature_masks import signature_of
from batch.submission import ShardRows, SubmissionCounts, read_sample, write_submission
from batch.unfinished import how_far, photographs_done, unfinished
from batch.whole_file import remove, write_whole
from components.folder_files import is_local
from pipeline.beam_engine import check_engine, check_places
from pipeline.beam_runner import beam_args
from pipeline.closing import short_path
from trainer.signatures import IMAGE_BYTES, PROBABILITY


class BatchRun:
    """One run."""

    def __init__(self, options: BatchOptions) -> None:
        """Makes the run; nothing is looked at yet."""
        self._options = options
        path = options.output
        self.output = OutputFolder(
            os.path.abspath(path) if is_local(path) else path.rstrip("/"), options.kind
        )

    def execute(self, console: Console) -> BatchSummary:
        """Does what is left to do.

        Args:
            console: The user's screen.

        Returns:
            The figures of everything that is there now.

        Raises:
            BatchFailed: If nothing can be done, or not all of it; what is done is kept.
            components.folder_files.UnusableFolder: If an input cannot be listed.
            pipeline.beam_runner.UnusableRunner: If Beam could not run like this.
        """
        options = self._options
        pipeline_options = PipelineOptions(list(beam_args(options.runner)))
        for each in options.inputs:
            check_places(options.runner, {"--input": each, "--output": self.output.path})
        FileSystems.set_options(pipeline_options)
        seconds = {}
        started = time.monotonic()
        sample = read_sample(options.sample_submission) if options.sample_submission else None
        masking, pictures = self._masking(), self._pictures()
        listing = list_photographs(
            options.inputs, self.output.path, as_pictures=pictures is not None
        )
        self._check_places(listing, pictures)
        self._check_names(sample, listing)
        shards = shards_of(listing.photographs, options.shard_size)
        with self.output.locked():
            changed = self.output.claim(
                run_identity(options, masking, pictures, listing),
                [each.stamp for each in shards],
                [each.path for each in masking.members],
            )
            pending = unfinished(
                shards,
                self.output,
                "" if pictures is None else pictures.suffix,
                retry_failed=options.retry_failed,
            )
            seconds["list"] = time.monotonic() - started
            total = len(listing.photographs)
            left = sum(len(shard.photographs) for shard in pending)
            aside = len(listing.quarantined)
            console.print(Text(_plan_line(total, left, aside, changed, masking)))
            rate = None
            if pending:
                check_engine(options.runner)
                self.output.forget([each.index for each in pending], len(shards))
                with ProgressLine(console, total, total - left, self._look(shards)) as line:
                    self._mask(pending, masking, pictures, pipeline_options, shards)
                    seconds["mask"] = line.seconds
                rate = left / seconds["mask"]
            started = time.monotonic()
            summary, masks = self._summarize(shards, listing)
            submission = self._submit(shards, masks, sample)
            seconds["put_together"] = time.monotonic() - started
            write_whole(
                self.output.summary,
                summary.json(
                    seconds_of_this_run={name: round(each, 2) for name, each in seconds.items()},
                    masked_by_this_run=left,
                    photographs_per_second=None if rate is None else round(rate, 2),
                    models=[member.path for member in masking.members],
                    submission=None
                    if submission is None
                    else asdict(submission) | {"without_mask": len(submission.without_mask)},
                ),
            )
        print_summary(console, summary, self.output, submission, seconds, gzip=options.gzip)
        if summary.masks and submission and submission.rows == len(submission.without_mask):
            raise BatchFailed("not one photograph that the sample submission names has a mask")
        return summary

    def _masking(self) -> Masking:
        options = self._options
        masking = Masking(
            asked_models(options.models, options.workdir),
            options.kind == "rle",
            options.threshold,
            options.enlarge,
            options.flip_average,
            options.tile,
        )
        if masking.is_the_models_own:
            signature, output = signature_of(as_rle=masking.as_rle)
        else:
            signature, output = PROBABILITY, PROBABILITY
            try:
                masking.cut_at(), masking.enlarged()
            except ValueError as error:
                raise BatchFailed(str(error)) from error
        for member in masking.members:
            check_signature(member.path, signature, IMAGE_BYTES, output)
        if options.flip_average and all(member.flip_average for member in masking.members):
            raise BatchFailed(
                "--flip-average: the model averages with the mirror image itself; leave it out"
            )
        return masking

    def _pictures(self) -> Pictures | None:
        options = self._options
        if options.kind == "rle":
            return None
        return make_pictures(
            options.kind, options.background, options.feather_px, options.jpeg_quality
        )

    def _check_places(self, listing: Listing, pictures: Pictures | None) -> None:
        """Makes sure that there is something to do, and that no photograph is overwritten."""
        if not listing.photographs:
            first = listing.quarantined[0].file if listing.quarantined else "nothing"
            raise BatchFailed(f"no photograph (*.jpg, *.jpeg, *.png) in the input: {first}")
        if pictures is None:
            return
        inputs = {os.path.realpath(each.path) for each in listing.photographs}
        for each in listing.photographs:
            if os.path.realpath(self.output.picture(each.name, pictures.suffix)) in inputs:
                raise BatchFailed(f"{each.path} would be overwritten: choose another --output")

    def _check_names(self, sample: Sequence[str] | None, listing: Listing) -> None:
        """Makes sure that the sample names at least one photograph: it may be of another folder."""
        first = listing.photographs[0].name
        if sample and {each.name for each in listing.photographs}.isdisjoint(sample):
            raise BatchFailed(
                f"{self._options.sample_submission} names no photograph of the input: its first is "
                f"{sample[0]}, the input's is {first}; give the --input that it names"
            )

    def _look(self, shards: Sequence[Shard]) -> Callable[[], int]:
        return lambda: photographs_done(shards, self.output.done(len(shards)))

    def _mask(
        self,
        pending: list[Shard],
        masking: Masking,
        pictures: Pictures | None,
        pipeline_options: Any,
        shards: Sequence[Shard],
    ) -> None:
        try:
            with beam.Pipeline(options=pipeline_options) as root:
                add_batch_inference(
                    root, pending, masking, self.output, pictures, self._options.batch_size
                )
        except Exception as error:
            failure = failure_in(error)
            if failure is None:
                raise
            raise BatchFailed(f"{failure}. {how_far(shards, self.output)}") from error
        missing = len(shards) - len(self.output.done(len(shards)))
        if missing:
            raise BatchFailed(
                f"{missing} shards were not written to {self.output.path}, and no worker said why: "
                "can all workers write there?"
            )

    def _summarize(
        self, shards: Sequence[Shard], listing: Listing
    ) -> tuple[BatchSummary, list[int]]:
        """Returns the figures, and how many masks each shard has."""
        summary = BatchSummary()
        masks = []
        aside = list(listing.quarantined)
        for file in listing.quarantined:
            summary.add_unopened(file)
        for manifest in self._manifests(shards):
            summary.add(manifest)
            masks.append(sum(not row.reason for row in manifest.photographs))
            aside += [quarantined_row(row) for row in manifest.photographs if row.reason]
        aside.sort(key=lambda each: each.file)
        write_whole(self.output.quarantine, "".join(map(quarantine_line, aside)).encode("ascii"))
        return summary, masks

    def _manifests(self, shards: Sequence[Shard]) -> Iterator[Manifest]:
        for shard in shards:
            yield self.output.manifest(shard.index, shard.count)

    def _submit(
        self, shards: Sequence[Shard], masks: Sequence[int], sample: list[str] | None
    ) -> SubmissionCounts | None:
        if self._options.kind != "rle":
            return None
        gzip = self._options.gzip
        path = self.output.submission(gzip=gzip)
        folder = self.output.path if is_local(self.output.path) else tempfile.gettempdir()
        rows = [
            ShardRows(self.output.runs(shard.index, shard.count), count)
            for shard, count in zip(shards, masks, strict=True)
        ]
        try:
            counts = write_submission(path, rows, sample, folder)
        except OSError as error:
            raise BatchFailed(
                f"{path} cannot be written: {error.strerror or error}. "
                f"{how_far(shards, self.output)}"
            ) from error
        remove(self.output.submission(gzip=not gzip))
        return counts


def _plan_line(total: int, left: int, aside: int, changed: int, masking: Masking) -> str:
    parts = [f"{total:,} photographs"]
    if left < total:
        parts.append(f"{total - left:,} of them done before")
    if changed:
        parts.append(f"photographs of {changed:,} shards have changed")
    if aside:
        parts.append(f"{aside:,} files set aside")
    models = ", ".join(short_path(Path(member.path)) for member in masking.members)
    return f"{'; '.join(parts)}; model {models}"
