"""Reads from ML Metadata what a run left behind."""

from dataclasses import dataclass

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2


@dataclass(frozen=True)
class RunRecord:
    """The executions of one run of the pipeline and what they put out.

    Attributes:
        states: Of each execution, by component id: COMPLETE, CACHED ...
        uris: Of the output artifacts, by (component id, output key).
        properties: Custom properties of those artifacts, by the same key.
    """

    states: dict[str, str]
    uris: dict[tuple[str, str], str]
    properties: dict[tuple[str, str], dict[str, int | str | float]]


def last_run(connection: metadata_store_pb2.ConnectionConfig) -> RunRecord:
    """Returns the record of the newest run.

    Args:
        connection: To the store that the run wrote to.

    Raises:
        LookupError: If the store knows no run.
    """
    store = metadata_store.MetadataStore(connection)
    runs = store.get_contexts_by_type("pipeline_run")
    if not runs:
        raise LookupError("ML Metadata holds no pipeline run")
    run = max(runs, key=lambda context: context.id)
    executions = store.get_executions_by_context(run.id)
    node_of = {execution.id: _node_id(store, execution.id) for execution in executions}
    states = {
        node_of[execution.id]: metadata_store_pb2.Execution.State.Name(execution.last_known_state)
        for execution in executions
    }
    uris, properties = {}, {}
    outputs = [
        event
        for event in store.get_events_by_execution_ids(list(node_of))
        if event.type == metadata_store_pb2.Event.OUTPUT
    ]
    artifacts = {
        artifact.id: artifact
        for artifact in store.get_artifacts_by_id([event.artifact_id for event in outputs])
    }
    for event in outputs:
        key = (node_of[event.execution_id], event.path.steps[0].key)
        artifact = artifacts[event.artifact_id]
        uris[key] = artifact.uri
        properties[key] = {
            name: getattr(value, value.WhichOneof("value"))
            for name, value in artifact.custom_properties.items()
        }
    return RunRecord(states, uris, properties)


def _node_id(store: metadata_store.MetadataStore, execution_id: int) -> str:
    for context in store.get_contexts_by_execution(execution_id):
        if context.type == "node":
            # "<pipeline>.<node>"
            return context.name.split(".", 1)[1]
    raise LookupError(f"execution {execution_id} belongs to no node")
