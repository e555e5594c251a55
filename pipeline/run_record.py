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


def last_run(
    connection: metadata_store_pb2.ConnectionConfig, pipeline: str | None = None
) -> RunRecord:
    """Returns the record of the newest run.

    Args:
        connection: To the store that the run wrote to.
        pipeline: Name of the pipeline; None where the store is its own.

    Raises:
        LookupError: If the store knows no run.
    """
    store = metadata_store.MetadataStore(connection)
    run = _newest(store) if pipeline is None else _newest_of(store, pipeline)
    if run is None:
        raise LookupError(
            f"ML Metadata holds no pipeline run{f' of {pipeline}' if pipeline else ''}"
        )
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


def _newest(store: metadata_store.MetadataStore) -> metadata_store_pb2.Context | None:
    runs = store.get_contexts_by_type("pipeline_run")
    return max(runs, key=lambda context: context.id, default=None)


def _newest_of(
    store: metadata_store.MetadataStore, pipeline: str
) -> metadata_store_pb2.Context | None:
    context = store.get_context_by_type_and_name("pipeline", pipeline)
    if context is None:
        return None
    newest_first = metadata_store.ListOptions(
        limit=1, order_by=metadata_store.OrderByField.ID, is_asc=False
    )
    executions = store.get_executions_by_context(context.id, list_options=newest_first)
    runs = [
        context
        for execution in executions
        for context in store.get_contexts_by_execution(execution.id)
        if context.type == "pipeline_run"
    ]
    return runs[0] if runs else None


def _node_id(store: metadata_store.MetadataStore, execution_id: int) -> str:
    for context in store.get_contexts_by_execution(execution_id):
        if context.type == "node":
            # "<pipeline>.<node>"
            return context.name.split(".", 1)[1]
    raise LookupError(f"execution {execution_id} belongs to no node")
