"""The Beam pipeline of a batch run: shards in, results written, a small record for each shard.

All steps behind the first shuffle are fused, so a photograph's bytes never wait anywhere: what is
held is a shard's names, a batch of files, and the run lengths of one shard.
"""

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.ml.inference.base import RunInference

from batch.mask_handler import MaskHandler
from batch.masking import Masking
from batch.output_folder import OutputFolder
from batch.pictures import Pictures
from batch.read_shard import ReadShard
from batch.shard import Shard
from batch.write_shards import WriteShards


def add_batch_inference(
    root: beam.Pipeline,
    shards: Sequence[Shard],
    masking: Masking,
    output: OutputFolder,
    pictures: Pictures | None,
    batch_size: int,
) -> beam.PCollection:
    """Adds the steps to a pipeline.

    Args:
        root: The pipeline.
        shards: To do, at least one.
        masking: What is asked of the models.
        output: Where to write.
        pictures: What to make of the masks; None writes run lengths.
        batch_size: Photographs in a request to the models.

    Returns:
        PCollection of Done.
    """
    total = sum(len(shard.photographs) for shard in shards)
    return (
        root
        | "Shards" >> beam.Create(shards)
        | "Spread" >> beam.Reshuffle()
        | "Read" >> beam.ParDo(ReadShard(batch_size, masking.most_bytes))
        | "Mask" >> RunInference(MaskHandler(masking, batch_size))
        | "Write" >> beam.ParDo(WriteShards(output, pictures, shards[0].count, total))
    )
