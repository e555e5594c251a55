"""The form of model_card.json: that of Google's Model Card Toolkit, version 0.0.2.

The toolkit is no longer maintained, but its form is what programs that read model cards know
(https://github.com/tensorflow/model-card-toolkit). Its reader refuses fields that it does not know,
so there are none of ours: everything is said in its fields. Numbers are text there.
"""

from typing import Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Owner:
    """Who is responsible for the model.

    Attributes:
        name: Of a person or team.
        contact: Where they are reached; absent where that is not stated.
    """

    name: str
    contact: str | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Version:
    """Which model it is.

    Attributes:
        name: The first 12 digits of the SHA-256 of its graph and weights.
        date: The day it was fitted, as 2026-11-23; absent where that was not recorded.
    """

    name: str
    date: str | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class License:
    """What may be done with the model; one of the two is there.

    Attributes:
        identifier: Of https://spdx.org/licenses.
        custom_text: Of a licence that is not there.
    """

    identifier: str | None = None
    custom_text: str | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ModelDetails:
    """What the model is.

    Attributes:
        name: Of the model.
        overview: In a sentence.
        documentation: How it was fitted and with which versions, what was asked of it before it
            was pushed, and the answers.
        owners: Empty where they are not stated.
        version: Which model it is.
        licenses: Empty where none is stated.
    """

    name: str
    overview: str
    documentation: str
    owners: tuple[Owner, ...] = ()
    version: Version
    licenses: tuple[License, ...] = ()


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class KeyValue:
    """One thing that is known, and what.

    Attributes:
        key: Its name.
        value: Its value.
    """

    key: str
    value: str


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Dataset:
    """One split of the photographs.

    Attributes:
        name: train, val or test.
        description: How many photographs and cars, and what else is known.
    """

    name: str
    description: str


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ModelParameters:
    """How the model is built, and what goes in and comes out.

    Attributes:
        model_architecture: In a sentence.
        data: The splits.
        input_format: Of the signatures' only input.
        input_format_map: What a photograph may be, and at which size the model sees it.
        output_format: Of the default signature's output.
        output_format_map: Of all signatures; and how a probability becomes a mask.
    """

    model_architecture: str
    data: tuple[Dataset, ...]
    input_format: str
    input_format_map: tuple[KeyValue, ...]
    output_format: str
    output_format_map: tuple[KeyValue, ...]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ConfidenceInterval:
    """How far a mean would move with other cars, 95%.

    Attributes:
        lower_bound: A number.
        upper_bound: A number.
    """

    lower_bound: str
    upper_bound: str


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class PerformanceMetric:
    """The mean of a figure over test photographs.

    Attributes:
        type: Name of the figure as in verdict.json; of another model with that one's name behind it
            in brackets. ceiling is the Dice of a perfect answer at the model's input size.
        value: A number.
        slice: What the photographs have in common, as ``pose: 3``; absent for all.
        confidence_interval: Absent where the photographs are of one car.
    """

    type: str
    value: str
    slice: str | None = None
    confidence_interval: ConfidenceInterval | None = None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class QuantitativeAnalysis:
    """How good the model is.

    Attributes:
        performance_metrics: All figures of all models, then the model's Dice by slice, worst first.
    """

    performance_metrics: tuple[PerformanceMetric, ...]


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Statement:
    """One thing to consider.

    Attributes:
        description: In words.
    """

    description: str


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Risk:
    """What may do harm.

    Attributes:
        name: In words.
        mitigation_strategy: What is done against it, or can be.
    """

    name: str
    mitigation_strategy: str


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Considerations:
    """What to consider before the model is used.

    Attributes:
        use_cases: What it is for, then what it is not for.
        limitations: What it cannot do or was never shown.
        ethical_considerations: What may do harm.
    """

    use_cases: tuple[Statement, ...]
    limitations: tuple[Statement, ...]
    ethical_considerations: tuple[Risk, ...] = ()


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ModelCardDocument:
    """A model card.

    Attributes:
        schema_version: Of the form.
        model_details: What the model is.
        model_parameters: How it is built, and what goes in and comes out.
        quantitative_analysis: How good it is.
        considerations: What to consider before it is used.
    """

    schema_version: Literal["0.0.2"] = "0.0.2"
    model_details: ModelDetails
    model_parameters: ModelParameters
    quantitative_analysis: QuantitativeAnalysis
    considerations: Considerations


MODEL_CARD_DOCUMENT = TypeAdapter(ModelCardDocument)
