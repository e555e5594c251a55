"""Says how to get what an installation without the extra for Kubeflow lacks.

TFX 1.21's own extra exists only below Python 3.12, so that the usual installation has none.
"""

from importlib.util import find_spec

# TFX compiles with it, and starts steps in containers with it.
_PACKAGE = "kfp"


class MissingKubeflow(ValueError):
    """The library for Kubeflow is not installed; the text is one line for the user."""


def check_kubeflow() -> None:
    """Looks for the library without importing it.

    Raises:
        MissingKubeflow: If it is not installed.
    """
    if find_spec(_PACKAGE) is None:
        raise MissingKubeflow(
            f"Kubeflow needs {_PACKAGE}, which is not installed: make run EXTRAS=kubeflow, or "
            "pip install '.[kubeflow]' in the checkout, with Python 3.10 or 3.11"
        )
