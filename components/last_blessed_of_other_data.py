"""Resolves the model that a fit starts from."""

from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from components.last_blessed import LastBlessedOther

# Raw examples are two steps above a model: Transform and Trainer.
_STEPS = 2
_INPUTS = (metadata_store_pb2.Event.INPUT, metadata_store_pb2.Event.DECLARED_INPUT)
_OUTPUTS = (metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.DECLARED_OUTPUT)
# Of examples: which photographs they were made of. The same ones are read anew when code changed.
_FINGERPRINT = "input_fingerprint"


class LastBlessedOfOtherData(tfx.dsl.experimental.ResolverStrategy):
    """The model that was blessed last among those that were not fitted on these photographs.

    Were it simply the last blessed one, the second of two identical runs would start from the
    first's result: nothing would be cached, and a model would be fitted on the same photographs
    again and again.
    """

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, Any]:
        """Picks the model.

        Args:
            store: Of ML Metadata; knows which examples a model came from, and where it was pushed.
            input_dict: ``examples``: the raw examples of this run, whose custom property
                ``input_fingerprint`` tells their photographs; ``model``: all Models;
                ``model_blessing``: all ModelBlessings; ``infra_blessing``: all InfraBlessings.

        Returns:
            The same keys; ``model`` and ``model_blessing`` hold one artifact each, or none where
            no such model was blessed and not withdrawn; ``infra_blessing`` none.
        """
        examples = input_dict["examples"]
        ids = {artifact.id for artifact in examples}
        fingerprints = {artifact.get_string_custom_property(_FINGERPRINT) for artifact in examples}
        same = []
        for model in input_dict["model"]:
            made_of = ancestors(store, model.id)
            if ids & made_of or (fingerprints - {""}) & _fingerprints(store, made_of):
                same.append(model)
        resolved = LastBlessedOther().resolve_artifacts(store, {**input_dict, "candidate": same})
        del resolved["candidate"]
        return {"examples": examples, **resolved}


def ancestors(store: Any, artifact: int) -> set[int]:
    """Returns the ids of the artifacts that a model was made of: at most two steps above it.

    Args:
        store: Of ML Metadata.
        artifact: Id of the model.
    """
    above = parents(store, {artifact})
    found = set(above)
    for _ in range(_STEPS - 1):
        above = parents(store, above)
        found |= above
    return found


def _fingerprints(store: Any, artifacts: set[int]) -> set[str]:
    return {
        artifact.custom_properties[_FINGERPRINT].string_value
        for artifact in store.get_artifacts_by_id(list(artifacts))
        if _FINGERPRINT in artifact.custom_properties
    }


def parents(store: Any, artifacts: set[int]) -> set[int]:
    """Returns the ids of what went into the executions that put artifacts out.

    Args:
        store: Of ML Metadata.
        artifacts: Their ids.
    """
    made_by = {
        event.execution_id
        for event in store.get_events_by_artifact_ids(list(artifacts))
        if event.type in _OUTPUTS
    }
    return {
        event.artifact_id
        for event in store.get_events_by_execution_ids(list(made_by))
        if event.type in _INPUTS
    }
