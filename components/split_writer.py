"""Writes one shard of the examples: a gzipped TFRecord file per split.

Beam's own sink, told how many files to write, first collects all examples to share them out, and
on this machine it collects them in memory. Here the names are shared out, and a shard's examples go
to its files one at a time.
"""

import os
import uuid
from types import TracebackType

import tensorflow as tf

from pipeline import features

# JPEG and PNG are compressed already. TFX reads gzip, but compressing once more took as long as the
# check of a photograph, and every step that reads would have to undo it.
_COMPRESSION_LEVEL = 0
_UNFINISHED = ".unfinished"


class SplitWriter:
    """The files of one shard; they appear under their names when all is written.

    Used as a context manager. After an exception nothing appears.
    """

    def __init__(self, uri: str, shard: int, shards: int) -> None:
        """Opens the files.

        Args:
            uri: Of the Examples artifact.
            shard: Which one this is, from 0.
            shards: How many there are.
        """
        # A runner may write a shard twice, at the same time even.
        unfinished = os.path.join(uri, _UNFINISHED, uuid.uuid4().hex)
        tf.io.gfile.makedirs(unfinished)
        name = f"data_tfrecord-{shard:05}-of-{shards:05}.gz"
        options = tf.io.TFRecordOptions("GZIP", compression_level=_COMPRESSION_LEVEL)
        self._unfinished = unfinished
        self._names = {split: (split_folder(uri, split), name) for split in features.SPLITS}
        self._writers = {
            split: tf.io.TFRecordWriter(os.path.join(unfinished, split), options)
            for split in features.SPLITS
        }

    def write(self, split: str, example: tf.train.Example) -> None:
        """Adds an example to a split."""
        self._writers[split].write(example.SerializeToString())

    def __enter__(self) -> "SplitWriter":
        """Returns itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes the files, and gives them their names if there was no exception."""
        for split, writer in self._writers.items():
            writer.close()
            if kind is None:
                folder, name = self._names[split]
                tf.io.gfile.makedirs(folder)
                unfinished = os.path.join(self._unfinished, split)
                tf.io.gfile.rename(unfinished, os.path.join(folder, name), overwrite=True)


def split_folder(uri: str, split: str) -> str:
    """Returns where the files of a split lie, as TFX expects it.

    Args:
        uri: Of the Examples artifact.
        split: One of ``features.SPLITS``.
    """
    return os.path.join(uri, f"Split-{split}")


def remove_unfinished(uri: str) -> None:
    """Removes what attempts that came to nothing left behind.

    Args:
        uri: Of the Examples artifact, when no shard is being written any more.
    """
    folder = os.path.join(uri, _UNFINISHED)
    if tf.io.gfile.exists(folder):
        tf.io.gfile.rmtree(folder)
