"""Serving: the client, the command line, and a model server that needs no TensorFlow Serving.

In production ``tensorflow_model_server`` loads what the pipeline pushes. This package holds what
stands around it: clients of its gRPC and REST interfaces, the ``studio-mask`` command, and
``EmbeddedServer``, which answers the same requests from Python, with the same statuses and texts.
Nothing is imported before it is asked for, so that ``studio-mask --help`` does not wait for
TensorFlow, nor for gRPC.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.client.async_mask_client import AsyncMaskClient
    from serving.client.mask_client import MaskClient
    from serving.client.tls import Tls

__all__ = ["AsyncMaskClient", "MaskClient", "Tls"]

_MODULES = {
    "AsyncMaskClient": "serving.client.async_mask_client",
    "MaskClient": "serving.client.mask_client",
    "Tls": "serving.client.tls",
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """Returns the names that can be asked for, too."""
    return sorted({*globals(), *__all__})
