import pytest
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.run_record import last_run


@pytest.fixture
def connection(tmp_path):
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.sqlite")
    config.sqlite.connection_mode = mlmd.ConnectionConfig().sqlite.READWRITE_OPENCREATE
    return config


@pytest.fixture
def store(connection):
    return metadata_store.MetadataStore(connection)


@pytest.fixture
def record_run(store):
    """Writes the contexts, executions, artifacts and events that TFX writes for a run."""

    def context(kind, name):
        kind_id = store.put_context_type(mlmd.ContextType(name=kind))
        found = store.get_context_by_type_and_name(kind, name)
        if found:
            return found.id
        [identity] = store.put_contexts([mlmd.Context(type_id=kind_id, name=name)])
        return identity

    def record(run, executions):
        artifact_type = store.put_artifact_type(mlmd.ArtifactType(name="Any"))
        for node, (state, outputs) in executions.items():
            kind = store.put_execution_type(mlmd.ExecutionType(name=node))
            execution = mlmd.Execution(type_id=kind, last_known_state=state)
            pairs = []
            for key, (uri, properties) in outputs.items():
                artifact = mlmd.Artifact(type_id=artifact_type, uri=uri)
                for name, value in properties.items():
                    field = {int: "int_value", str: "string_value", float: "double_value"}
                    setattr(artifact.custom_properties[name], field[type(value)], value)
                event = mlmd.Event(type=mlmd.Event.OUTPUT)
                event.path.steps.add().key = key
                event.path.steps.add().index = 0
                pairs.append((artifact, event))
            used = mlmd.Event(type=mlmd.Event.INPUT)
            used.path.steps.add().key = "examples"
            pairs.append((mlmd.Artifact(type_id=artifact_type, uri="/an/input"), used))
            contexts = [
                store.get_contexts_by_id([context(*each)])[0]
                for each in (
                    ("pipeline", "mask"),
                    ("pipeline_run", run),
                    ("node", f"mask.{node}"),
                )
            ]
            store.put_execution(execution, pairs, contexts)

    return record


COMPLETE, CACHED = mlmd.Execution.COMPLETE, mlmd.Execution.CACHED


def test_the_newest_run_with_its_states_outputs_and_properties(connection, record_run):
    record_run(
        "2024-01-01",
        {
            "Gate": (COMPLETE, {"evaluation": ("/old", {})}),
            "Gone": (COMPLETE, {"model": ("/gone", {})}),
        },
    )
    record_run(
        "2024-01-02",
        {
            "Trainer.unet": (CACHED, {"model": ("/m", {}), "model_run": ("/r", {"name": "x"})}),
            "Gate": (COMPLETE, {"evaluation": ("/new", {"blessed": 1, "dice": 0.5})}),
            "DataCheck": (COMPLETE, {}),
        },
    )
    record = last_run(connection)
    assert record.states == {"Trainer.unet": "CACHED", "Gate": "COMPLETE", "DataCheck": "COMPLETE"}
    assert record.uris == {
        ("Trainer.unet", "model"): "/m",
        ("Trainer.unet", "model_run"): "/r",
        ("Gate", "evaluation"): "/new",
    }
    assert record.properties == {
        ("Trainer.unet", "model"): {},
        ("Trainer.unet", "model_run"): {"name": "x"},
        ("Gate", "evaluation"): {"blessed": 1, "dice": 0.5},
    }


def test_a_store_without_runs_is_an_error(connection, store):
    with pytest.raises(LookupError, match="holds no pipeline run"):
        last_run(connection)
