"""What DriftCheck found, as it is written to ``drift.json``: compared or not, and what drifted."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from components.drift_comparison import FeatureDrift
from pipeline.config import DriftConfig
from report.data.data_statistics import PhotographStatistics


@dataclass(frozen=True)
class PhotographSet:
    """One side of the comparison.

    Attributes:
        statistics: Folder of its PhotographStatistics.
        data: Where its photographs came from.
        fingerprint: Of them.
        span: Number of the span, the newest where there are several.
        photographs: How many.
        cars: How many.
    """

    statistics: str
    data: str
    fingerprint: str
    span: int
    photographs: int
    cars: int


@dataclass(frozen=True)
class DriftVerdict:
    """The result.

    Attributes:
        compared: Whether there was anything to compare with.
        judged: Whether there were cars enough for it to count.
        reason: Why not, if either is false; else empty.
        drifted: Whether anything is over its limit; false where nothing was judged.
        stop: Whether the run was to stop then.
        findings: A sentence per feature that drifted, most important first.
        current: This run's photographs.
        baseline: Those of the last blessed model; None where there are none.
        model: Folder of that model; empty where there is none.
        features: Every feature of the config.
    """

    compared: bool
    judged: bool
    reason: str
    drifted: bool
    stop: bool
    findings: tuple[str, ...]
    current: PhotographSet
    baseline: PhotographSet | None
    model: str
    features: tuple[FeatureDrift, ...]


DRIFT = TypeAdapter(DriftVerdict)
DRIFT_FILE = "drift.json"


def judge_drift(
    current: PhotographSet,
    baseline: PhotographSet,
    model: str,
    features: Sequence[FeatureDrift],
    config: DriftConfig,
) -> DriftVerdict:
    """Applies the limits.

    Args:
        current: This run's photographs.
        baseline: Those of the last blessed model.
        model: Its folder.
        features: As compared.
        config: Gives the limits.
    """
    judged = min(current.cars, baseline.cars) >= config.min_cars
    over = [each for each in features if each.exceeds] if judged else []
    reason = (
        f"{current.cars} cars here and {baseline.cars} there are too few to tell drift from "
        f"chance (drift.min_cars={config.min_cars})"
    )
    return DriftVerdict(
        compared=True,
        judged=judged,
        reason="" if judged else reason,
        drifted=bool(over),
        stop=config.stop,
        findings=tuple(map(finding, over)),
        current=current,
        baseline=baseline,
        model=model,
        features=tuple(features),
    )


def nothing_to_compare(
    reason: str, current: PhotographSet, model: str, config: DriftConfig
) -> DriftVerdict:
    """Returns the verdict of a run without a baseline.

    Args:
        reason: Why there is none.
        current: This run's photographs.
        model: Folder of the last blessed model of other photographs; empty where there is none.
        config: Gives ``stop``.
    """
    return DriftVerdict(False, False, reason, False, config.stop, (), current, None, model, ())


def photograph_set(
    statistics: str,
    data: str,
    fingerprint: str,
    span: int,
    photographs: Sequence[PhotographStatistics],
) -> PhotographSet:
    """Counts a set; arguments as in PhotographSet."""
    cars = len({each.photograph.group_id for each in photographs})
    return PhotographSet(statistics, data, fingerprint, span, len(photographs), cars)


def finding(each: FeatureDrift) -> str:
    """Says in a sentence how a feature drifted, with both values and the limits."""
    title = each.name.replace("_", " ")
    distance = f"{each.distance:.3f} (limit {each.limit:g})"
    if each.most_changed:
        place = each.values.index(each.most_changed)
        then, now = each.baseline_shares[place], each.current_shares[place]
        return (
            f"{title}: {each.most_changed} had {then:.1%} of the photographs and has {now:.1%}; "
            f"largest change of a share {distance}"
        )
    means = f"{title}: mean {shown(each, each.baseline_mean)}, now {shown(each, each.current_mean)}"
    divergence = f"Jensen-Shannon divergence {distance}"
    if each.shift is None or each.shift_limit is None:
        return f"{means}; {divergence}"
    return f"{means}, a shift of {shown_shift(each)}; {divergence}"


def shown(each: FeatureDrift, mean: float | None) -> str:
    """Writes a mean with as many digits as tell something; empty where there is none."""
    if mean is None:
        return ""
    match each.name:
        case "mask_area":
            return f"{mean:.1%}"
        case "saturation":
            return f"{mean:.3f}"
        case _:
            return f"{mean:.1f}"


def shown_shift(each: FeatureDrift) -> str:
    """Writes the shift of a mean beside its limit; empty where there is none."""
    if each.shift is None or each.shift_limit is None:
        return ""
    match each.name:
        case "mask_area":
            return f"{each.shift:+.1%} of what it was (limit {each.shift_limit:.1%})"
        case "saturation":
            return f"{each.shift:+.3f} (limit {each.shift_limit:g})"
        case _:
            return f"{each.shift:+.1f} levels (limit {each.shift_limit:g})"
