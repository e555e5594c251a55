"""Compiles the pipeline: TFX's spec, and what Kubeflow needs in it."""
