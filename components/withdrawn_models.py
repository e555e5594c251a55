"""Which models were taken back after they had been pushed, see docs/retraining.md.

A rollback moves versions out of the serving directory and leaves a record beside it. The pipeline
learns of it there and not from ML Metadata: a rollback must be possible where only the serving
directory can be reached, and a run that pushes can always reach that.
"""

import os
from collections import defaultdict
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from serving.rollback.withdrawal import versions_in, withdrawals

# Custom property of a PushedModel: the version directory that the model was withdrawn from before,
# for which the Pusher refused to push it once more.
REFUSED = "withdrawn_from"
_DESTINATION = "pushed_destination"
_OUTPUTS = (metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.DECLARED_OUTPUT)


def withdrawn_models(store: Any) -> set[int]:
    """Returns the ids of the models that were withdrawn and are served under no other version.

    Args:
        store: Of ML Metadata; knows what was pushed where. What became of it is read from the
            serving directories themselves.

    Raises:
        BrokenRecord: If the record of a withdrawal cannot be read.
    """
    served, gone = set(), set()
    versions: dict[str, tuple[int, ...]] = {}
    withdrawn: dict[str, set[int]] = {}
    for model, destinations in _destinations(store).items():
        for destination in destinations:
            base, name = os.path.split(destination.rstrip("/"))
            if not name.isdecimal():
                continue  # Of a pusher that does not number.
            if base not in versions:
                versions[base] = versions_in(base, tfx.dsl.io.fileio)
                withdrawn[base] = set(withdrawals(base, tfx.dsl.io.fileio))
            if int(name) in versions[base]:
                served.add(model)
            elif int(name) in withdrawn[base]:
                gone.add(model)
    return gone - served


def _destinations(store: Any) -> dict[int, set[str]]:
    """Returns the version directories that each model was pushed to, by the model's id."""
    pushes = {}
    for push in store.get_artifacts_by_type("PushedModel"):
        properties = push.custom_properties
        places = {
            properties[key].string_value for key in (_DESTINATION, REFUSED) if key in properties
        }
        if places - {""}:
            pushes[push.id] = places - {""}
    if not pushes:
        return {}
    pushed_by: dict[int, set[str]] = defaultdict(set)
    for event in store.get_events_by_artifact_ids(list(pushes)):
        if event.type in _OUTPUTS:
            pushed_by[event.execution_id] |= pushes[event.artifact_id]
    destinations: dict[int, set[str]] = defaultdict(set)
    inputs: dict[int, set[str]] = defaultdict(set)
    for event in store.get_events_by_execution_ids(list(pushed_by)):
        if event.type not in _OUTPUTS:
            inputs[event.artifact_id] |= pushed_by[event.execution_id]
    for blessing in store.get_artifacts_by_id(list(inputs)):
        model = blessing.custom_properties["current_model_id"].int_value
        if model:
            destinations[model] |= inputs[blessing.id]
    return destinations
