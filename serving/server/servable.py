"""One loaded SavedModel that answers requests the way TensorFlow Serving does.

TensorFlow Serving loads with the v1 loader into a session. A SavedModel can give right answers
through ``tf.saved_model.load`` and still fail there (a Keras 3 model saved without
``ExportArchive`` loses its variables), so whatever stands in for the server, or checks a model
before it is pushed, has to load it like this.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server import signature_check
from serving.server.session_options import SessionOptions

DEFAULT_SIGNATURE = "serving_default"
INIT_OP_SIGNATURE = "__saved_model_init_op"


class Servable:
    """A SavedModel in a session of its own. Threads may call ``predict`` at the same time.

    Example:
        with Servable.load("serving_models/mask/3", version=3) as servable:
            masks = servable.predict({"image_bytes": np.array([jpeg], dtype=object)})
    """

    def __init__(
        self,
        session: tf.compat.v1.Session,
        meta_graph: meta_graph_pb2.MetaGraphDef,
        version: int,
    ) -> None:
        """Wraps a session that ``load`` has filled; use ``load``.

        Args:
            session: The session that holds the restored graph.
            meta_graph: The part of the SavedModel tagged "serve".
            version: The number this model is served under.
        """
        self.version = version
        self._session = session
        self._signature_defs = dict(meta_graph.signature_def)
        self._steps: dict[tuple[tuple[str, ...], tuple[str, ...]], Callable[..., list[Any]]] = {}
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        version: int = 0,
        options: SessionOptions | None = None,
    ) -> "Servable":
        """Loads a SavedModel directory.

        Args:
            path: The directory that holds ``saved_model.pb``.
            version: The number to serve it under.
            options: Threads and devices; TensorFlow's defaults if absent.

        Returns:
            The loaded model. Close it, or use it as a context manager.

        Raises:
            ServingError: NOT_FOUND if the directory holds no SavedModel, DATA_LOSS or the
                runtime's own status if it cannot be loaded.
        """
        directory = Path(path)
        if not any((directory / f"saved_model.{kind}").is_file() for kind in ("pb", "pbtxt")):
            raise ServingError(
                StatusCode.NOT_FOUND,
                "Could not find SavedModel .pb or .pbtxt at supplied export directory path: "
                f"{directory}. Check that the directory exists and that you have the right "
                "permissions for accessing it.",
            )
        config = _session_config(options or SessionOptions())
        session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        try:
            meta_graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(directory))
        except tf.errors.OpError as error:
            session.close()
            raise _from_runtime(error) from error
        except Exception as error:
            # The loader meets damage with OSError, RuntimeError, ValueError, KeyError and more.
            session.close()
            raise ServingError(
                StatusCode.DATA_LOSS, f"Cannot load the SavedModel in {directory}: {error}"
            ) from error
        return cls(session, meta_graph, version)

    @property
    def signatures(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        """The signatures a request can name."""
        return {
            name: signature
            for name, signature in self._signature_defs.items()
            if name != INIT_OP_SIGNATURE
        }

    @property
    def signature_defs(self) -> dict[str, meta_graph_pb2.SignatureDef]:
        """Every signature that GetModelMetadata shows: the SavedModel's initialiser too."""
        return dict(self._signature_defs)

    def predict(
        self,
        inputs: Mapping[str, np.ndarray],
        signature_name: str = DEFAULT_SIGNATURE,
        output_filter: Sequence[str] = (),
    ) -> dict[str, np.ndarray]:
        """Runs one signature.

        Args:
            inputs: An array for each input of the signature; strings as bytes, in an array of
                dtype object.
            signature_name: The signature to run.
            output_filter: The outputs wanted; all of them if empty.

        Returns:
            An array for each output wanted; strings as bytes, in an array of dtype object.

        Raises:
            ServingError: With the code and the text that TensorFlow Serving answers:
                FAILED_PRECONDITION for an unknown signature, INVALID_ARGUMENT for inputs or
                outputs that do not fit it, and the runtime's own status for all else.
        """
        signature = self.signatures.get(signature_name)
        if signature is None:
            raise ServingError(
                StatusCode.FAILED_PRECONDITION,
                f'Serving signature key "{signature_name}" not found.',
            )
        feeds = signature_check.feeds(signature, inputs)
        fetches = signature_check.fetches(signature, output_filter)
        # Sorted, and each once: two aliases may share a tensor.
        feed_names, fetch_names = sorted(feeds), sorted(set(fetches.values()))
        try:
            step = self._step(tuple(feed_names), tuple(fetch_names))
            fetched = dict(zip(fetch_names, step(*map(feeds.get, feed_names)), strict=True))
        except tf.errors.OpError as error:
            raise _from_runtime(error) from error
        except UnicodeDecodeError as error:
            # The runtime quotes the input, and its bytes are no text; then no OpError is made.
            text = error.object.decode(errors="replace")
            raise ServingError(StatusCode.INVALID_ARGUMENT, text) from error
        # A scalar comes back as a bare value; given its dtype, a string keeps trailing zero bytes.
        return {
            alias: np.asarray(
                fetched[tensor_name],
                dtype=tf.as_dtype(signature.outputs[alias].dtype).as_numpy_dtype,
            )
            for alias, tensor_name in fetches.items()
        }

    def close(self) -> None:
        """Frees the session. Call it when no ``predict`` is running; a later ``predict`` raises."""
        with self._lock:
            self._closed = True
            self._steps.clear()
            self._session.close()

    def __enter__(self) -> "Servable":
        """Returns the servable itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        self.close()

    def _step(
        self, feed_names: tuple[str, ...], fetch_names: tuple[str, ...]
    ) -> Callable[..., list[Any]]:
        """Returns the prepared step from these tensors to those, called with one array per feed.

        ``Session.run`` would hold shapes against the placeholders, which TensorFlow Serving does
        not, and add Python's own lines to error texts. A callable does neither, and costs a fifth.
        It has no public name; Keras was built on it for years.
        """
        with self._lock:
            if self._closed:
                raise ServingError(
                    StatusCode.FAILED_PRECONDITION, f"Version {self.version} is closed."
                )
            key = feed_names, fetch_names
            if key not in self._steps:
                self._steps[key] = self._session._make_callable_from_options(
                    config_pb2.CallableOptions(feed=feed_names, fetch=fetch_names)
                )
            return self._steps[key]


def _session_config(options: SessionOptions) -> config_pb2.ConfigProto:
    return config_pb2.ConfigProto(
        intra_op_parallelism_threads=options.intra_op_threads,
        inter_op_parallelism_threads=options.inter_op_threads,
        device_count={"GPU": 0} if options.cpu_only else {},
        # Beside a trainer, a server must not take all of a GPU's memory at once.
        gpu_options=config_pb2.GPUOptions(allow_growth=True),
    )


def _from_runtime(error: tf.errors.OpError) -> ServingError:
    return ServingError(StatusCode(error.error_code), error.message)
