"""Stops a run whose data must not be learned from, before anything is fitted.

TFX's ExampleValidator writes anomalies down and lets the run go on; PhotographExampleGen does the
same with its quarantine. This step reads both lists, and the examples themselves, and raises.
"""

import json
import os
from collections import defaultdict

import tensorflow as tf
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx

from components.quarantine import COUNTS_FILE, QUARANTINE_FILE, Quarantine, Reason
from pipeline import features
from pipeline.config import DATA_CONFIG, DataConfig

_SHOWN = 10
_ANOMALIES_FILE = "SchemaDiff.pb"


class UnusableData(ValueError):
    """The data as a whole cannot be trained on; the message says why and what to do."""


@tfx.dsl.components.component
def DataCheck(  # noqa: N802 - a component is named like a class
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    quarantine: tfx.dsl.components.InputArtifact[Quarantine],
    anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
) -> None:
    """Raises UnusableData if the run must not go on.

    Args:
        config: A DataConfig as JSON.
        code: Digest of the code that decides; changes what is cached.
        examples: What PhotographExampleGen wrote.
        quarantine: What it set aside.
        anomalies: What ExampleValidator found.
    """
    del code
    check_quarantine(quarantine.uri, DATA_CONFIG.validate_json(config))
    check_splits(
        {
            split: _group_ids(os.path.join(examples.uri, f"Split-{split}"))
            for split in features.SPLITS
        }
    )
    check_anomalies(anomalies.uri)


def check_quarantine(uri: str, config: DataConfig) -> None:
    """Raises UnusableData if too large a share of the photographs was set aside.

    Args:
        uri: Of the Quarantine artifact.
        config: Gives ``max_quarantine_fraction``.
    """
    with tfx.dsl.io.fileio.open(os.path.join(uri, COUNTS_FILE)) as file:
        counts = json.loads(file.read())
    aside = sum(
        count
        for reason, count in counts["quarantined"].items()
        if Reason(reason).loses_a_photograph
    )
    total = aside + sum(counts["photographs"].values())
    if aside <= config.max_quarantine_fraction * total:
        return
    path = os.path.join(uri, QUARANTINE_FILE)
    with tfx.dsl.io.fileio.open(path) as file:
        lines = [json.loads(line) for line in file]
    lines = [line for line in lines if Reason(line["reason"]).loses_a_photograph]
    shown = "".join(
        f"\n  {os.path.basename(line['file'])}: {line['reason']}: {line['detail']}"
        for line in lines[:_SHOWN]
    )
    more = f"\n  ... and {aside - _SHOWN} more" if aside > _SHOWN else ""
    raise UnusableData(
        f"{aside} of {total} photographs cannot be used, more than the allowed "
        f"{config.max_quarantine_fraction:.1%}:{shown}{more}\n"
        f"All are listed in {path}. Mend them, or allow more with "
        f"--set data.max_quarantine_fraction={aside / total + 0.005:.2f}"
    )


def check_splits(groups: dict[str, set[str]]) -> None:
    """Raises UnusableData if a split is empty or a group is in two of them.

    Args:
        groups: The group ids of each split, read from its examples.
    """
    empty = [split for split, ids in groups.items() if not ids]
    if empty:
        sizes = ", ".join(f"{split} {len(ids)}" for split, ids in groups.items())
        raise UnusableData(
            f"split {' and '.join(empty)} got no car (cars: {sizes}). Add cars, or give it a "
            "larger share with --set data.val_fraction=... or --set data.test_fraction=..."
        )
    where = defaultdict(list)
    for split, ids in groups.items():
        for group_id in ids:
            where[group_id].append(split)
    leaks = {group_id: splits for group_id, splits in where.items() if len(splits) > 1}
    if leaks:
        shown = "; ".join(
            f"{group_id} in {' and '.join(splits)}" for group_id, splits in sorted(leaks.items())
        )
        raise UnusableData(f"{len(leaks)} cars are in more than one split: {shown}")


def check_anomalies(uri: str) -> None:
    """Raises UnusableData if a split has an anomaly; names feature, kind and description.

    Args:
        uri: Of ExampleValidator's ExampleAnomalies artifact.
    """
    found = []
    for split in features.SPLITS:
        path = os.path.join(uri, f"Split-{split}", _ANOMALIES_FILE)
        with tfx.dsl.io.fileio.open(path, "rb") as file:
            report = anomalies_pb2.Anomalies.FromString(file.read())
        if report.HasField("dataset_anomaly_info"):
            found.append(f"{split}: {report.dataset_anomaly_info.description}")
        found += [
            f"{split}: {feature}: {info.short_description}. {info.description}"
            for feature, info in sorted(report.anomaly_info.items())
        ]
    if found:
        raise UnusableData(
            "the examples do not match pipeline/schema/schema.pbtxt:\n  " + "\n  ".join(found)
        )


def _group_ids(folder: str) -> set[str]:
    spec = {features.GROUP_ID: tf.io.FixedLenFeature([], tf.string)}
    paths = tf.io.gfile.glob(os.path.join(folder, "*.gz"))
    records = tf.data.TFRecordDataset(paths, compression_type="GZIP")
    parsed = records.batch(64).map(lambda batch: tf.io.parse_example(batch, spec))
    return {
        group_id.decode()
        for batch in parsed.as_numpy_iterator()
        for group_id in batch[features.GROUP_ID]
    }
