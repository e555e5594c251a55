"""Counters and histograms that print themselves as TensorFlow Serving's Prometheus exporter does.

``prometheus_client`` cannot print its form: names with a leading colon, no HELP lines, bucket
limits rounded to six digits (dashboards select ``le="708235"``), and an empty pair of braces where
there are no labels. Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import bisect
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol


class MetricFamily(Protocol):
    """One metric with all its label values.

    Attributes:
        name: Its name on the page.
    """

    name: str

    def lines(self) -> Iterator[str]:
        """Yields its lines, the TYPE line first."""
        ...


class Counter:
    """A number for each set of label values, which only grows. Threads may share it."""

    def __init__(self, name: str, labels: Sequence[str] = ()) -> None:
        """Makes a counter without values.

        Args:
            name: The metric's name.
            labels: The names of its labels.
        """
        self.name = name
        self._labels = tuple(labels)
        self._values: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()

    def add(self, *label_values: str, count: int = 1) -> None:
        """Adds a count to the number of these label values.

        Args:
            *label_values: One value for each label.
            count: What to add.
        """
        with self._lock:
            self._values[label_values] = self._values.get(label_values, 0) + count

    def lines(self) -> Iterator[str]:
        """Yields the TYPE line, then one line for each set of label values."""
        with self._lock:
            values = dict(self._values)
        yield f"# TYPE {self.name} counter"
        for label_values, value in values.items():
            yield f"{self.name}{{{_pairs(self._labels, label_values)}}} {value}"


class Histogram:
    """How values are distributed, for each set of label values. Threads may share it."""

    def __init__(
        self, name: str, labels: Sequence[str] = (), *, scale: float, growth: float, buckets: int
    ) -> None:
        """Makes a histogram without values.

        Args:
            name: The metric's name.
            labels: The names of its labels.
            scale: The first bucket's limit.
            growth: How many times the one before each further limit is.
            buckets: How many limits; one more bucket takes whatever lies above.
        """
        self.name = name
        self._labels = tuple(labels)
        self._limits = [scale * growth**exponent for exponent in range(buckets)]
        # For each set of label values: the count of each bucket, and the sum of all values.
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()

    def observe(self, *label_values: str, value: float) -> None:
        """Adds one value.

        Args:
            *label_values: One value for each label.
            value: What was observed; at a bucket's limit it falls into the next bucket.
        """
        bucket = bisect.bisect_right(self._limits, value)
        with self._lock:
            counts = self._counts.setdefault(label_values, [0] * (len(self._limits) + 1))
            counts[bucket] += 1
            self._sums[label_values] = self._sums.get(label_values, 0.0) + value

    def lines(self) -> Iterator[str]:
        """Yields the TYPE line, then buckets, sum and count for each set of label values."""
        with self._lock:
            rows = {
                values: (list(counts), self._sums[values])
                for values, counts in self._counts.items()
            }
        yield f"# TYPE {self.name} histogram"
        limits = [f"{limit:g}" for limit in self._limits] + ["+Inf"]
        for label_values, (counts, total) in rows.items():
            pairs = _pairs(self._labels, label_values)
            prefix = f"{self.name}_bucket{{{pairs}{',' if pairs else ''}"
            cumulative = 0
            for limit, count in zip(limits, counts, strict=True):
                cumulative += count
                yield f'{prefix}le="{limit}"}} {cumulative}'
            # All digits: the real server prints six, with which the rate of a long sum is noise.
            yield f"{self.name}_sum{{{pairs}}} {total:.17g}"
            yield f"{self.name}_count{{{pairs}}} {cumulative}"


def _pairs(labels: Sequence[str], values: Sequence[str]) -> str:
    return ",".join(
        f'{label}="{_escaped(value)}"' for label, value in zip(labels, values, strict=True)
    )


def _escaped(value: str) -> str:
    """Escapes what would end a label's value, or its line: names come from requests."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
