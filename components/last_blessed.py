"""Resolves the model that a candidate is compared with."""

from typing import Any

from tfx import v1 as tfx

from components.withdrawn_models import withdrawn_models


class LastBlessedOther(tfx.dsl.experimental.ResolverStrategy):
    """The model that was blessed last, other than the candidate itself.

    TFX's LatestBlessedModelStrategy returns the candidate once it is blessed: the second of two
    identical runs would compare it with itself, and nothing after it could be cached. And it takes
    a model that its server then rejected: nothing could be pushed any more that is not better than
    a model which cannot be served. And it knows nothing of a rollback: a candidate would be held to
    a model that was taken back, and start from its weights.

    Where several kinds of models lie in one store, the channels name who made them
    (``producer_component_id``): it cannot be told from an artifact.
    """

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, Any]:
        """Picks the model.

        Args:
            store: Of ML Metadata; knows what was pushed where.
            input_dict: ``candidate``: one Model; ``model``: all Models of its kind;
                ``model_blessing``: all ModelBlessings of their gate; ``infra_blessing``, where they
                are checked in a server: all InfraBlessings of that check.

        Returns:
            The same keys; ``model`` and ``model_blessing`` hold one artifact each, or none where
            no other model was blessed and not withdrawn; ``infra_blessing`` none.
        """
        passed_over = {model.id for model in input_dict["candidate"]} | withdrawn_models(store)
        passed_over |= _rejected_by_their_server(input_dict.get("infra_blessing", []))
        models = {model.id: model for model in input_dict["model"] if model.id not in passed_over}
        # By the age of the blessing: a cached model may be judged, and blessed, once more.
        blessings = [
            blessing
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property("blessed") == 1
            and blessing.get_int_custom_property("current_model_id") in models
        ]
        last = max(blessings, key=lambda blessing: blessing.id, default=None)
        resolved = {
            "candidate": input_dict["candidate"],
            "model": [models[last.get_int_custom_property("current_model_id")]] if last else [],
            "model_blessing": [last] if last else [],
            "infra_blessing": [],
        }
        return {key: found for key, found in resolved.items() if key in input_dict}


def _rejected_by_their_server(infra_blessings: list[Any]) -> set[int]:
    """Returns the ids of the models whose last check in a server failed.

    A model without one was pushed before there was such a check.
    """
    last = {
        blessing.get_int_custom_property("current_model_id"): blessing
        for blessing in sorted(infra_blessings, key=lambda each: each.id)
        if blessing.get_int_custom_property("checked") == 1
    }
    return {model for model, each in last.items() if each.get_int_custom_property("blessed") != 1}
