"""How often drift is found between sets of the same cars' photographs, and of changed ones.

Needs the challenge's photographs, so it is no part of ``make bench``:

    .venv/bin/python -m benchmarks.drift --data DIR

Pairs of disjoint sets of cars are drawn at random. What is found between two sets as they are is a
false alarm; then one set is changed. The limits of DriftConfig were chosen on pairs of seed 0;
report another. All pairs come from the same cars, so they are not independent.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine
from components.drift_comparison import FeatureDrift, compare
from components.photograph_example import read_mask
from components.photograph_file import read_photograph_file
from components.photograph_folder import Photograph, list_folder
from pipeline import features
from pipeline.config import DriftConfig
from report.data.data_statistics import PhotographStatistics
from report.data.read_photograph import colour_of, small_pixels

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, Pixels], tuple[Pixels, Pixels]]

_AS_IS = "as it is"
_RESULTS = Path(__file__).parent / "results" / "drift.json"
_POSES_LEFT = {"one pose missing": 15, "four poses missing": 12}


def _light(blue: float, green: float, red: float) -> Change:
    def change(pixels: Pixels, mask: Pixels) -> tuple[Pixels, Pixels]:
        lit = pixels * np.array([blue, green, red], np.float32)
        return np.clip(lit.round(), 0, 255).astype(np.uint8), mask

    return change


def _closer(scale: float) -> Change:
    def crop(picture: Pixels) -> Pixels:
        height, width = picture.shape[:2]
        top, left = (round(side * (1 - 1 / scale) / 2) for side in (height, width))
        return picture[top : height - top, left : width - left]

    return lambda pixels, mask: (crop(pixels), crop(mask))


_CHANGES: dict[str, Change] = {
    _AS_IS: lambda pixels, mask: (pixels, mask),
    "5% brighter": _light(1.05, 1.05, 1.05),
    "10% brighter": _light(1.1, 1.1, 1.1),
    "15% brighter": _light(1.15, 1.15, 1.15),
    "15% darker": _light(0.85, 0.85, 0.85),
    "3% warmer": _light(0.97, 1.0, 1.03),
    "blue 5% up": _light(1.05, 1.0, 1.0),
    "5% closer": _closer(1.05),
    "10% closer": _closer(1.1),
}


@click.command()
@click.option("--data", required=True, help="Photographs with their masks.")
@click.option("--pairs", default=500, show_default=True, help="Of sets as they are.")
@click.option("--changed-pairs", default=100, show_default=True, help="Of each change.")
@click.option("--seed", default=1, show_default=True, help="Of the sets.")
@click.option("--out", type=click.Path(path_type=Path), default=_RESULTS, show_default=True)
def main(data: str, pairs: int, changed_pairs: int, seed: int, out: Path) -> None:
    """Measures the limits and writes their figures."""
    cv2.setNumThreads(1)
    sets = _read(list_folder(data).photographs)
    config = DriftConfig(features=(*DriftConfig().features, "make", "year"))
    figures: dict[str, Any] = {}
    for cars in (10, 20, 30):
        drawn = list(_disjoint(sets[_AS_IS], cars, pairs, np.random.default_rng(seed)))
        found = figures[f"{cars} cars against {cars}"] = {}
        for name in (*_CHANGES, *_POSES_LEFT):
            results = [
                compare(_of(sets[_AS_IS], then), _changed(sets, name, now), config)[0]
                for then, now in drawn[: pairs if name == _AS_IS else changed_pairs]
            ]
            found[name] = _rates(results)
            if name == _AS_IS:
                found["99% of pairs as they are stay below"] = _quantiles(results)
    result = {"machine": machine(), "seed": seed, "pairs": pairs, "changed_pairs": changed_pairs}
    out.write_text(json.dumps(result | figures, indent=2) + "\n")
    click.echo(json.dumps(figures, indent=2))


def _read(photographs: Sequence[Photograph]) -> dict[str, list[PhotographStatistics]]:
    """Returns the numbers of all photographs by change."""
    sets: dict[str, list[PhotographStatistics]] = {name: [] for name in _CHANGES}
    for photograph in photographs:
        mask = read_mask(read_photograph_file(photograph.mask_path))
        pixels = small_pixels(read_photograph_file(photograph.image_path), *mask.shape)
        for name, change in _CHANGES.items():
            changed, changed_mask = change(pixels, mask)
            colour, saturation = colour_of(changed)
            sets[name].append(
                PhotographStatistics(
                    photograph=photograph,
                    split=features.TRAIN,
                    height=mask.shape[0],
                    width=mask.shape[1],
                    brightness=cv2.mean(cv2.cvtColor(changed, cv2.COLOR_BGR2GRAY))[0],
                    colour=colour,
                    saturation=saturation,
                    mask_area=float((changed_mask > 0).mean()),
                )
            )
    return sets


def _disjoint(
    photographs: Sequence[PhotographStatistics], cars: int, pairs: int, rng: np.random.Generator
) -> Iterator[tuple[set[str], set[str]]]:
    known = sorted({each.photograph.group_id for each in photographs})
    for _ in range(pairs):
        order = rng.permutation(known)
        yield set(order[:cars]), set(order[cars : 2 * cars])


def _of(photographs: Sequence[PhotographStatistics], cars: set[str]) -> list[PhotographStatistics]:
    return [each for each in photographs if each.photograph.group_id in cars]


def _changed(
    sets: Mapping[str, Sequence[PhotographStatistics]], name: str, cars: set[str]
) -> list[PhotographStatistics]:
    if name not in _POSES_LEFT:
        return _of(sets[name], cars)
    left = _of(sets[_AS_IS], cars)
    return [each for each in left if each.photograph.pose <= _POSES_LEFT[name]]


def _rates(results: Sequence[tuple[FeatureDrift, ...]]) -> dict[str, Any]:
    """Returns how often drift was found, by the features that are compared unless asked not to."""
    compared = DriftConfig().features
    by_feature: Counter[str] = Counter()
    found = 0
    for result in results:
        over = [each.name for each in result if each.exceeds]
        by_feature.update(over)
        found += any(name in compared for name in over)
    return {
        "found": round(found / len(results), 3),
        "by feature": {name: round(n / len(results), 3) for name, n in by_feature.most_common()},
    }


def _quantiles(results: Sequence[tuple[FeatureDrift, ...]]) -> dict[str, dict[str, float]]:
    known = {each.name: [result[n] for result in results] for n, each in enumerate(results[0])}
    return {
        name: {
            "distance": round(float(np.quantile([each.distance or 0.0 for each in of], 0.99)), 3),
            "shift": round(float(np.quantile([abs(each.shift or 0.0) for each in of], 0.99)), 3),
        }
        for name, of in known.items()
    }


if __name__ == "__main__":
    main()
