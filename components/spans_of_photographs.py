"""Tells from which span each photograph of a run came.

The examples do not say it: a photograph is the same in whatever folder it arrived. They name the
folders, though, and the names in those are listed in a moment.
"""

import json
import logging
from typing import Any

from components.folder_files import UnusableFolder
from components.span_listing import list_spans
from components.spans import Span

_LOGGER = logging.getLogger(__name__)


def spans_of_photographs(examples: Any) -> dict[str, int]:
    """Returns the number of each photograph's span, by image_id.

    Args:
        examples: The artifact that PhotographExampleGen wrote; its custom property ``spans`` names
            the folders.

    Returns:
        Nothing for TFRecord files, whose ids are inside, for examples that name no folders, and
        where these are gone since.
    """
    named = examples.get_string_custom_property("spans")
    spans = [Span(**each) for each in json.loads(named)] if named else []
    if not spans:
        return {}
    try:
        photographs = list_spans(spans).photographs
    except UnusableFolder as error:
        _LOGGER.warning("which span a photograph is from is not known: %s", error)
        return {}
    return {
        photograph.image_id: span.number
        for photograph in photographs
        for span in spans
        if photograph.image_path.startswith(span.path.rstrip("/") + "/")
    }
