"""What a model card says that no run can know."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.config.fields import STRICT

_INTENDED_USE = (
    "Masks for studio photographs of one object each, taken as those were that the model was "
    "fitted on: the same kind of object, the same studio, distance, backdrop and light."
)
_OUT_OF_SCOPE = (
    "Other kinds of objects, photographs taken elsewhere (outdoors, in traffic, before another "
    "backdrop), several objects in one photograph, and decisions about people. A mask shows where "
    "an object is in a picture; it measures nothing and recognizes nobody."
)


@dataclass(frozen=True, config=STRICT)
class ModelCardConfig:
    """What a model card says that no run can know; docs/model_card.md.

    All of it is shown as text: nothing in it is read as markdown.

    Attributes:
        name: Of the model, for people.
        owners: Who is responsible for the model: people or teams.
        contact: Where they are reached: an address or a page.
        licence: An identifier of https://spdx.org/licenses, or a text; empty where it is not
            decided.
        dataset: What the photographs are, in a line.
        intended_use: What the model is for. An empty line begins a paragraph.
        out_of_scope: What it is not for. The same.
    """

    name: Annotated[str, Field(min_length=1)] = "studio-mask"
    owners: tuple[str, ...] = ()
    contact: str = ""
    licence: str = ""
    dataset: str = "studio photographs"
    intended_use: str = _INTENDED_USE
    out_of_scope: str = _OUT_OF_SCOPE
