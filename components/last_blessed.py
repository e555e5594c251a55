"""Resolves the model that a candidate is compared with."""

from typing import Any

from tfx import v1 as tfx


class LastBlessedBefore(tfx.dsl.experimental.ResolverStrategy):
    """The newest blessed model that is older than the candidate.

    TFX's LatestBlessedModelStrategy returns the candidate itself once it is blessed: the second of
    two identical runs would compare it with itself, and nothing after it could be cached.
    """

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, Any]:
        """Picks the model.

        Args:
            store: Of ML Metadata; not needed.
            input_dict: ``candidate``: one Model; ``model``: all Models; ``model_blessing``: all
                ModelBlessings.

        Returns:
            The same keys; ``model`` and ``model_blessing`` hold one artifact each, or none where
            no older model was blessed.
        """
        del store
        blessings = {
            blessing.get_int_custom_property("current_model_id"): blessing
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property("blessed") == 1
        }
        newest_candidate = max((model.id for model in input_dict["candidate"]), default=0)
        older = [
            model
            for model in input_dict["model"]
            if model.id in blessings and model.id < newest_candidate
        ]
        last = max(older, key=lambda model: model.id, default=None)
        return {
            "candidate": input_dict["candidate"],
            "model": [last] if last else [],
            "model_blessing": [blessings[last.id]] if last else [],
        }
