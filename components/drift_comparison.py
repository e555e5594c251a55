"""How far photographs of two times are apart: TFDV's distances, and shifts a person can read.

A distance sees any change of shape, but nobody knows what a divergence of 0.4 looks like; a shift
of the mean is told in levels or shares, but two distributions may have the same mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from pipeline.config import DriftConfig
from report.data.data_statistics import PhotographStatistics

_BINS = 24
# TFDV keeps the most frequent values of a text only; a studio has fewer makes than this.
_TOP_VALUES = 10_000
_DIVERGENCE = "jensen_shannon_divergence"
_CHANGE = "infinity_norm"

_NUMBERS: dict[str, Callable[[PhotographStatistics], float | None]] = {
    "brightness": lambda each: each.brightness,
    "red": lambda each: each.colour[0],
    "green": lambda each: each.colour[1],
    "blue": lambda each: each.colour[2],
    "warmth": lambda each: each.colour[0] - each.colour[2],
    "tint": lambda each: each.colour[1] - (each.colour[0] + each.colour[2]) / 2,
    "saturation": lambda each: each.saturation,
    "mask_area": lambda each: each.mask_area,
    "width": lambda each: each.width,
    "height": lambda each: each.height,
}
_NAMES: dict[str, Callable[[PhotographStatistics], str | None]] = {
    "pose": lambda each: str(each.photograph.pose) if each.photograph.pose >= 0 else None,
    "make": lambda each: each.photograph.make or None,
    "year": lambda each: str(each.photograph.year) if each.photograph.year >= 0 else None,
}
_LEVELS = "levels of 0..255"
_UNITS = {
    **dict.fromkeys(("brightness", "red", "green", "blue", "warmth", "tint"), _LEVELS),
    "saturation": "of 0..1",
    "mask_area": "share of the photograph",
    "width": "pixels",
    "height": "pixels",
    **dict.fromkeys(_NAMES, "share of the photographs"),
}


@dataclass(frozen=True)
class FeatureDrift:
    """One feature, then and now.

    Attributes:
        name: One of ``pipeline.config.drift.DriftFeature``.
        unit: Of the means.
        comparator: TFDV's: ``jensen_shannon_divergence`` (base 2, 0..1) of numbers,
            ``infinity_norm`` (largest change of one value's share) of names.
        distance: By that; None where one side knows nothing of the feature.
        limit: From where on it is drift.
        baseline_mean: Of the baseline's photographs; None of names, or where nothing is known.
        current_mean: Of this run's.
        shift: How far the mean has moved: in ``unit``, but of the mask area as a share of what it
            was. None where there is no mean, or no limit for it.
        shift_limit: From where on that, either way, is drift.
        most_changed: The name whose share changed most; empty of numbers.
        values: Of names: all, sorted. Of numbers: the edges of bins, one more than there are bins.
        baseline_shares: Of the baseline's photographs by name or bin; those of which nothing is
            known left out.
        current_shares: Of this run's.
    """

    name: str
    unit: str
    comparator: str
    distance: float | None
    limit: float
    baseline_mean: float | None
    current_mean: float | None
    shift: float | None
    shift_limit: float | None
    most_changed: str
    values: tuple[float | str, ...]
    baseline_shares: tuple[float, ...]
    current_shares: tuple[float, ...]

    @property
    def is_of_names(self) -> bool:
        """Whether it has names, such as poses, not numbers."""
        return self.comparator == _CHANGE

    @property
    def exceeds(self) -> bool:
        """Whether distance or shift is over its limit."""
        if self.distance is not None and self.distance > self.limit:
            return True
        if self.shift is None or self.shift_limit is None:
            return False
        return abs(self.shift) > self.shift_limit


def compare(
    baseline: Sequence[PhotographStatistics],
    current: Sequence[PhotographStatistics],
    config: DriftConfig,
) -> tuple[tuple[FeatureDrift, ...], anomalies_pb2.Anomalies]:
    """Compares two sets of photographs.

    Args:
        baseline: Those that the last blessed model was fitted with, one at least.
        current: Those of this run, one at least.
        config: Says which features, and gives the limits.

    Returns:
        One per feature of the config, in its order, and what TFDV says of them.
    """
    schema = schema_pb2.Schema()
    for name in config.features:
        is_number = name in _NUMBERS
        feature = schema.feature.add(
            name=name, type=schema_pb2.FLOAT if is_number else schema_pb2.BYTES
        )
        comparator = getattr(feature.drift_comparator, _DIVERGENCE if is_number else _CHANGE)
        comparator.threshold = _limit(name, config)
    frames = [_frame(photographs, config.features) for photographs in (baseline, current)]
    then, now = (
        tfdv.generate_statistics_from_dataframe(
            frame, tfdv.StatsOptions(num_top_values=_TOP_VALUES)
        )
        for frame in frames
    )
    anomalies = tfdv.validate_statistics(now, schema, previous_statistics=then)
    distances = {
        info.path.step[0]: info.drift_measurements[0].value for info in anomalies.drift_skew_info
    }
    drifts = tuple(
        _of_feature(name, frames[0][name].dropna(), frames[1][name].dropna(), distances, config)
        for name in config.features
    )
    return drifts, anomalies


def _frame(photographs: Sequence[PhotographStatistics], names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(
                [(_NUMBERS.get(name) or _NAMES[name])(each) for each in photographs],
                dtype=float if name in _NUMBERS else object,
            )
            for name in names
        }
    )


def _of_feature(
    name: str,
    then: pd.Series,
    now: pd.Series,
    distances: dict[str, float],
    config: DriftConfig,
) -> FeatureDrift:
    known = len(then) > 0 and len(now) > 0
    is_number = name in _NUMBERS
    before, after = (float(of.mean()) if is_number and len(of) else None for of in (then, now))
    values, shares = (_bins if is_number else _counts)(then, now)
    most_changed = ""
    if known and not is_number:
        most_changed = str(values[int(np.argmax(np.abs(shares[1] - shares[0])))])
    shift_limit, shift = _shift_limit(name, config), None
    if before is not None and after is not None and shift_limit is not None:
        # No mask is empty: those are set aside.
        shift = (after - before) / (before if name == "mask_area" else 1.0)
    return FeatureDrift(
        name=name,
        unit=_UNITS[name],
        comparator=_DIVERGENCE if is_number else _CHANGE,
        distance=distances[name] if known else None,
        limit=_limit(name, config),
        baseline_mean=before,
        current_mean=after,
        shift=shift,
        shift_limit=shift_limit,
        most_changed=most_changed,
        values=tuple(values),
        baseline_shares=tuple(shares[0].tolist()),
        current_shares=tuple(shares[1].tolist()),
    )


def _bins(then: pd.Series, now: pd.Series) -> tuple[list[float], list[np.ndarray]]:
    both = np.concatenate([then, now])
    if not len(both):
        return [], [np.zeros(0), np.zeros(0)]
    edges = np.histogram_bin_edges(both, _BINS)
    return edges.tolist(), [np.histogram(of, edges)[0] / max(len(of), 1) for of in (then, now)]


def _counts(then: pd.Series, now: pd.Series) -> tuple[list[str], list[np.ndarray]]:
    names = sorted(
        {*then, *now}, key=lambda name: (len(name), name) if name.isdigit() else (0, name)
    )
    shares = [
        of.value_counts(normalize=True).reindex(names, fill_value=0.0).to_numpy(float)
        for of in (then, now)
    ]
    return names, shares


def _limit(name: str, config: DriftConfig) -> float:
    match name:
        case "mask_area":
            return config.max_mask_divergence
        case "pose":
            return config.max_pose_change
        case "make" | "year":
            return config.max_name_change
        case _:
            return config.max_divergence


def _shift_limit(name: str, config: DriftConfig) -> float | None:
    match name:
        case "brightness" | "red" | "green" | "blue":
            return config.max_brightness_shift
        case "warmth" | "tint":
            return config.max_cast_shift
        case "saturation":
            return config.max_saturation_shift
        case "mask_area":
            return config.max_mask_area_shift
        case _:
            return None
