"""The component on a run made by hand, and lineage read while a real runner has the store open."""

import json
import shutil
from pathlib import Path

import pytest
from google.protobuf import json_format
from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from components.run_report import Report, RunReport
from pipeline.lineage import lineage_of_model
from pipeline.metadata_graph import read_only
from tests.pipeline.recorded_runs import RecordedRuns
from tests.report.finished_run import FinishedRun, scores_by_model

SERVING = "/srv/<b>mask"


@pytest.fixture
def runs(tmp_path):
    return RecordedRuns(tmp_path)


@pytest.fixture
def report(tmp_path, run_component):
    """Runs the component on a run's folders; returns the report's files by name."""

    def report(run, metadata="", leave_out=()):
        files = run.files
        uris = {
            "examples": files.examples,
            "quarantine": files.quarantine,
            "photograph_statistics": files.photograph_statistics,
            "data_statistics": files.data_statistics,
            "drift": files.drift,
            "transform_graph": files.transform_graph,
            "transformed_examples": files.transformed_examples,
            "evaluation": files.evaluation,
            "infra_blessing": files.infra_blessing,
            "model_card": files.model_card,
            "pushed_model": files.pushed_model,
            **files.models,
            **{f"{name}_fit": folder for name, folder in files.fits.items()},
        }
        inputs = {}
        for name, uri in uris.items():
            if name not in leave_out:
                inputs[name] = RunReport.SPEC_CLASS.INPUTS[name].type()
                inputs[name].uri = uri
        outputs = run_component(
            RunReport, inputs, metadata=metadata, code="any", serving_directory=SERVING
        )
        assert type(outputs["report"]) is Report
        return {path.name: path for path in Path(outputs["report"].uri).iterdir()}

    return report


@pytest.fixture
def run(tmp_path):
    made = FinishedRun(tmp_path / "run")
    made.score(scores_by_model({"a_01": 0.9, "b_02": 0.8}))
    Path(made.files.model_card, "model_card.json").write_text("{}")
    return made


def test_the_page_and_what_lies_beside_it(run, runs, report):
    unet = run.files.models["unet"]
    runs.push("run 1", runs.judge("run 1", runs.model("run 1", unet, "/photographs")), "/mask/17")
    written = report(run, json_format.MessageToJson(runs.connection))
    assert set(written) == {"index.html", "data_statistics.html", "model_card.json"}
    page = written["index.html"].read_text()
    assert f"Trainer.unet in run {'run 1'}" in page
    assert "/mask/17" in page
    assert "/photographs" in page
    assert "&lt;b&gt;mask" in page
    assert 'href="data_statistics.html"' in page
    assert 'href="model_card.json"' in page
    # Who had the store open goes on writing.
    runs.model("run 2", "/models/b", "/photographs")


def test_without_a_store_or_a_push(run, report):
    page = report(run, leave_out=("pushed_model",))["index.html"].read_text()
    assert "keeps ML Metadata of its own" in page
    assert "There is no servable." in page


def test_a_store_that_cannot_be_opened_does_not_fail_the_run(run, report, tmp_path, caplog):
    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(tmp_path / "no such folder" / "metadata.sqlite")
    page = report(run, json_format.MessageToJson(connection))["index.html"].read_text()
    section = page[page.index('<section id="lineage">') :]
    assert "could not be built" in section[: section.index("</section>")]
    assert "Traceback" in caplog.text
    assert '<section id="summary">' in page


def test_what_it_cannot_read_does_not_fail_the_run(run, report, caplog):
    shutil.rmtree(run.files.photograph_statistics)
    Path(run.files.evaluation, "verdict.json").write_text("{}")
    page = report(run)["index.html"].read_text()
    for name in ("summary", "data", "results"):
        section = page[page.index(f'<section id="{name}">') :]
        assert "could not be built" in section[: section.index("</section>")]
    assert "does not follow docs/verdict.schema.json" in page


@tfx.dsl.components.component
def Fitter(  # noqa: N802 - a component is named like a class
    model: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Model],
) -> None:
    Path(model.uri, "weights").write_text("")


@tfx.dsl.components.component
def Reader(  # noqa: N802 - a component is named like a class
    metadata: tfx.dsl.components.Parameter[str],
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    report: tfx.dsl.components.OutputArtifact[Report],
) -> None:
    connection = json_format.Parse(metadata, metadata_store_pb2.ConnectionConfig())
    lineage = lineage_of_model(read_only(connection), model.uri)
    Path(report.uri, "lineage.json").write_text(json.dumps([lineage.step, lineage.run]))


def test_lineage_is_read_while_the_runner_has_the_store_open(tmp_path):
    store = tfx.orchestration.metadata.sqlite_metadata_connection_config(
        str(tmp_path / "metadata.sqlite")
    )
    fitter = Fitter()
    reader = Reader(metadata=json_format.MessageToJson(store), model=fitter.outputs["model"])
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name="mask",
            pipeline_root=str(tmp_path / "root"),
            components=[fitter, reader],
            metadata_connection_config=store,
        )
    )
    [found] = (tmp_path / "root" / "Reader" / "report").rglob("lineage.json")
    step, run = json.loads(found.read_text())
    assert step == "Fitter"
    assert run
