"""TFMA's view of an evaluation, all models and slices, as a page beside the report.

TFMA's package brings the view's elements, which go into the page. Its charts are Google's and are
loaded from the network. The same figures stand above as tables, which need nothing.
"""

import base64
import importlib.resources
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow_model_analysis as tfma
from markupsafe import Markup

from report.read_json import read_json
from report.results.model_names import in_order, model_name
from report.template import render
from report.views.view import View

_NAME = "Evaluation by TensorFlow Model Analysis"
_CONFIG_FILE = "eval_config.json"
_ELEMENTS = "static/vulcanized_tfma.js"


def tfma_view(evaluation: str) -> View:
    """Makes the page.

    Args:
        evaluation: Artifact of the Gate.

    Raises:
        ValueError: If a file in it is broken.
    """
    config = read_json(evaluation, _CONFIG_FILE)
    if config is None:
        return View(_NAME, "", f"not there: {evaluation} holds no result of TFMA")
    names = [spec.get("name", "") for spec in config["evalConfig"].get("modelSpecs", [])]
    results = {name: tfma.load_eval_result(evaluation, model_name=name) for name in in_order(names)}
    elements = _elements()
    candidate = next(iter(results), "")
    widgets = (
        [(feature, _payload(results[candidate], feature)) for feature in _features(config)]
        if elements and results
        else []
    )
    html = render(
        "tfma_view.html",
        title="Evaluation",
        elements=Markup(elements),  # noqa: S704 - of a package, not of the data
        candidate=model_name(candidate),
        widgets=[(feature, payload) for feature, payload in widgets if payload],
        tables=[_table(model_name(name), results[name]) for name in results],
    )
    return View(
        _NAME,
        "evaluation.html",
        "its tables open offline; its diagrams load Google Charts from the network",
        html.encode(errors="backslashreplace"),
    )


def _features(config: Mapping[str, Any]) -> list[str]:
    specs = config["evalConfig"].get("slicingSpecs", [])
    return [name for spec in specs for name in spec.get("featureKeys", [])]


def _elements() -> str:
    """Returns TFMA's own script; empty where this version of its package brings none."""
    script = importlib.resources.files(tfma) / _ELEMENTS
    text = script.read_text() if script.is_file() else ""
    # It would end the page's script element half-way.
    return "" if "</script" in text else text


def _payload(result: tfma.EvalResult, feature: str) -> str:
    """Returns what the view shows of a feature's slices; empty where TFMA has no notebook view."""
    if not any(key and key[0][0] == feature for key, _ in result.slicing_metrics):
        return ""
    try:
        view = tfma.view.render_slicing_metrics(result, slicing_column=feature)
    except ValueError:  # Its widgets need ipywidgets.
        return ""
    if view is None:
        return ""
    shown = json.dumps(_plain({"config": view.config, "data": view.data}))
    # Names of slices are makes out of a file; the charts would take some for markup.
    shown = shown.replace("<", "&lt;").replace(">", "&gt;")
    return base64.b64encode(shown.encode()).decode()


def _plain(value: Any) -> Any:
    """Replaces what JSON cannot hold, NaN and infinity, by null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table(title: str, result: tfma.EvalResult) -> dict[str, Any]:
    rows = []
    figures: list[str] = []
    for key, metrics in result.slicing_metrics:
        found = metrics.get("", {}).get("", {})
        figures += [name for name in found if name not in figures]
        label = ", ".join(f"{feature} {value}" for feature, value in key) or "all"
        rows.append((_order(key), label, found))
    rows.sort(key=lambda row: row[0])
    return {
        "title": title,
        "figures": figures,
        "rows": [
            (label, [_number(found.get(name)) for name in figures]) for _, label, found in rows
        ],
    }


def _order(key: Sequence[tuple[str, Any]]) -> tuple[Any, ...]:
    """Sorts slices by feature, and numbers as numbers."""
    return tuple(
        (
            feature,
            not isinstance(value, int | float),
            value if isinstance(value, int | float) else 0,
            str(value),
        )
        for feature, value in key
    )


def _number(value: Mapping[str, Any] | None) -> tuple[str, str]:
    """Returns a figure and its interval; both empty where there is none."""
    if not value:
        return "", ""
    if "boundedValue" in value:
        bounds = value["boundedValue"]
        low, high = bounds["lowerBound"], bounds["upperBound"]
        return _digits(bounds["value"]), f"{_digits(low)} to {_digits(high)}"
    number = value.get("doubleValue")
    return ("", "") if number is None else (_digits(number), "")


def _digits(number: Any) -> str:
    if isinstance(number, str):  # TFMA writes NaN as text.
        return number
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.4g}"
