"""Keeps the screen for what the user needs: library chatter goes nowhere.

TensorFlow and gRPC greet, warn and count devices on stderr as soon as they are imported; at the
command line that would bury the one line that matters. Set TF_CPP_MIN_LOG_LEVEL or GRPC_VERBOSITY
to hear them again.
"""

import logging
import os
import warnings


def silence_libraries() -> None:
    """Silences TensorFlow and gRPC; call it before they are imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
