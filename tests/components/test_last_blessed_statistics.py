"""Which statistics a run is compared with: in a store made by hand, and in runs of a pipeline."""

from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from components.drift_check import DriftCheck
from components.drift_verdict import DRIFT, DRIFT_FILE
from components.last_blessed_statistics import LastBlessedStatistics
from components.photograph_statistics import PhotographStatistics
from pipeline.config import DRIFT_CONFIG, DriftConfig
from pipeline.run_record import last_run
from report.data.data_statistics import MEASURES
from report.data.stored_statistics import write_statistics

Event = metadata_store_pb2.Event
Examples = tfx.types.standard_artifacts.Examples
Model = tfx.types.standard_artifacts.Model
ModelBlessing = tfx.types.standard_artifacts.ModelBlessing
InfraBlessing = tfx.types.standard_artifacts.InfraBlessing


class Lineage:
    """A store in which each step is made by hand; artifacts are numbers."""

    def __init__(self):
        config = metadata_store_pb2.ConnectionConfig()
        config.fake_database.SetInParent()
        self.store = metadata_store.MetadataStore(config)
        kind = metadata_store_pb2.ArtifactType(name="Any")
        self._kind = self.store.put_artifact_type(kind)
        self._work = self.store.put_execution_type(metadata_store_pb2.ExecutionType(name="Step"))

    def artifact(self):
        [made] = self.store.put_artifacts([metadata_store_pb2.Artifact(type_id=self._kind)])
        return made

    def step(self, *sources):
        [execution] = self.store.put_executions([metadata_store_pb2.Execution(type_id=self._work)])
        result = self.artifact()
        events = [Event(artifact_id=s, execution_id=execution, type=Event.INPUT) for s in sources]
        output = Event(artifact_id=result, execution_id=execution, type=Event.OUTPUT)
        self.store.put_events([*events, output])
        return result

    def model(self, examples, *more):
        return self.step(self.step(examples), *more)


def typed(kind, identity, **properties):
    made = kind()
    made.id = identity
    for name, value in properties.items():
        made.set_int_custom_property(name, value)
    return made


def resolved(lineage, examples, models, statistics, blessed=None):
    blessings = [
        typed(ModelBlessing, 1000 + n, blessed=1, current_model_id=model)
        for n, model in enumerate(models if blessed is None else blessed)
    ]
    found = LastBlessedStatistics().resolve_artifacts(
        lineage.store,
        {
            "examples": [typed(Examples, examples)],
            "model": [typed(Model, model) for model in models],
            "model_blessing": blessings,
            "infra_blessing": [],
            "statistics": [typed(PhotographStatistics, each) for each in statistics],
        },
    )
    assert found.keys() == {"examples", "model", "model_blessing", "infra_blessing", "statistics"}
    return [each.id for each in found["model"]], [each.id for each in found["statistics"]]


@pytest.fixture
def lineage():
    return Lineage()


def test_those_of_the_last_blessed_models_examples(lineage):
    spans = [lineage.artifact() for _ in range(3)]
    statistics = [lineage.step(span) for span in spans]
    models = [lineage.model(span) for span in spans[:2]]
    assert resolved(lineage, spans[2], models, statistics) == ([models[1]], [statistics[1]])
    # By the age of the blessing, whichever model is newer.
    backwards = models[::-1]
    found = resolved(lineage, spans[2], models, statistics, backwards)
    assert found == ([models[0]], [statistics[0]])


def test_of_two_of_the_same_examples_the_newest(lineage):
    old, new = lineage.artifact(), lineage.artifact()
    twice = [lineage.step(old), lineage.step(old)]
    model = lineage.model(old)
    assert resolved(lineage, new, [model], twice) == ([model], [twice[1]])


def test_none_on_a_first_run(lineage):
    span = lineage.artifact()
    assert resolved(lineage, span, [], [lineage.step(span)]) == ([], [])
    model = lineage.model(span)
    rejected = resolved(lineage, lineage.artifact(), [model], [lineage.step(span)], blessed=[])
    assert rejected == ([], [])


def test_none_where_the_examples_are_the_same(lineage):
    span = lineage.artifact()
    assert resolved(lineage, span, [lineage.model(span)], [lineage.step(span)]) == ([], [])


def test_a_model_older_than_such_statistics(lineage):
    old, new = lineage.artifact(), lineage.artifact()
    model = lineage.model(old)
    assert resolved(lineage, new, [model], [lineage.step(new)]) == ([model], [])


def test_a_model_that_began_with_another_is_compared_by_its_own_examples(lineage):
    spans = [lineage.artifact() for _ in range(3)]
    statistics = [lineage.step(span) for span in spans]
    first = lineage.model(spans[0])
    second = lineage.model(spans[1], first)
    found = resolved(lineage, spans[2], [first, second], statistics)
    assert found == ([second], [statistics[1]])


# What follows stands in for the pipeline's steps, in the same order and with the same channels.
@tfx.dsl.components.component
def Ingest(  # noqa: N802
    span: tfx.dsl.components.Parameter[int], examples: tfx.dsl.components.OutputArtifact[Examples]
) -> None:
    """Writes no examples."""
    examples.span = span


