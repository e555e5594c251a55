"""Resolves what a run's photographs are compared with."""

from typing import Any

from tfx import v1 as tfx

from components.last_blessed_of_other_data import LastBlessedOfOtherData, ancestors, parents


class LastBlessedStatistics(tfx.dsl.experimental.ResolverStrategy):
    """The PhotographStatistics of the examples that the last blessed model was fitted on.

    Of other examples than this run's, for the reason that LastBlessedOfOtherData gives: the second
    of two identical runs would find its own photographs, and nothing after it would be cached.
    """

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, Any]:
        """Picks model and statistics.

        Args:
            store: Of ML Metadata; knows which examples a model came from.
            input_dict: ``examples``: the raw examples of this run; ``model``: all Models of the
                U-Net's Trainer; ``model_blessing``: all ModelBlessings; ``infra_blessing``: all
                InfraBlessings; ``statistics``: all PhotographStatistics.

        Returns:
            The same keys. ``model`` and ``model_blessing`` hold one artifact each, or none where no
            model of other examples was blessed. ``statistics`` holds the newest that were made of
            that model's examples; none where there are none, as for a model that is older than
            such statistics.
        """
        inputs = dict(input_dict)
        statistics = inputs.pop("statistics")
        resolved = LastBlessedOfOtherData().resolve_artifacts(store, inputs)
        of_model: list[Any] = []
        for model in resolved["model"]:
            made_of = ancestors(store, model.id)
            of_model = [each for each in statistics if made_of & parents(store, {each.id})]
        newest = max(of_model, key=lambda each: each.id, default=None)
        return {**resolved, "statistics": [newest] if newest is not None else []}
