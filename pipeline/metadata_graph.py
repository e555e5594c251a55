"""ML Metadata as a graph: which execution made an artifact, and what went into it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

Value = int | float | str

# What TFX itself notes on an artifact, and what says nothing of how it was made.
_INTERNAL = ("is_external", "state", "name")


@dataclass(frozen=True)
class Execution:
    """A step of a run.

    Attributes:
        identity: In the store.
        node: Component id; empty where it is not recorded.
        run: Name of the pipeline run; the same.
        properties: What the component was told.
        started: Milliseconds since 1970.
        finished: The same.
    """

    identity: int
    node: str
    run: str
    properties: Mapping[str, Value]
    started: int
    finished: int


class MetadataGraph:
    """Reads a store; whatever was asked for once is remembered."""

    def __init__(self, store: metadata_store.MetadataStore) -> None:
        """Takes an open store."""
        self._store = store
        self._makers: dict[int, Execution | None] = {}
        self._by_type: dict[str, list[metadata_store_pb2.Artifact]] = {}
        self._inputs: dict[int, dict[str, list[metadata_store_pb2.Artifact]]] = {}

    def artifact(self, identity: int) -> metadata_store_pb2.Artifact | None:
        """Returns an artifact by its number; None where there is none."""
        found = self._store.get_artifacts_by_id([identity])
        return found[0] if found else None

    def artifacts_at(self, uri: str, kind: str) -> list[metadata_store_pb2.Artifact]:
        """Returns the artifacts of a type at a URI, the oldest first."""
        found = [each for each in self._store.get_artifacts_by_uri(uri) if each.type == kind]
        return sorted(found, key=lambda each: each.id)

    def artifacts_of_type(self, kind: str) -> list[metadata_store_pb2.Artifact]:
        """Returns all artifacts of a type, the oldest first; none where the type is unknown."""
        if kind not in self._by_type:
            found = self._store.get_artifacts_by_type(kind)
            self._by_type[kind] = sorted(found, key=lambda each: each.id)
        return self._by_type[kind]

    def properties_of(self, artifact: metadata_store_pb2.Artifact) -> dict[str, Value]:
        """Returns what is noted on an artifact, numbers and text, without TFX's own notes."""
        return {
            name: value
            for name, value in {
                **_values(artifact.properties),
                **_values(artifact.custom_properties),
            }.items()
            if name not in _INTERNAL
        }

    def maker_of(self, artifact: metadata_store_pb2.Artifact) -> Execution | None:
        """Returns the execution that made an artifact, not one that took it from the cache."""
        if artifact.id not in self._makers:
            events = self._store.get_events_by_artifact_ids([artifact.id])
            identities = [
                event.execution_id
                for event in events
                if event.type == metadata_store_pb2.Event.OUTPUT
            ]
            executions = self._store.get_executions_by_id(identities) if identities else []
            made = [
                each
                for each in executions
                if each.last_known_state != metadata_store_pb2.Execution.CACHED
            ]
            first = min(made, key=lambda each: each.id, default=None)
            self._makers[artifact.id] = None if first is None else self._execution(first)
        return self._makers[artifact.id]

    def inputs_of(self, execution: Execution) -> dict[str, list[metadata_store_pb2.Artifact]]:
        """Returns what went into an execution, by input key, in the order it was given."""
        if execution.identity not in self._inputs:
            events = [
                event
                for event in self._store.get_events_by_execution_ids([execution.identity])
                if event.type == metadata_store_pb2.Event.INPUT and event.path.steps
            ]
            artifacts = {
                each.id: each
                for each in self._store.get_artifacts_by_id(
                    list({event.artifact_id for event in events})
                )
            }
            inputs: dict[str, list[tuple[int, metadata_store_pb2.Artifact]]] = {}
            for event in events:
                steps = event.path.steps
                place = steps[1].index if len(steps) > 1 else 0
                inputs.setdefault(steps[0].key, []).append((place, artifacts[event.artifact_id]))
            self._inputs[execution.identity] = {
                key: [artifact for _, artifact in sorted(found, key=lambda each: each[0])]
                for key, found in inputs.items()
            }
        return self._inputs[execution.identity]

    def _execution(self, execution: metadata_store_pb2.Execution) -> Execution:
        names = {
            context.type: context.name
            for context in self._store.get_contexts_by_execution(execution.id)
        }
        # A node's context is named "<pipeline>.<node>".
        node = names.get("node", "").partition(".")[2]
        return Execution(
            execution.id,
            node,
            names.get("pipeline_run", ""),
            {**_values(execution.properties), **_values(execution.custom_properties)},
            execution.create_time_since_epoch,
            execution.last_update_time_since_epoch,
        )


def read_only(
    connection: metadata_store_pb2.ConnectionConfig,
) -> metadata_store_pb2.ConnectionConfig:
    """Returns the same connection, in a mode that cannot disturb the one that a run writes to.

    Args:
        connection: To an SQLite file; any other is returned as it is, since its server keeps
            readers and writers apart.
    """
    reading = metadata_store_pb2.ConnectionConfig()
    reading.CopyFrom(connection)
    if reading.HasField("sqlite"):
        reading.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    return reading


def _values(properties: Mapping[str, metadata_store_pb2.Value]) -> dict[str, Value]:
    kinds = {name: value.WhichOneof("value") for name, value in properties.items()}
    return {
        name: getattr(properties[name], kind)
        for name, kind in kinds.items()
        if kind in ("int_value", "string_value", "double_value")
    }
