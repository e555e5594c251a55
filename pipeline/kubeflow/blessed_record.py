"""What is remembered of a pushed model for the runs that come after it.

On one machine that is ML Metadata's. Kubeflow's own store cannot be asked from a step, so that the
last task of a run writes a small file per pushed version, beside the serving directory.
"""

import os

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass
from tfx import v1 as tfx

from pipeline.config.fields import STRICT


@dataclass(frozen=True, config=STRICT)
class BlessedRecord:
    """A pushed model.

    Attributes:
        version: The number of its version directory.
        model: URI of the Trainer's Model.
        statistics: URI of the PhotographStatistics of the photographs it was fitted on; empty for
            a make classifier.
        fingerprint: Of those photographs.
        identity: Digest of all that decides what the Trainer fits; two runs with the same one make
            the same model.
        data: Where the photographs were.
        config: The run's PipelineConfig as JSON.
    """

    version: int
    model: str
    statistics: str
    fingerprint: str
    identity: str
    data: str
    config: str


_RECORD = TypeAdapter(BlessedRecord)

# An importer must import something.
_NOTHING = "no-earlier-model"


def nothing_at(root: str) -> str:
    """Returns the URI that an importer takes where there is no earlier model.

    Args:
        root: The pipeline root.
    """
    return f"{root.rstrip('/')}/{_NOTHING}"


def is_nothing(uri: str) -> bool:
    """Returns whether a URI is one of ``nothing_at``."""
    return uri.rstrip("/").rsplit("/", 1)[-1] == _NOTHING


def records_directory(serving_directory: str) -> str:
    """Returns where the records of a serving directory lie: ``serving/blessed/mask``.

    Args:
        serving_directory: ``serving/mask``.
    """
    parent, name = os.path.split(serving_directory.rstrip("/"))
    return os.path.join(parent, "blessed", name)


def write_record(serving_directory: str, record: BlessedRecord) -> None:
    """Writes a record, at once and whole; one that is there already stays.

    Args:
        serving_directory: A path or URL.
        record: What to write.
    """
    fileio = tfx.dsl.io.fileio
    folder = records_directory(serving_directory)
    path = os.path.join(folder, f"{record.version}.json")
    if fileio.exists(path):
        return
    fileio.makedirs(folder)
    beside = os.path.join(folder, f".{record.version}.json")
    with fileio.open(beside, "wb") as file:
        file.write(_RECORD.dump_json(record, indent=2))
    fileio.rename(beside, path, overwrite=True)


def read_records(serving_directory: str) -> tuple[BlessedRecord, ...]:
    """Reads the records of all versions that servers can still load.

    A version that was taken out of the serving directory, because it was rolled back or makes room,
    is not what a candidate has to be as good as.

    Args:
        serving_directory: A path or URL.

    Returns:
        The newest is the last.

    Raises:
        ValueError: If a record cannot be read; it names the file.
    """
    fileio = tfx.dsl.io.fileio
    folder = records_directory(serving_directory)
    if not fileio.exists(folder):
        return ()
    records = []
    for name in fileio.listdir(folder):
        version, extension = os.path.splitext(name)
        if extension != ".json" or not version.isdigit():
            continue
        if not fileio.exists(os.path.join(serving_directory, version)):
            continue
        path = os.path.join(folder, name)
        with fileio.open(path, "rb") as file:
            try:
                records.append(_RECORD.validate_json(file.read()))
            except ValueError as error:
                raise ValueError(f"{path} is no record of a pushed model: {error}") from error
    return tuple(sorted(records, key=lambda record: record.version))
