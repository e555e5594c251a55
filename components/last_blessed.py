"""Resolves the model that a candidate is compared with."""

from typing import Any

from tfx import v1 as tfx


class LastBlessedOther(tfx.dsl.experimental.ResolverStrategy):
    """The model that was blessed last, other than the candidate itself.

    TFX's LatestBlessedModelStrategy returns the candidate once it is blessed: the second of two
    identical runs would compare it with itself, and nothing after it could be cached.
    """

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, Any]:
        """Picks the model.

        Args:
            store: Of ML Metadata; not needed.
            input_dict: ``candidate``: one Model; ``model``: all Models; ``model_blessing``: all
                ModelBlessings.

        Returns:
            The same keys; ``model`` and ``model_blessing`` hold one artifact each, or none where
            no other model was blessed.
        """
        del store
        candidates = {model.id for model in input_dict["candidate"]}
        models = {model.id: model for model in input_dict["model"] if model.id not in candidates}
        # By the age of the blessing: a cached model may be judged, and blessed, once more.
        blessings = [
            blessing
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property("blessed") == 1
            and blessing.get_int_custom_property("current_model_id") in models
        ]
        last = max(blessings, key=lambda blessing: blessing.id, default=None)
        return {
            "candidate": input_dict["candidate"],
            "model": [models[last.get_int_custom_property("current_model_id")]] if last else [],
            "model_blessing": [last] if last else [],
        }
