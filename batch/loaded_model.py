"""Loads a model for a batch run, through the loader that TensorFlow Serving uses."""

import numpy as np

from batch.batch_failed import BatchFailed
from serving.errors import ServingError, StatusCode
from serving.server.servable import Servable
from trainer.signatures import IMAGE_BYTES


def load_model(path: str) -> Servable:
    """Loads a SavedModel.

    Args:
        path: The version directory.

    Raises:
        BatchFailed: If it cannot be loaded.
    """
    try:
        return Servable.load(path)
    except ServingError as error:
        raise BatchFailed(f"{path} cannot be loaded: {_one_line(error.message)}") from error


def ask(model: Servable, signature: str, output: str, photographs: list[bytes]) -> np.ndarray:
    """Runs a signature on a batch.

    Args:
        model: A loaded model.
        signature: Of it.
        output: Of the signature.
        photographs: JPEG or PNG files.

    Returns:
        The output, [N, ...].

    Raises:
        ServingError: INVALID_ARGUMENT if a photograph of the batch is refused.
        BatchFailed: With any other status: it is not the photographs' fault.
    """
    try:
        return model.predict({IMAGE_BYTES: np.array(photographs, dtype=object)}, signature)[output]
    except ServingError as error:
        if error.code is StatusCode.INVALID_ARGUMENT:
            raise
        raise BatchFailed(f"the model stopped with {_one_line(str(error))}") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())
