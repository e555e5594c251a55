"""Runs steps of a TensorFlow session with a time limit, and with the runtime's own error texts."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

from serving.errors import ServingError, StatusCode


class SessionRunner:
    """Runs a session for several threads at the same time."""

    def __init__(self, session: tf.compat.v1.Session) -> None:
        """Takes over a session whose graph is complete."""
        self._session = session
        self._shapeless: dict[tuple[tuple[str, ...], ...], Callable[..., list[Any]]] = {}
        self._lock = threading.Lock()

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        fetches: Sequence[str],
        timeout_s: float | None = None,
    ) -> dict[str, Any]:
        """Runs one step.

        Args:
            feeds: What to feed, by tensor name, in the dtypes of the tensors.
            fetches: The names of the tensors wanted, each once.
            timeout_s: Stop the step after so many seconds, at its next operation.

        Returns:
            The values by tensor name: arrays, or bare values for scalars.

        Raises:
            ServingError: With the runtime's status and text; DEADLINE_EXCEEDED after ``timeout_s``.
        """
        try:
            if self._shapes_fit(feeds):
                # None is no limit; 0 would be none either.
                limit_ms = None if timeout_s is None else max(1, round(1000 * timeout_s))
                options = config_pb2.RunOptions(timeout_in_ms=limit_ms)
                values = self._session.run(list(fetches), dict(feeds), options=options)
            else:
                values = self._run_shapeless(feeds, fetches)
        except tf.errors.OpError as error:
            raise from_runtime(error) from error
        except UnicodeDecodeError as error:
            # The runtime quotes the input, and its bytes are no text; then no OpError is made.
            text = error.object.decode(errors="replace")
            raise ServingError(StatusCode.INVALID_ARGUMENT, text) from error
        return dict(zip(fetches, values, strict=True))

    def close(self) -> None:
        """Frees the session."""
        with self._lock:
            self._shapeless.clear()
            self._session.close()

    def _shapes_fit(self, feeds: Mapping[str, np.ndarray]) -> bool:
        graph = self._session.graph
        return all(
            graph.get_tensor_by_name(name).shape.is_compatible_with(array.shape)
            for name, array in feeds.items()
        )

    def _run_shapeless(self, feeds: Mapping[str, np.ndarray], fetches: Sequence[str]) -> list[Any]:
        """Runs a step whose shapes ``Session.run`` would hold against the placeholders.

        TensorFlow Serving does not, and neither does a callable. It takes no time limit, and has no
        public name; Keras was built on it for years.
        """
        names = tuple(sorted(feeds))
        key = names, tuple(fetches)
        with self._lock:
            if key not in self._shapeless:
                self._shapeless[key] = self._session._make_callable_from_options(
                    config_pb2.CallableOptions(feed=names, fetch=fetches)
                )
            step = self._shapeless[key]
        return step(*(feeds[name] for name in names))


def from_runtime(error: tf.errors.OpError) -> ServingError:
    """Returns a runtime's error with the text it had in the runtime.

    Args:
        error: What TensorFlow raised. ``Session.run`` adds Python's own lines to the text, while it
            handles the error that the runtime gave it.

    Returns:
        The same status, with the text that TensorFlow Serving would send.
    """
    original = error.__context__
    if isinstance(original, tf.errors.OpError) and original.error_code == error.error_code:
        error = original
    return ServingError(StatusCode(error.error_code), error.message)
