from ml_metadata import metadata_store
from ml_metadata.metadata_store import metadata_store as implementation
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

from pipeline.postgresql_text import mend_postgresql, replace_text


def test_all_strings_of_a_message():
    request = metadata_store_service_pb2.PutExecutionRequest()
    request.execution.name = r"a\b\c"
    request.execution.custom_properties["config"].string_value = r'{"trainer": "{\"model\"}"}'
    request.execution.custom_properties["epochs"].int_value = 3
    pair = request.artifact_event_pairs.add()
    pair.artifact.uri = "/no/such"
    pair.event.path.steps.add().key = "\\"
    asked = metadata_store_service_pb2.GetArtifactsByURIRequest(uris=[r"\\host\a", "/b"])
    before = request.SerializeToString(), asked.SerializeToString()

    for message in (request, asked):
        replace_text(message, "\\", "!")
    assert request.execution.name == "a!b!c"
    properties = request.execution.custom_properties
    assert properties["config"].string_value == '{"trainer": "{!"model!"}"}'
    assert properties["epochs"].int_value == 3
    assert request.artifact_event_pairs[0].artifact.uri == "/no/such"
    assert request.artifact_event_pairs[0].event.path.steps[0].key == "!"
    assert list(asked.uris) == ["!!host!a", "/b"]

    for message, expected in zip((request, asked), before, strict=True):
        replace_text(message, "!", "\\")
        assert type(message).FromString(expected) == message


def test_other_stores_are_left_alone(monkeypatch, tmp_path):
    mend_postgresql()
    mend_postgresql()  # Once is enough; twice would replace twice.
    seen = []
    call = implementation.metadata_store_serialized.PutArtifacts

    def put(handle, request):
        seen.append(request)
        return call(handle, request)

    monkeypatch.setattr(implementation.metadata_store_serialized, "PutArtifacts", put)
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.sqlite")
    config.sqlite.connection_mode = config.sqlite.READWRITE_OPENCREATE
    store = metadata_store.MetadataStore(config)
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="Model"))
    store.put_artifacts([metadata_store_pb2.Artifact(type_id=kind, uri=r"C:\a")])
    assert [artifact.uri for artifact in store.get_artifacts_by_uri(r"C:\a")] == [r"C:\a"]
    assert rb"C:\a" in seen[0]
