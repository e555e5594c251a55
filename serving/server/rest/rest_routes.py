"""Which request of TensorFlow Serving's REST interface an HTTP method and target stand for.

The patterns are those of the real router: they ignore case, the query string is a part of the
target, and the names are percent-decoded only after the match. Two things follow from its source
that one would not guess: ``:PREDICT`` matches and is then not known, and ``/METADATA`` is answered
with the status.
"""

import re
import urllib.parse
from dataclasses import dataclass
from typing import Literal

from serving.server.model_request import ModelRequest

_MODEL = r"/v1/models{name}(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(
    _MODEL.format(name=r"/(?P<name>[^/:]+)") + r":(?P<method>classify|regress|predict)",
    re.IGNORECASE | re.ASCII,
)
_GET = re.compile(
    _MODEL.format(name=r"(?:/(?P<name>[^/:]+))?") + r"(?:/(?P<method>metadata))?",
    re.IGNORECASE | re.ASCII,
)
_LARGEST_VERSION = 2**63 - 1

Action = Literal[
    "classify", "regress", "predict", "metadata", "status", "malformed", "version too large"
]


@dataclass(frozen=True)
class RestRequest:
    """What a client asks for.

    Attributes:
        action: What to do.
        model: The model asked for; its name is empty if the target has none.
    """

    action: Action
    model: ModelRequest

    @property
    def method(self) -> str:
        """What the metrics call it: empty unless it is a prediction."""
        return self.action if self.action in ("classify", "regress", "predict") else ""


def is_api(target: str) -> bool:
    """Tells whether a target belongs to the REST interface at all."""
    return target[:4].lower() == "/v1/"


def route(http_method: str, target: str) -> RestRequest:
    """Finds out what a request asks for.

    Args:
        http_method: Such as GET, in capitals.
        target: The path as it was sent, with the query string if there is one.

    Returns:
        The request; "malformed" if method and target stand for nothing.
    """
    pattern = {"POST": _POST, "GET": _GET}.get(http_method)
    match = pattern.fullmatch(target) if pattern is not None else None
    if match is None:
        return RestRequest("malformed", ModelRequest(""))
    name = _decoded(match["name"] or "")
    digits = (match["version"] or "").lstrip("0")
    # Their number first: Python refuses to read very long ones.
    if len(digits) > len(str(_LARGEST_VERSION)) or int(digits or 0) > _LARGEST_VERSION:
        return RestRequest("version too large", ModelRequest(name))
    model = ModelRequest(
        name=name,
        version=int(digits or 0) if match["version"] else None,
        label=_decoded(match["label"]) if match["label"] else None,
    )
    return RestRequest(_action(http_method, match["method"]), model)


def _action(http_method: str, method: str | None) -> Action:
    if http_method == "GET":
        return "metadata" if method == "metadata" else "status"
    actions: dict[str | None, Action] = {
        "classify": "classify",
        "regress": "regress",
        "predict": "predict",
    }
    return actions.get(method, "malformed")


def _decoded(name: str) -> str:
    return urllib.parse.unquote(name, errors="surrogateescape")
