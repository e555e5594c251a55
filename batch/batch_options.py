"""What a batch run was asked for; its flags, read."""

from dataclasses import dataclass
from typing import Literal

from batch.masking import OutputFormat, Tile
from pipeline.beam_runner import BeamRunner


@dataclass(frozen=True)
class BatchOptions:
    """What the user asks for.

    Attributes:
        models: See ``batch.asked_models``.
        inputs: See ``batch.listing``.
        output: The folder to write, local or a URL.
        kind: What to make of each photograph.
        workdir: Of the pipeline whose newest model ``blessed`` is.
        sample_submission: Whose names and order the submission takes; empty for none.
        gzip: Compress the submission.
        threshold: In place of the models' own.
        enlarge: The same.
        flip_average: Average with the mirror image too.
        tile: How photographs are cut up.
        background: Behind a composite, see ``batch.pictures``.
        feather_px: How soft edges become.
        jpeg_quality: Of composites as JPEG files; None makes PNG files.
        batch_size: Photographs in a request.
        shard_size: Photographs in a shard.
        retry_failed: Do shards again in which a photograph has no mask.
        runner: Where the steps run.
    """

    models: tuple[str, ...]
    inputs: tuple[str, ...]
    output: str
    kind: OutputFormat = "rle"
    workdir: str = "runs/sample"
    sample_submission: str = ""
    gzip: bool = False
    threshold: float | None = None
    enlarge: Literal["probability", "logits"] | None = None
    flip_average: bool = False
    tile: Tile | None = None
    background: str = "#ffffff"
    feather_px: float = 0.0
    jpeg_quality: int | None = None
    batch_size: int = 4
    shard_size: int = 64
    retry_failed: bool = False
    runner: BeamRunner = BeamRunner()
