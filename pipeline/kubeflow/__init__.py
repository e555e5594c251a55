"""The pipeline on Kubeflow Pipelines v2: what compiles it, and what its containers run."""
