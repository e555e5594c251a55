"""What of a run is done, and what is left."""

from collections.abc import Collection, Sequence

from batch.output_folder import OutputFolder
from batch.shard import Shard


def unfinished(
    shards: Sequence[Shard], output: OutputFolder, suffix: str, *, retry_failed: bool
) -> list[Shard]:
    """Finds the shards that are left.

    Args:
        shards: All of the run.
        output: Where manifests say what is done.
        suffix: How the names of pictures end.
        retry_failed: Whether a shard in which a photograph has no mask is done again.

    Returns:
        Shards without a manifest, or whose results have gone since.
    """
    done = output.done(len(shards))
    looks = retry_failed or output.may_lack_pictures
    left = []
    for shard in shards:
        if shard.index in done and not looks:
            continue
        if shard.index in done:
            manifest = output.manifest(shard.index, shard.count)
            failed = retry_failed and any(row.reason for row in manifest.photographs)
            if not failed and not output.lacks_pictures(manifest, suffix):
                continue
        left.append(shard)
    return left


def photographs_done(shards: Sequence[Shard], done: Collection[int]) -> int:
    """Returns how many photographs the shards have that are done."""
    return sum(len(shard.photographs) for shard in shards if shard.index in done)


def how_far(shards: Sequence[Shard], output: OutputFolder) -> str:
    """Says how much is done, and how to go on."""
    done = output.done(len(shards))
    photographs = photographs_done(shards, done)
    total = sum(len(shard.photographs) for shard in shards)
    return (
        f"{photographs:,} of {total:,} photographs are done and kept ({len(done):,} of "
        f"{len(shards):,} shards): mend it, and run the same command again"
    )
