"""Looks at the model configuration file again and again, as --model_config_file_poll_wait_seconds.

Like TensorFlow Serving it puts the file into force at every look, changed or not: a label that was
refused, because its version was not available yet, is accepted as soon as it is.
"""

import logging
import os
import threading
from collections.abc import Callable

from tensorflow_serving.config import model_server_config_pb2

from serving.errors import ServingError
from serving.server.model_config import read_model_config_file

_log = logging.getLogger(__name__)


class ConfigPoller:
    """A thread that reads one file, from its start until it is stopped."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        wait_s: float,
        apply: Callable[[model_server_config_pb2.ModelServerConfig], object],
    ) -> None:
        """Prepares it.

        Args:
            path: The file.
            wait_s: Seconds between two looks.
            apply: Puts a configuration into force; may refuse it with a ServingError, which is
                logged, once.
        """
        self._path = path
        self._wait_s = wait_s
        self._apply = apply
        self._last_error = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model config", daemon=True)

    def start(self) -> None:
        """Starts to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it, started or not."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._wait_s):
            error = ""
            try:
                self._apply(read_model_config_file(self._path))
            except ServingError as refusal:
                error = str(refusal)
            if error and error != self._last_error:
                _log.error("%s is not put into force: %s", self._path, error)
            self._last_error = error
