import importlib.metadata
import sys

import tensorflow as tf

from trainer.library_versions import library_versions


def test_names_what_is_installed():
    versions = library_versions()
    assert list(versions) == ["Python", "TensorFlow", "Keras", "TFX", "studio-mask"]
    assert versions["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions["TensorFlow"] == tf.version.VERSION
    assert versions["TFX"] == importlib.metadata.version("tfx")


def test_what_is_not_installed_is_left_out(monkeypatch):
    def version(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert list(library_versions()) == ["Python", "TensorFlow", "Keras"]
