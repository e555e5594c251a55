"""Names for versions, such as "stable" and "canary", which the configuration points at numbers."""

from collections.abc import Callable, Iterable, Mapping

from serving.errors import ServingError, StatusCode
from serving.server.model_config import ModelConfig


class VersionLabels:
    """The labels of all models at one time. It never changes: a new configuration makes a new one.

    The texts, and the order of the rules, are those of TensorFlow Serving's ``server_core.cc``.
    """

    def __init__(self, labels: Mapping[str, Mapping[str, int]] | None = None) -> None:
        """Keeps labels.

        Args:
            labels: Version numbers by label, by model.
        """
        self._labels = labels or {}

    def resolve(self, model_name: str, label: str) -> int:
        """Returns the version a label points at.

        Raises:
            ServingError: INVALID_ARGUMENT if the model has no such label.
        """
        version = self._labels.get(model_name, {}).get(label)
        if version is None:
            raise ServingError(
                StatusCode.INVALID_ARGUMENT, f"Unrecognized servable version label: {label}"
            )
        return version

    def replaced(
        self,
        models: Iterable[ModelConfig],
        is_available: Callable[[str, int], bool],
        *,
        allow_unavailable: bool = False,
    ) -> "VersionLabels":
        """Returns the labels of a new configuration.

        Args:
            models: The models of that configuration.
            is_available: Tells whether a version of a model can be asked.
            allow_unavailable: Let a label be given to a version that is not available, unless the
                label points at another version now.

        Returns:
            The new labels.

        Raises:
            ServingError: FAILED_PRECONDITION for a version that is not available.
        """
        labels = {model.name: dict(model.labels) for model in models}
        for name, versions in labels.items():
            for label, version in versions.items():
                old = self._labels.get(name, {}).get(label)
                is_free = allow_unavailable and old in (None, version)
                if not is_free and not is_available(name, version):
                    raise ServingError(
                        StatusCode.FAILED_PRECONDITION,
                        f"Request to assign label to version {version} of model {name}, which is "
                        "not currently available for inference",
                    )
        return VersionLabels(labels)
