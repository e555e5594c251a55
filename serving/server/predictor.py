"""What can answer a request: the loaded model itself, or something around it that batches."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from tensorflow.core.protobuf import meta_graph_pb2


class Predictor(Protocol):
    """One loaded version of a model. Threads may call ``predict`` at the same time."""

    version: int

    @property
    def signatures(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        """The signatures a request can name."""
        ...

    @property
    def signature_defs(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        """Every signature that GetModelMetadata shows: the SavedModel's initialiser too."""
        ...

    def predict(
        self,
        inputs: Mapping[str, np.ndarray],
        signature_name: str = "serving_default",
        output_filter: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> dict[str, np.ndarray]:
        """Runs one signature.

        Args:
            inputs: An array for each input of the signature; strings as bytes, in an array of
                dtype object.
            signature_name: The signature to run.
            output_filter: The outputs wanted; all of them if empty.
            timeout_s: Give up after so many seconds.

        Returns:
            An array for each output wanted; strings as bytes, in an array of dtype object.

        Raises:
            ServingError: With the status and the text that TensorFlow Serving answers.
        """
        ...

    def close(self) -> None:
        """Frees the model. Call it when no ``predict`` is running; a later one raises."""
        ...
