"""The model card as markdown, for people; its front matter is for programs.

The front matter is what Hugging Face's hub reads (https://huggingface.co/docs/hub/model-cards), so
that a card can be put there as it is.
"""

import json
import re

from evaluation.bootstrap import Interval
from evaluation.evidence import CANDIDATE
from evaluation.model_figures import ModelFigures
from evaluation.slices import MASK_AREA
from pipeline import features
from report.model_card.card import ModelCardFacts
from report.model_card.limits import limits
from report.model_card.markdown import Markdown, render_markdown
from report.model_card.texts import (
    data_rows,
    fit_sentences,
    is_spdx,
    overview,
    verdict_sentence,
    versions,
)
from report.results.model_names import in_order, model_name
from report.results.score_slices import ScoreSlice

_TEMPLATE = "model_card.md"
_FEATURES = {
    features.POSE: "pose",
    features.MAKE: "make",
    features.YEAR: "year",
    MASK_AREA: "share of the photograph that the object covers",
}
# What JSON leaves as it is and YAML takes for the end of a line, or for nothing printable.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def model_card_markdown(card: ModelCardFacts) -> str:
    """Renders the card.

    Args:
        card: What it says.

    Returns:
        GitHub's markdown with a YAML front matter.
    """
    names = in_order(card.verdict.models)
    models = [card.verdict.models[name] for name in names]
    return render_markdown(
        _TEMPLATE,
        card=card,
        overview=overview(card),
        verdict=verdict_sentence(card),
        front=_front_matter(card),
        score_headings=[
            "",
            *("This model" if each == CANDIDATE else model_name(each) for each in names),
        ],
        score_rows=_score_rows(models),
        test_photographs=f"{card.verdict.models[CANDIDATE].photographs:,}",
        test_cars=_cars(card.data.cars.get(features.TEST, 0)),
        slices=[_slice_row(name, each) for name, each in card.slices.items()],
        clauses=card.clauses,
        limits=limits(card),
        data_headings=["", *features.SPLITS],
        data_rows=data_rows(card),
        fit_sentences=fit_sentences(card),
        versions=versions(card),
    )


def _front_matter(card: ModelCardFacts) -> Markdown:
    """Returns the lines between the two rules; strings are JSON, which YAML reads."""
    about, lines = card.about, []
    if is_spdx(about.licence):
        lines += [f"license: {_yaml(about.licence.lower())}"]
    elif about.licence:
        lines += ["license: other", f"license_name: {_yaml(about.licence)}"]
    figures = card.verdict.models[CANDIDATE].figures
    lines += [
        "pipeline_tag: image-segmentation",
        "tags: [tensorflow, image-segmentation, background-removal]",
        "model-index:",
        f"- name: {_yaml(about.name)}",
        "  results:",
        "  - task: {type: image-segmentation, name: Image Segmentation}",
        "    dataset:",
        f"      type: {_yaml(_slug(about.dataset))}",
        f"      name: {_yaml(about.dataset)}",
        "      split: test",
        "    metrics:",
    ]
    for name, label in (("dice", "mean Dice at full size"), ("iou", "mean IoU at full size")):
        value = f"{figures[name].mean:.6f}"
        lines.append(f"    - {{type: {name}, value: {value}, name: {label}}}")
    return Markdown("\n".join(lines))


def _yaml(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "photographs"


def _score_rows(models: list[ModelFigures]) -> list[list[str]]:
    def row(label: str, name: str, shape: str, scale: float = 1.0) -> list[str]:
        return [label, *(_interval(each.figures[name], shape, scale) for each in models)]

    return [
        row("Dice", "dice", "{:.4f}"),
        [
            "Dice of a perfect answer at its input size",
            *("unknown" if each.ceiling is None else f"{each.ceiling:.4f}" for each in models),
        ],
        row("IoU", "iou", "{:.4f}"),
        row("precision", "precision", "{:.4f}"),
        row("recall", "recall", "{:.4f}"),
        row("outline within 2 px of the true one, F1", "boundary_f1", "{:.3f}"),
        row("distance of the outlines, px", "boundary_distance", "{:.2f}"),
        row("wrong pixels per photograph", "false_area", "{:,.0f}"),
        row("area too large by, %", "area_error", "{:+.2f}", 100.0),
        row("offset to the right, px", "offset_x", "{:+.2f}"),
        row("offset down, px", "offset_y", "{:+.2f}"),
        ["photographs without a mask", *(f"{each.faults:,}" for each in models)],
    ]


def _interval(interval: Interval, shape: str, scale: float = 1.0) -> str:
    mean = shape.format(scale * interval.mean)
    if interval.low is None or interval.high is None:
        return f"{mean} (one car)"
    return f"{mean} ({shape.format(scale * interval.low)} to {shape.format(scale * interval.high)})"


def _slice_row(feature: str, slices: tuple[ScoreSlice, ...]) -> list[str]:
    return [
        _FEATURES[feature],
        str(len(slices)),
        _slice(feature, slices[0]),
        _slice(feature, slices[-1]),
    ]


def _slice(feature: str, each: ScoreSlice) -> str:
    value = str(each.value)
    if feature == MASK_AREA:
        low, high = map(float, value.split("-"))
        value = f"{low:.0%} to {high:.0%}"
    elif feature == features.POSE:
        value = f"pose {value}"
    photographs = "1 photograph" if each.photographs == 1 else f"{each.photographs:,} photographs"
    dice = f"{each.dice.mean:.4f}" if each.cars == 1 else _interval(each.dice, "{:.4f}")
    return f"{value}: {dice}, {photographs} of {_cars(each.cars)}"


def _cars(count: int) -> str:
    return "1 car" if count == 1 else f"{count:,} cars"
