"""The one error of handing a pipeline to Kubeflow."""


class KubeflowRefused(Exception):
    """Kubeflow Pipelines did not take the pipeline; the message is one line for the user."""
