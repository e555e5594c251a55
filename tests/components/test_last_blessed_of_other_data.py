import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from components.last_blessed_of_other_data import LastBlessedOfOtherData

Event = metadata_store_pb2.Event


@pytest.fixture
def lineage():
    """A store with two spans of examples, and a model of each."""
    config = metadata_store_pb2.ConnectionConfig()
    config.fake_database.SetInParent()
    store = metadata_store.MetadataStore(config)
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="Any"))
    work = store.put_execution_type(metadata_store_pb2.ExecutionType(name="Step"))

    def artifact(fingerprint=""):
        made = metadata_store_pb2.Artifact(type_id=kind)
        if fingerprint:
            made.custom_properties["input_fingerprint"].string_value = fingerprint
        return store.put_artifacts([made])[0]

    def step(source):
        [execution] = store.put_executions([metadata_store_pb2.Execution(type_id=work)])
        result = artifact()
        store.put_events(
            [
                Event(artifact_id=source, execution_id=execution, type=Event.INPUT),
                Event(artifact_id=result, execution_id=execution, type=Event.OUTPUT),
            ]
        )
        return result

    spans = [artifact("f00"), artifact("ba7")]
    models = [step(step(span)) for span in spans]  # Transform, Trainer.
    return store, spans, models


def typed(kind, identity):
    made = kind()
    made.id = identity
    return made


def blessing(of_model, identity):
    made = typed(tfx.types.standard_artifacts.ModelBlessing, identity)
    made.set_int_custom_property("blessed", 1)
    made.set_int_custom_property("current_model_id", of_model)
    return made


def infra_blessing(of_model, identity, blessed):
    made = typed(tfx.types.standard_artifacts.InfraBlessing, identity)
    made.set_int_custom_property("blessed", blessed)
    made.set_int_custom_property("checked", 1)
    made.set_int_custom_property("current_model_id", of_model)
    return made


def base(lineage, span, blessed, rejected=(), fingerprint=""):
    store, _, models = lineage
    examples = typed(tfx.types.standard_artifacts.Examples, span)
    examples.set_string_custom_property("input_fingerprint", fingerprint)
    resolved = LastBlessedOfOtherData().resolve_artifacts(
        store,
        {
            "examples": [examples],
            "model": [typed(tfx.types.standard_artifacts.Model, model) for model in models],
            "model_blessing": [blessing(model, 1000 + i) for i, model in enumerate(blessed)],
            "infra_blessing": [
                infra_blessing(model, 2000 + i, int(model not in rejected))
                for i, model in enumerate(blessed)
            ],
        },
    )
    assert [each.id for each in resolved["examples"]] == [span]
    assert len(resolved["model_blessing"]) == len(resolved["model"])
    return [each.id for each in resolved["model"]]


def test_a_model_of_an_earlier_span_is_started_from(lineage):
    _, (_, new), (old_model, new_model) = lineage
    assert base(lineage, new, [old_model]) == [old_model]
    # Also in the second of two identical runs, where the new one is blessed as well.
    assert base(lineage, new, [old_model, new_model]) == [old_model]


def test_the_last_of_several_is_taken(lineage):
    _, _, (old_model, new_model) = lineage
    assert base(lineage, 999, [old_model, new_model]) == [new_model]


def test_a_model_that_was_taken_back_is_not_started_from(lineage, monkeypatch):
    store, _, (old_model, new_model) = lineage
    asked = []
    monkeypatch.setattr(
        "components.last_blessed.withdrawn_models", lambda given: asked.append(given) or {new_model}
    )
    assert base(lineage, 999, [old_model, new_model]) == [old_model]
    assert base(lineage, 999, [new_model]) == []
    assert asked == [store, store]


def test_nothing_blessed_on_other_data_is_a_cold_start(lineage):
    _, (old, _), (old_model, _) = lineage
    assert base(lineage, old, []) == []
    assert base(lineage, old, [old_model]) == []


def test_a_model_that_its_server_rejected_is_not_started_from(lineage):
    _, _, (old_model, new_model) = lineage
    assert base(lineage, 999, [old_model, new_model], rejected=[new_model]) == [old_model]


def test_the_same_photographs_read_anew_are_no_other_data(lineage):
    _, _, models = lineage
    anew = 500  # Examples of another id, as after a change of code.
    assert base(lineage, anew, models, fingerprint="ba7") == [models[0]]
    assert base(lineage, anew, models, fingerprint="f00") == [models[1]]
    assert base(lineage, anew, models, fingerprint="new") == [models[1]]
    assert base(lineage, anew, models) == [models[1]]
