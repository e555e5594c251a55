"""TFDV's view of the statistics of a run's examples, as a page beside the report.

The view itself, Facets, is not part of TFDV's package: TFDV's HTML loads it from the network. The
same figures stand above it as tables, which need nothing.
"""

import os
from dataclasses import dataclass
from itertools import pairwise

import tensorflow as tf
import tensorflow_data_validation as tfdv
from markupsafe import Markup
from tensorflow_metadata.proto.v0 import statistics_pb2

from pipeline import features
from report.template import render
from report.views.view import View

_FILE = "FeatureStats.pb"


@dataclass(frozen=True)
class _Feature:
    name: str
    kind: str
    count: int
    missing: int
    numbers: tuple[str, ...]
    values: int | None


def tfdv_view(statistics: str) -> View:
    """Makes the page.

    Args:
        statistics: Artifact of StatisticsGen.

    Raises:
        ValueError: If a file in it is broken.
    """
    splits = {}
    for split in features.SPLITS:
        path = os.path.join(statistics, f"Split-{split}", _FILE)
        if tf.io.gfile.exists(path):
            splits[split] = tfdv.load_stats_binary(path)
    # It shows two data sets side by side, no more.
    pairs = list(pairwise(splits)) if len(splits) > 1 else [(each, None) for each in splits]
    html = render(
        "tfdv_view.html",
        title="Statistics of the examples",
        frames=[(left, right, _facets(splits, left, right)) for left, right in pairs],
        tables={
            split: [_feature(each) for each in found.datasets[0].features]
            for split, found in splits.items()
            if found.datasets
        },
        photographs={
            split: found.datasets[0].num_examples
            for split, found in splits.items()
            if found.datasets
        },
    )
    return View(
        "Statistics of the examples by TensorFlow Data Validation",
        "data_statistics.html",
        "its tables open offline; its diagrams load Facets from the network",
        html.encode(errors="backslashreplace"),
    )


def _facets(
    splits: dict[str, statistics_pb2.DatasetFeatureStatisticsList], left: str, right: str | None
) -> str:
    html: str = tfdv.utils.display_util.get_statistics_html(
        lhs_statistics=splits[left],
        rhs_statistics=splits[right] if right else None,
        lhs_name=left,
        rhs_name=right or "",
    )
    # As the value of an attribute: the template escapes it, and the browser undoes that.
    return str(Markup("<!DOCTYPE html>")) + html


def _feature(feature: statistics_pb2.FeatureNameStatistics) -> _Feature:
    kind = feature.WhichOneof("stats")
    stats = getattr(feature, kind)
    numbers: tuple[str, ...] = ()
    if kind == "num_stats":
        numbers = tuple(
            f"{each:,.4g}" if abs(each) < 1e4 else f"{each:,.0f}"
            for each in (stats.min, stats.median, stats.mean, stats.max, stats.std_dev)
        )
    common = stats.common_stats
    return _Feature(
        name=".".join(feature.path.step) or feature.name,
        kind=kind.removesuffix("_stats"),
        count=common.num_non_missing,
        missing=common.num_missing,
        numbers=numbers,
        values=stats.unique if kind == "string_stats" else None,
    )
