import pytest
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.lineage import lineage_of_model, lineage_of_push
from pipeline.metadata_graph import read_only
from tests.pipeline.recorded_runs import TRAINER, RecordedRuns


@pytest.fixture
def runs(tmp_path):
    return RecordedRuns(tmp_path)


@pytest.fixture
def lineage(runs):
    """Asks the store as a report does: while the run that writes to it has it open."""

    def ask(of, where):
        return of(read_only(runs.connection), where)

    return ask


def test_what_made_a_model(runs, lineage):
    model = runs.model("run 1", "/models/a", "/photographs <1>", span=7)
    runs.push("run 1", runs.judge("run 1", model), "/serving/mask/17")
    found = lineage(lineage_of_model, "/models/a")
    assert (found.uri, found.step, found.run) == ("/models/a", "Trainer.unet", "run 1")
    assert found.started <= found.finished
    assert found.trainer == TRAINER
    assert found.code == {
        "PhotographExampleGen": "c0de1",
        "Transform": "c0de2",
        "Trainer.unet": "c0de3",
    }
    assert found.weights == {"w.h5": "ab"}
    assert found.tfx_version == "1.16.0"
    assert found.hyperparameters is None
    assert found.parent is None
    [data] = found.data
    assert (data.path, data.fingerprint) == ("/photographs <1>", "f" * 64)
    assert (data.config, data.code) == ({"seed": 3}, "c0de1")
    assert data.properties == {"split_names": "[]", "span": 7}
    assert data.uri == "/models/a/examples"
    assert [(each.step, each.blessed, each.run) for each in found.judgements] == [
        ("Gate", True, "run 1"),
        ("ServerCheck", True, "run 1"),
    ]
    assert [(each.destination, each.run) for each in found.pushes] == [
        ("/serving/mask/17", "run 1")
    ]


def test_parents_and_their_own_data(runs, lineage):
    oldest = runs.model("run 1", "/models/a", "/span-1")
    older = runs.model("run 2", "/models/b", "/span-2", base=oldest)
    runs.model("run 3", "/models/c", "/span-3", base=older)
    found = lineage(lineage_of_model, "/models/c")
    chain = []
    while found is not None:
        chain.append((found.uri, found.run, found.data[0].path))
        found = found.parent
    assert chain == [
        ("/models/c", "run 3", "/span-3"),
        ("/models/b", "run 2", "/span-2"),
        ("/models/a", "run 1", "/span-1"),
    ]


def test_a_run_that_took_it_from_the_cache_made_nothing(runs, lineage):
    model = runs.model("run 1", "/models/a", "/data")
    runs.step("run 2", "Trainer.unet", {}, {}, cached={"model": model})
    blessing = runs.judge("run 2", model)
    runs.push("run 2", blessing, "/serving/mask/18")
    found = lineage(lineage_of_model, "/models/a")
    assert found.run == "run 1"
    assert [each.run for each in found.judgements] == ["run 2", "run 2"]
    assert [each.run for each in found.pushes] == ["run 2"]


def test_verdicts_and_pushes_are_of_this_model_alone(runs, lineage):
    first = runs.model("run 1", "/models/a", "/data")
    second = runs.model("run 2", "/models/b", "/data")
    runs.push("run 1", runs.judge("run 1", first), "/serving/mask/1")
    # Rejected by the gate: its server was not asked, and nothing was pushed.
    runs.push("run 2", runs.judge("run 2", second, blessed=False, checked=False), "")
    found = lineage(lineage_of_model, "/models/b")
    assert [(each.step, each.blessed) for each in found.judgements] == [("Gate", False)]
    assert found.pushes == ()
    assert len(lineage(lineage_of_model, "/models/a").pushes) == 1


def test_a_pushed_version(runs, lineage):
    for number in (1, 2):
        model = runs.model(f"run {number}", f"/models/{number}", "/data")
        blessing = runs.judge(f"run {number}", model)
        runs.push(f"run {number}", blessing, f"/serving/mask/{number}")
    assert lineage(lineage_of_push, "/serving/mask/1/").uri == "/models/1"
    # The folder was moved since.
    assert lineage(lineage_of_push, "/elsewhere/mask/2").uri == "/models/2"
    with pytest.raises(LookupError, match="knows no push to /serving/mask/3"):
        lineage(lineage_of_push, "/serving/mask/3")


def test_a_model_that_the_store_does_not_know(runs, lineage):
    with pytest.raises(LookupError, match="knows no model at /models/x"):
        lineage(lineage_of_model, "/models/x")


def test_a_model_that_came_from_elsewhere(runs, lineage):
    runs.step("run 1", "Importer", {}, {"result": ("Model", "/imported", {})})
    found = lineage(lineage_of_model, "/imported")
    assert (found.step, found.data, found.trainer) == ("Importer", (), {})


def test_several_spans_in_several_artifacts(runs, lineage):
    read = [
        runs.step(
            "run",
            "PhotographExampleGen",
            {},
            {"examples": ("Examples", f"/examples/{span}", {"span": span})},
            {"data": f"/span-{span}"},
        )["examples"]
        for span in (4, 5)
    ]
    runs.step("run", "Trainer.unet", {"examples": read}, {"model": ("Model", "/models/a", {})})
    found = lineage(lineage_of_model, "/models/a")
    assert [(data.path, data.properties["span"]) for data in found.data] == [
        ("/span-4", 4),
        ("/span-5", 5),
    ]


def test_a_search_for_hyperparameters(runs, lineage):
    found = runs.step(
        "run", "Tuner", {}, {"best_hyperparameters": ("HyperParameters", "/best", {})}
    )
    runs.step(
        "run",
        "Trainer.unet",
        {"hyperparameters": [found["best_hyperparameters"]]},
        {"model": ("Model", "/models/a", {})},
    )
    assert lineage(lineage_of_model, "/models/a").hyperparameters == "/best"


def test_reading_leaves_the_store_as_it_is(runs, tmp_path):
    runs.model("run 1", "/models/a", "/data")
    before = (tmp_path / "metadata.sqlite").read_bytes()
    reader = metadata_store.MetadataStore(read_only(runs.connection))
    with pytest.raises(Exception, match="(?i)read-?only"):
        reader.put_artifact_type(metadata_store_pb2.ArtifactType(name="New"))
    assert lineage_of_model(read_only(runs.connection), "/models/a").run == "run 1"
    assert (tmp_path / "metadata.sqlite").read_bytes() == before
    # And whoever has it open goes on writing.
    runs.model("run 2", "/models/b", "/data")
    assert lineage_of_model(read_only(runs.connection), "/models/b").run == "run 2"


def test_another_kind_of_store_is_opened_as_it_was_given(runs):
    connection = type(runs.connection)()
    connection.mysql.host = "db"
    assert read_only(connection) == connection
    assert (
        runs.connection.sqlite.connection_mode != read_only(runs.connection).sqlite.connection_mode
    )
