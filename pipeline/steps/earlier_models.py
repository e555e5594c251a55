"""What earlier runs left that this one starts from or is compared with.

How it is found differs: on one machine resolvers look into ML Metadata; Kubeflow Pipelines runs no
resolver of ours, so that there it is looked up before the run and imported.
"""

import abc
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EarlierModel:
    """A model of an earlier run, if there is one.

    Attributes:
        nodes: What has to be in the pipeline to find it.
        model: Channel of at most one Model.
        statistics: Channel of at most one PhotographStatistics, those of the photographs that the
            model was fitted on; None where nobody asked for them.
    """

    nodes: tuple[Any, ...]
    model: Any
    statistics: Any = None


class EarlierModels(abc.ABC):
    """Finds models of earlier runs."""

    @abc.abstractmethod
    def blessed_with_statistics(self, examples: Any) -> EarlierModel:
        """Returns the last blessed mask model that was fitted on other photographs.

        Args:
            examples: Channel of this run's raw examples.
        """

    @abc.abstractmethod
    def base_model(self, examples: Any) -> EarlierModel:
        """Returns the model that a warm start begins with: blessed, of other photographs.

        Args:
            examples: Channel of this run's raw examples.
        """

    @abc.abstractmethod
    def last_blessed(self, candidate: Any) -> EarlierModel:
        """Returns the blessed mask model that a candidate must not be worse than.

        Args:
            candidate: Channel of this run's U-Net.
        """

    @abc.abstractmethod
    def last_blessed_make(self, candidate: Any) -> EarlierModel:
        """Returns the same for the make classifier.

        Args:
            candidate: Channel of this run's make classifier.
        """
