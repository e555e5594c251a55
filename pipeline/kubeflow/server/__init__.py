"""Hands compiled pipelines to a Kubeflow Pipelines server."""