@tfx.dsl.components.component
def Look(  # noqa: N802
    brightness: tfx.dsl.components.Parameter[float],
    examples: tfx.dsl.components.InputArtifact[Examples],
    statistics: tfx.dsl.components.OutputArtifact[PhotographStatistics],
) -> None:
    """Writes statistics of one photograph per car."""
    write_statistics(statistics.uri, _studio(brightness))
    statistics.set_int_custom_property("span", examples.span)
    statistics.set_int_custom_property("measures", MEASURES)


@tfx.dsl.components.component
def Prepare(  # noqa: N802
    examples: tfx.dsl.components.InputArtifact[Examples],
    transformed: tfx.dsl.components.OutputArtifact[Examples],
) -> None:
    """Transforms nothing."""


@tfx.dsl.components.component
def Fit(  # noqa: N802
    kind: tfx.dsl.components.Parameter[str],
    transformed: tfx.dsl.components.InputArtifact[Examples],
    model: tfx.dsl.components.OutputArtifact[Model],
) -> None:
    """Fits nothing."""


@tfx.dsl.components.component
def Bless(  # noqa: N802
    model: tfx.dsl.components.InputArtifact[Model],
    blessing: tfx.dsl.components.OutputArtifact[ModelBlessing],
) -> None:
    """Blesses any model."""
    blessing.set_int_custom_property("blessed", 1)
    blessing.set_int_custom_property("current_model_id", model.id)


def _studio(brightness):
    from components.photograph_folder import Photograph
    from report.data.data_statistics import DataStatistics
    from report.data.data_statistics import PhotographStatistics as Numbers

    photographs = tuple(
        Numbers(
            Photograph("", "", f"c{car:02}_01", f"c{car:02}", 1),
            *("train", 20, 30, brightness + car / 10, (brightness,) * 3, 0.2, 0.3),
        )
        for car in range(24)
    )
    return DataStatistics(photographs, (), False, {}, None, (), (), ())


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs a pipeline that fits and blesses two kinds of models, as often as it is asked to."""
    place = tmp_path_factory.mktemp("runs")
    metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(
        str(place / "metadata.sqlite")
    )

    def run(span, brightness, restricted=True):
        ingest = Ingest(span=span)
        examples = ingest.outputs["examples"]
        look = Look(brightness=brightness, examples=examples)
        of_unet = {"producer_component_id": "Fit.unet", "output_key": "model"}
        resolver = tfx.dsl.Resolver(
            strategy_class=LastBlessedStatistics,
            examples=examples,
            model=tfx.dsl.Channel(type=Model, **of_unet if restricted else {}),
            model_blessing=tfx.dsl.Channel(type=ModelBlessing),
            infra_blessing=tfx.dsl.Channel(type=InfraBlessing),
            statistics=tfx.dsl.Channel(type=PhotographStatistics),
        ).with_id("LastBlessedStatistics")
        check = DriftCheck(
            config=DRIFT_CONFIG.dump_json(DriftConfig()).decode(),
            code="any",
            statistics=look.outputs["statistics"],
            baseline=resolver.outputs["statistics"],
            model=resolver.outputs["model"],
        )
        transformed = Prepare(examples=examples)
        transformed.add_upstream_node(check)
        steps = [ingest, look, resolver, check, transformed]
        for kind in ("unet", "make"):
            # Blessed last, a make classifier is what an unrestricted channel would find.
            fit = Fit(kind=kind, transformed=transformed.outputs["transformed"])
            fit = fit.with_id(f"Fit.{kind}")
            bless = Bless(model=fit.outputs["model"]).with_id(f"Bless.{kind}")
            if kind == "make":
                bless.add_upstream_node(steps[-1])
            steps += [fit, bless]
        tfx.orchestration.LocalDagRunner().run(
            tfx.dsl.Pipeline(
                pipeline_name="drift",
                pipeline_root=str(place / "root"),
                components=steps,
                enable_cache=True,
                metadata_connection_config=metadata,
            )
        )
        record = last_run(metadata)
        with Path(record.uris["DriftCheck", "drift"], DRIFT_FILE).open("rb") as file:
            return record, DRIFT.validate_json(file.read())

    return run


def test_runs_of_a_pipeline(runs):
    _, verdict = runs(1, 100.0)
    assert not verdict.compared
    assert "no model was blessed before" in verdict.reason

    record, again = runs(1, 100.0)
    assert {state for node, state in record.states.items() if node != "LastBlessedStatistics"} == {
        "CACHED"
    }
    assert again == verdict

    first, second = runs(2, 130.0), runs(2, 130.0)
    _, verdict = first
    assert verdict.drifted
    assert (verdict.baseline.span, verdict.current.span) == (1, 2)
    assert "/Fit.unet/" in verdict.model
    record, again = second
    assert again == verdict
    assert {state for node, state in record.states.items() if node != "LastBlessedStatistics"} == {
        "CACHED"
    }

    # Without naming the producer, the model of the other kind would be the last blessed one.
    assert "/Fit.make/" in runs(3, 130.0, restricted=False)[1].model
