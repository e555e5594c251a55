"""One loaded SavedModel that answers requests the way TensorFlow Serving does.

TensorFlow Serving loads with the v1 loader into a session. A SavedModel can give right answers
through ``tf.saved_model.load`` and still fail there (a Keras 3 model saved without
``ExportArchive`` loses its variables), so whatever stands in for the server, or checks a model
before it is pushed, has to load it like this.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server import signature_check
from serving.server.session_options import SessionOptions
from serving.server.session_runner import SessionRunner, from_runtime

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
            meta_graph: The part of the SavedModel that was loaded.
            version: The number this model is served under.
        """
        self.version = version
        self._runner = SessionRunner(session)
        self._signature_defs = dict(meta_graph.signature_def)
        self._is_closed = False

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
        options = options or SessionOptions()
        session = tf.compat.v1.Session(graph=tf.Graph(), config=_session_config(options))
        try:
            meta_graph = tf.compat.v1.saved_model.loader.load(
                session, list(options.saved_model_tags), str(directory)
            )
        except tf.errors.OpError as error:
            session.close()
            raise from_runtime(error) from error
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
        timeout_s: float | None = None,
    ) -> dict[str, np.ndarray]:
        """Runs one signature.

        Args:
            inputs: An array for each input of the signature; strings as bytes, in an array of
                dtype object.
            signature_name: The signature to run.
            output_filter: The outputs wanted; all of them if empty.
            timeout_s: Stop after so many seconds, at the next operation. Inputs of a shape that
                is not the signature's run without a limit.

        Returns:
            An array for each output wanted; strings as bytes, in an array of dtype object.

        Raises:
            ServingError: With the code and the text that TensorFlow Serving answers:
                FAILED_PRECONDITION for an unknown signature, INVALID_ARGUMENT for inputs or
                outputs that do not fit it, DEADLINE_EXCEEDED after ``timeout_s``, and the
                runtime's own status for all else.
        """
        signature = self.signatures.get(signature_name)
        if signature is None:
            raise ServingError(
                StatusCode.FAILED_PRECONDITION,
                f'Serving signature key "{signature_name}" not found.',
            )
        feeds = signature_check.feeds(signature, inputs)
        fetches = signature_check.fetches(signature, output_filter)
        if self._is_closed:
            raise ServingError(StatusCode.FAILED_PRECONDITION, f"Version {self.version} is closed.")
        # Each once: two aliases may share a tensor.
        fetched = self._runner.run(feeds, sorted(set(fetches.values())), timeout_s)
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
        self._is_closed = True
        self._runner.close()

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


def _session_config(options: SessionOptions) -> config_pb2.ConfigProto:
    config = config_pb2.ConfigProto()
    if options.config is not None:
        config.CopyFrom(options.config)
    if options.intra_op_threads:
        config.intra_op_parallelism_threads = options.intra_op_threads
    if options.inter_op_threads:
        config.inter_op_parallelism_threads = options.inter_op_threads
    if options.cpu_only:
        config.device_count["GPU"] = 0
    if options.per_process_gpu_memory_fraction:
        fraction = options.per_process_gpu_memory_fraction
        config.gpu_options.per_process_gpu_memory_fraction = fraction
    else:
        # Beside a trainer, a server must not take all of a GPU's memory at once.
        config.gpu_options.allow_growth = True
    return config
