"""What is on the screen of a process that imports TensorFlow."""

import os
import subprocess
import sys

_PROGRAM = """
import sys
from serving.quiet import import_tensorflow, silence_libraries
silence_libraries()
import_tensorflow()
import tensorflow as tf
print(int(tf.constant(1) + 1))
print("heard", file=sys.stderr or sys.stdout)
"""


def _run(*command, **variables):
    """Runs the program above as a user has it; returns what it says on stdout and stderr."""
    chatty = ("TF_CPP_MIN_LOG_LEVEL", "GRPC_VERBOSITY")
    environment = {name: value for name, value in os.environ.items() if name not in chatty}
    done = subprocess.run(
        [*command, sys.executable, "-c", _PROGRAM],
        check=True,
        capture_output=True,
        text=True,
        env=environment | variables,
    )
    return done.stdout, done.stderr


def test_only_the_libraries_are_silent():
    assert _run() == ("2\n", "heard\n")


def test_whoever_sets_the_variable_hears_them():
    out, err = _run(TF_CPP_MIN_LOG_LEVEL="0")
    assert out == "2\n"
    assert "oneDNN custom operations are on" in err
    assert err.endswith("\nheard\n")


def test_without_stderr():
    assert _run("sh", "-c", 'exec "$0" "$@" 2>&-') == ("2\nheard\n", "")
