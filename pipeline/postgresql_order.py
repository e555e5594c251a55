"""Lets ML Metadata answer in the order it was asked in, in PostgreSQL.

TFX asks for the artifacts of a cached step by their ids, and matches the answer with the step's
outputs by its order. SQLite and MySQL keep that of the ids in an index. PostgreSQL promises none,
and moves a row that was changed: the outputs of a cached Transform were seen exchanged, and the
next step found no examples.
"""

from collections.abc import Iterable
from typing import Any

from google.protobuf import message

# The ids that a request names, and what answers it.
_ASKED = {
    "GetArtifactsByID": ("artifact_ids", "artifacts"),
    "GetExecutionsByID": ("execution_ids", "executions"),
    "GetContextsByID": ("context_ids", "contexts"),
}


def put_in_order(method: str, request: message.Message, response: message.Message) -> None:
    """Puts the answer to a request for ids in the order of the ids, in place.

    Args:
        method: Of ML Metadata's service; others than those for ids are left alone.
        request: What was asked.
        response: What came; something that was not asked for comes last.
    """
    if method not in _ASKED:
        return
    ids, found = _ASKED[method]
    place = _places(getattr(request, ids))
    answer = getattr(response, found)
    in_order = sorted(answer, key=lambda each: place.get(each.id, len(place)))
    copies: list[Any] = [type(each).FromString(each.SerializeToString()) for each in in_order]
    del answer[:]
    answer.extend(copies)


def _places(ids: Iterable[int]) -> dict[int, int]:
    return {identity: place for place, identity in enumerate(ids)}
