"""The last step: one page that shows everything about a run, and pages of other tools beside it."""

import os

from google.protobuf import json_format
from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx

from components.drift_check import Drift
from components.model_card_files import ModelCardFiles
from components.photograph_statistics import PhotographStatistics
from components.quarantine import Quarantine
from pipeline.lineage import lineage_of_model
from pipeline.lineage_record import Lineage
from pipeline.metadata_graph import read_only
from report.publish import PAGE_FILE
from report.run_files import RunFiles
from report.run_page import run_page
from report.views.views import views_of

_Model = tfx.types.standard_artifacts.Model
_ModelRun = tfx.types.standard_artifacts.ModelRun


class Report(tfx.dsl.Artifact):
    """Artifact: ``index.html``, and beside it the pages that it links."""

    TYPE_NAME = "components.Report"


@tfx.dsl.components.component
def RunReport(  # noqa: N802 - a component is named like a class
    metadata: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    serving_directory: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    quarantine: tfx.dsl.components.InputArtifact[Quarantine],
    photograph_statistics: tfx.dsl.components.InputArtifact[PhotographStatistics],
    data_statistics: tfx.dsl.components.InputArtifact[
        tfx.types.standard_artifacts.ExampleStatistics
    ],
    drift: tfx.dsl.components.InputArtifact[Drift],
    transform_graph: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.TransformGraph],
    transformed_examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    unet: tfx.dsl.components.InputArtifact[_Model],
    unet_fit: tfx.dsl.components.InputArtifact[_ModelRun],
    cnn: tfx.dsl.components.InputArtifact[_Model],
    cnn_fit: tfx.dsl.components.InputArtifact[_ModelRun],
    average_mask: tfx.dsl.components.InputArtifact[_Model],
    average_mask_fit: tfx.dsl.components.InputArtifact[_ModelRun],
    evaluation: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelEvaluation],
    infra_blessing: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.InfraBlessing],
    model_card: tfx.dsl.components.InputArtifact[ModelCardFiles],
    report: tfx.dsl.components.OutputArtifact[Report],
    pushed_model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.PushedModel] = None,
    make_fit: tfx.dsl.components.InputArtifact[_ModelRun] = None,
    make_evaluation: tfx.dsl.components.InputArtifact[
        tfx.types.standard_artifacts.ModelEvaluation
    ] = None,
) -> None:
    """Writes the page; what cannot be shown is a sentence on it and no failure of the run.

    Args:
        metadata: Connection to ML Metadata, JSON of a ConnectionConfig, for the lineage; empty
            where it cannot be opened from here. It is opened for reading only.
        code: Digest of the code that makes the page; changes what is cached.
        serving_directory: Where versions are pushed to, for the command lines.
        examples: What PhotographExampleGen wrote.
        quarantine: The same.
        photograph_statistics: Every photograph in numbers.
        data_statistics: TFDV's.
        drift: Of DriftCheck.
        transform_graph: Of Transform.
        transformed_examples: The same.
        unet: The candidate.
        unet_fit: Its ``model_run``.
        cnn: Baseline.
        cnn_fit: The same.
        average_mask: Baseline.
        average_mask_fit: The same.
        evaluation: Of the Gate.
        infra_blessing: Of ServerCheck.
        model_card: Of ModelCard.
        report: Output: ``index.html``, and beside it what it links.
        pushed_model: Of the Pusher; comes last in a run, so that the lineage has the push.
        make_fit: The make classifier's ``model_run``, if the run has one.
        make_evaluation: Of its gate; the same.
    """
    del code
    files = RunFiles(
        examples=examples.uri,
        quarantine=quarantine.uri,
        photograph_statistics=photograph_statistics.uri,
        data_statistics=data_statistics.uri,
        drift=drift.uri,
        transform_graph=transform_graph.uri,
        transformed_examples=transformed_examples.uri,
        fits={"unet": unet_fit.uri, "cnn": cnn_fit.uri, "average_mask": average_mask_fit.uri},
        models={"unet": unet.uri, "cnn": cnn.uri, "average_mask": average_mask.uri},
        evaluation=evaluation.uri,
        infra_blessing=infra_blessing.uri,
        pushed_model=pushed_model.uri if pushed_model is not None else "",
        model_card=model_card.uri,
        make_fit=make_fit.uri if make_fit is not None else None,
        make_evaluation=make_evaluation.uri if make_evaluation is not None else None,
    )
    views = views_of(files)
    for view in views:
        if view.file:
            _write(report.uri, view.file, view.content)
    page = run_page(
        files,
        lambda: _lineage(metadata, unet.uri),
        about="All that one run of the pipeline left, on one page that opens offline.",
        views=views,
        serving_directory=serving_directory,
    )
    _write(report.uri, PAGE_FILE, page)  # Last: it leads to the others.


def _lineage(metadata: str, model: str) -> Lineage | None:
    if not metadata:
        return None
    connection = json_format.Parse(metadata, metadata_store_pb2.ConnectionConfig())
    return lineage_of_model(read_only(connection), model)


def _write(folder: str, name: str, content: bytes) -> None:
    with tfx.dsl.io.fileio.open(os.path.join(folder, name), "wb") as file:
        file.write(content)
