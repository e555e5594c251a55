"""The model card for programs, in the form of ``report.model_card.document``."""

from collections.abc import Iterator

from evaluation.bootstrap import Interval
from evaluation.evidence import CANDIDATE
from pipeline import features
from report.model_card.card import ModelCardFacts
from report.model_card.document import (
    MODEL_CARD_DOCUMENT,
    ConfidenceInterval,
    Considerations,
    Dataset,
    KeyValue,
    License,
    ModelCardDocument,
    ModelDetails,
    ModelParameters,
    Owner,
    PerformanceMetric,
    QuantitativeAnalysis,
    Risk,
    Statement,
    Version,
)
from report.model_card.limits import limits
from report.model_card.texts import (
    data_rows,
    fit_sentences,
    is_spdx,
    overview,
    verdict_sentence,
    versions,
)
from report.results.model_names import in_order

_SHIPPED = Risk(
    name="Photographs of the val split are shipped with the model, as warm-up requests: whoever "
    "gets the model gets them.",
    mitigation_strategy="server_check.warmup_requests=0 leaves them out.",
)


def model_card_json(card: ModelCardFacts) -> bytes:
    """Writes the card as JSON, UTF-8; what is not known is left out.

    Args:
        card: What it says.
    """
    document = ModelCardDocument(
        model_details=_details(card),
        model_parameters=_parameters(card),
        quantitative_analysis=QuantitativeAnalysis(performance_metrics=tuple(_metrics(card))),
        considerations=Considerations(
            use_cases=(
                Statement(description=card.about.intended_use),
                Statement(description=f"Not for: {card.about.out_of_scope}"),
            ),
            limitations=tuple(Statement(description=each) for each in limits(card)),
            ethical_considerations=(_SHIPPED,) if card.ships_photographs else (),
        ),
    )
    return MODEL_CARD_DOCUMENT.dump_json(document, indent=2, exclude_none=True) + b"\n"


def _details(card: ModelCardFacts) -> ModelDetails:
    about = card.about
    licence = (
        License(identifier=about.licence)
        if is_spdx(about.licence)
        else License(custom_text=about.licence)
    )
    return ModelDetails(
        name=about.name,
        overview=overview(card),
        documentation=_documentation(card),
        owners=tuple(Owner(name=name, contact=about.contact or None) for name in about.owners),
        version=Version(name=card.version, date=card.date or None),
        licenses=(licence,) if about.licence else (),
    )


def _documentation(card: ModelCardFacts) -> str:
    known = ", ".join(f"{name} {version}" for name, version in versions(card).items())
    return "\n".join(
        [
            *fit_sentences(card),
            *([f"Fitted with {known}."] if known else []),
            verdict_sentence(card),
            *(
                f"{clause.name}: {'yes' if clause.passed else 'no'}, {clause.reason}"
                for clause in card.clauses
            ),
        ]
    )


def _parameters(card: ModelCardFacts) -> ModelParameters:
    fit, config = card.fit, card.fit.config
    size, accepted = config.input, config.limits
    return ModelParameters(
        model_architecture=f"U-Net, {fit.parameters:,} parameters",
        data=tuple(
            Dataset(name=split, description=_split(card, split)) for split in features.SPLITS
        ),
        input_format="image_bytes, string [N]: JPEG or PNG files",
        input_format_map=_pairs(
            width=size.width,
            height=size.height,
            max_pixels=accepted.max_pixels,
            max_bytes=accepted.max_bytes,
        ),
        output_format="mask_png_bytes, string [N]: PNG files of 0 and 255, full size",
        output_format_map=_pairs(
            serving_default="mask_png_bytes, string [N]",
            rle="rle, string [N]: run lengths as the Carvana challenge has them",
            probability=f"probability, float32 [N, {size.height}, {size.width}]",
            threshold=fit.threshold,
            flip_average="yes" if config.prediction.flip_average else "no",
            enlarge=config.prediction.enlarge,
        ),
    )


def _pairs(**values: object) -> tuple[KeyValue, ...]:
    return tuple(KeyValue(key=key, value=str(value)) for key, value in values.items())


def _split(card: ModelCardFacts, split: str) -> str:
    column = 1 + features.SPLITS.index(split)
    facts = "; ".join(f"{row[0]}: {row[column]}" for row in data_rows(card))
    origin = f" Spans: {card.data.span}." if card.data.span else ""
    if card.data.fingerprint:
        origin += f" Fingerprint of the data: {card.data.fingerprint}."
    return f"{card.about.dataset}, split by car; {facts}.{origin}"


def _metrics(card: ModelCardFacts) -> Iterator[PerformanceMetric]:
    for name in in_order(card.verdict.models):
        model = card.verdict.models[name]
        suffix = "" if name == CANDIDATE else f" ({name})"
        for figure, interval in model.figures.items():
            yield _metric(figure + suffix, interval)
        if model.ceiling is not None:
            yield _metric(f"ceiling{suffix}", Interval(model.ceiling, None, None))
    for feature, slices in card.slices.items():
        for each in slices:
            yield _metric("dice", each.dice, f"{feature}: {each.value}")


def _metric(kind: str, interval: Interval, where: str | None = None) -> PerformanceMetric:
    return PerformanceMetric(
        type=kind,
        value=f"{interval.mean:.6g}",
        slice=where,
        confidence_interval=None
        if interval.low is None or interval.high is None
        else ConfidenceInterval(
            lower_bound=f"{interval.low:.6g}", upper_bound=f"{interval.high:.6g}"
        ),
    )
