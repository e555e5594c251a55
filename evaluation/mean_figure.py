"""The TFMA metric: a figure's mean over photographs, with a bootstrap interval over cars.

TFMA's own intervals resample examples; sixteen photographs of one car are not sixteen opinions.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from evaluation.bootstrap import group_bootstrap
from pipeline import features

# Of each car the figure of each of its photographs; numbers, so that it stays small.
_ValuesOfCars = dict[str, list[float]]


class MeanFigure(tfma.metrics.Metric):
    """Mean of one figure over the photographs of a slice.

    Reads what ``evaluation.extractor`` leaves: under ``predictions`` by model name a dict of
    figures, under ``features`` the car as ``group_id``. The value that TFMA writes carries the ends
    of the 95% interval of ``evaluation.bootstrap``; where a slice has one car there is none, and
    the value is plain.
    """

    def __init__(self, name: str) -> None:
        """Makes the metric.

        Args:
            name: Of a field of ``evaluation.figures.Figures``, or ``ceiling`` or ``fault``.
        """
        super().__init__(_computations, name=name)


def _computations(
    name: str, model_names: list[str] | None = None
) -> list[tfma.metrics.MetricComputation]:
    computations = []
    for model in model_names or [""]:
        key = tfma.metrics.MetricKey(name=name, model_name=model)
        computations.append(
            tfma.metrics.MetricComputation(
                keys=[key],
                preprocessors=[_FigureOfPhotograph(name, model)],
                combiner=_MeanOverPhotographs(key),
            )
        )
    return computations


class _FigureOfPhotograph(tfma.metrics.Preprocessor):
    """Takes one number and the car out of the extracts."""

    def __init__(self, figure: str, model: str) -> None:
        super().__init__(name=f"figure {figure} of {model}")
        self._figure = figure
        self._model = model

    def process(self, extracts: tfma.Extracts) -> Iterator[tuple[str, float]]:
        figures = extracts[tfma.PREDICTIONS_KEY]
        if self._model:
            figures = figures[self._model]
        [group] = extracts[tfma.FEATURES_KEY][features.GROUP_ID]
        # A model that does not say what it sees has no ceiling.
        if self._figure in figures:
            [value] = figures[self._figure]
            yield group.decode(), float(value)


class _MeanOverPhotographs(beam.CombineFn):
    def __init__(self, key: tfma.metrics.MetricKey) -> None:
        self._key = key

    def create_accumulator(self) -> _ValuesOfCars:
        return {}

    def add_input(self, accumulator: _ValuesOfCars, element: Any) -> _ValuesOfCars:
        # TFMA hands over the element itself, or all that its preprocessor made of one photograph.
        for group, value in [element] if isinstance(element, tuple) else element:
            accumulator.setdefault(group, []).append(value)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[_ValuesOfCars]) -> _ValuesOfCars:
        merged: _ValuesOfCars = {}
        for accumulator in accumulators:
            for group, values in accumulator.items():
                merged.setdefault(group, []).extend(values)
        return merged

    def extract_output(self, accumulator: _ValuesOfCars) -> dict[tfma.metrics.MetricKey, Any]:
        if not accumulator:
            return {self._key: float("nan")}
        # In one order, so that two runs give the same sum to the last bit.
        values = [value for group in sorted(accumulator) for value in sorted(accumulator[group])]
        groups = [group for group in sorted(accumulator) for _ in accumulator[group]]
        interval = group_bootstrap(values, groups)
        if interval.low is None or interval.high is None:
            return {self._key: interval.mean}
        bounded = metrics_for_slice_pb2.BoundedValue()
        bounded.value.value = interval.mean
        bounded.lower_bound.value = interval.low
        bounded.upper_bound.value = interval.high
        return {self._key: bounded}
