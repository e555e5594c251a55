"""Marks tests that compile for Kubeflow, or start steps as its containers do."""

from importlib.util import find_spec

import pytest

needs_kfp = pytest.mark.skipif(
    find_spec("kfp") is None, reason="kfp is not installed: make test EXTRAS=kubeflow"
)
