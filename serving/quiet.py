"""Keeps the screen for what the user needs: library chatter goes nowhere.

TensorFlow and gRPC greet, warn and count devices on stderr as soon as they are imported; at the
command line that would bury the one line that matters. Set TF_CPP_MIN_LOG_LEVEL or GRPC_VERBOSITY
to hear them again.
"""

import logging
import os
import sys
import warnings

_SILENT = "3"


def silence_libraries() -> None:
    """Silences TensorFlow and gRPC; call it before they are imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", _SILENT)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


def import_tensorflow() -> None:
    """Imports TensorFlow without a word, if it is to be silent.

    TensorFlow 2.21 logs while its libraries are loaded, before they have read
    TF_CPP_MIN_LOG_LEVEL. Meanwhile nothing else can be said on stderr either.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") != _SILENT or sys.stderr is None:
        import tensorflow  # noqa: F401

        return
    screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        import tensorflow  # noqa: F401
    finally:
        os.dup2(screen, 2)
        os.close(screen)
        os.close(nowhere)
