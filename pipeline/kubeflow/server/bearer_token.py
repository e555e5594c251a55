"""Finds the token with which a Kubeflow Pipelines server lets one in."""

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.kubeflow.server.refused import KubeflowRefused

# The token itself.
TOKEN_VARIABLE = "STUDIO_MASK_KUBEFLOW_TOKEN"
# A file that holds it: what Kubeflow sets in its notebooks and in pods that may use pipelines.
TOKEN_PATH_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"


def bearer_token(file: Path | None, environ: Mapping[str, str] = os.environ) -> str | None:
    """Returns the token, or None if there is none.

    Args:
        file: That holds the token and nothing else; None to look into the environment.
        environ: The environment.

    Raises:
        KubeflowRefused: If the file cannot be read or holds no token.
    """
    if file is None and environ.get(TOKEN_VARIABLE):
        return _checked(environ[TOKEN_VARIABLE], f"${TOKEN_VARIABLE}")
    if file is None and environ.get(TOKEN_PATH_VARIABLE):
        file = Path(environ[TOKEN_PATH_VARIABLE])
    if file is None:
        return None
    try:
        text = file.read_text()
    except OSError as error:
        raise KubeflowRefused(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise KubeflowRefused(f"{file} holds no token: it is not text") from error
    return _checked(text, str(file))


def _checked(text: str, place: str) -> str:
    token = text.strip()
    if not token or not token.isascii() or any(sign.isspace() for sign in token):
        raise KubeflowRefused(f"{place} holds no token: one word is wanted")
    return token
