"""Which models a server has at this moment: one configuration put into force after the other."""

import dataclasses
import threading
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from tensorflow_serving.config import model_server_config_pb2

from serving.errors import ServingError, StatusCode
from serving.server.model_config import ModelConfig, model_configs
from serving.server.model_request import ModelRequest
from serving.server.predictor import Predictor
from serving.server.versions.version_labels import VersionLabels
from serving.server.versions.version_manager import VersionManager
from serving.server.versions.version_table import not_found
from serving.version_status import VersionStatus


class ModelRegistry:
    """The models by name, each with its manager, and their labels.

    A model that is not served any more keeps its manager: its versions stay in the statuses, and it
    may come back.
    """

    def __init__(
        self,
        new_manager: Callable[[str], VersionManager],
        *,
        allow_labels_for_unavailable: bool = False,
    ) -> None:
        """Makes a registry without models.

        Args:
            new_manager: Makes the manager of a model, by its name.
            allow_labels_for_unavailable: Let a new label be given to a version that is not
                available.
        """
        self._new_manager = new_manager
        self._allow_labels_for_unavailable = allow_labels_for_unavailable
        self._managers: dict[str, VersionManager] = {}
        self._models: dict[str, ModelConfig] = {}
        self._labels = VersionLabels()
        self._has_config = False
        self._is_closed = False
        self._applying = threading.Lock()

    def apply(self, config: model_server_config_pb2.ModelServerConfig) -> set[str]:
        """Serves these models from now on, without waiting for the new ones.

        Args:
            config: The models.

        Returns:
            The names of the models that were not served before.

        Raises:
            ServingError: The configuration cannot be, and nothing has changed.
        """
        with self._applying:
            if self._is_closed:
                raise ServingError(StatusCode.CANCELLED, "The server is stopping.")
            if config.WhichOneof("config") is None:
                if self._has_config:
                    raise ServingError(
                        StatusCode.FAILED_PRECONDITION,
                        "Cannot transition to requested config. It is only legal to transition "
                        "from one ModelConfigList to another.",
                    )
                return set()
            models = model_configs(config, self._models)
            self._labels = self._labels.replaced(
                models.values(),
                self._is_available,
                allow_unavailable=self._allow_labels_for_unavailable,
            )
            added = models.keys() - self._models.keys()
            self._models, self._has_config = models, True
            for name in models.keys() - self._managers.keys():
                self._managers[name] = self._new_manager(name)
            for name, manager in self._managers.items():
                model = models.get(name)
                # A label is no reason to look for versions.
                manager.configure(dataclasses.replace(model, labels={}) if model else None)
            return added

    def close(self) -> None:
        """Waits until every borrowed version is given back, and frees them all."""
        with self._applying:
            self._is_closed = True
            managers = list(self._managers.values())
        for manager in managers:
            manager.configure(None)
        for manager in managers:
            manager.join()

    def borrow(self, request: ModelRequest) -> AbstractContextManager[Predictor]:
        """Lends a version; see ``ServedModels.borrow``."""
        if request.label is not None:
            version = self._labels.resolve(request.name, request.label)
            request = ModelRequest(request.name, version)
        manager = self._managers.get(request.name)
        if manager is None:
            raise not_found(request)
        return manager.table.borrow(request.version)

    def statuses(self, model_name: str) -> list[VersionStatus]:
        """Tells where every version of a model seen so far is; empty for an unknown model."""
        manager = self._managers.get(model_name)
        return manager.table.statuses() if manager is not None else []

    def pending(self, names: Collection[str]) -> list[str]:
        """Returns which of these models are still to become available, in alphabetical order."""
        return [
            name
            for name in sorted(names)
            if name in self._models
            and not self._managers[name].table.available()
            and not self._managers[name].failures()
        ]

    def leaving(self) -> bool:
        """Tells whether a model that is not served any more can still be asked."""
        return any(
            name not in self._models and manager.table.available()
            for name, manager in self._managers.items()
        )

    def failures(self, names: Collection[str]) -> dict[tuple[str, int], ServingError]:
        """Returns why these models are not available, by name and version."""
        return {
            (name, version): error
            for name in sorted(names)
            for version, error in self._managers[name].failures().items()
        }

    def why_late(self, name: str) -> str:
        """Describes where a model was looked for, and what happened last."""
        error = self._managers[name].last_error()
        last = f" The last try to load one ended with {error}" if error else ""
        return f"from {self._models[name].base_path}.{last}"

    def _is_available(self, name: str, version: int) -> bool:
        manager = self._managers.get(name)
        return manager is not None and version in manager.table.available()
