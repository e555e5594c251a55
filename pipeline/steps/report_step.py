"""The last step: everything about the run on one page."""

from pathlib import Path
from typing import Any

from google.protobuf import json_format
from ml_metadata.proto import metadata_store_pb2

import evaluation
import report
from components import run_report
from components.run_report import RunReport
from pipeline import augmentation_sheet, closing, lineage, lineage_record, metadata_graph
from pipeline.code_digest import code_digest
from pipeline.steps.data_steps import DataSteps
from pipeline.steps.fit_steps import FitSteps
from pipeline.steps.make_steps import MakeSteps
from pipeline.steps.push_steps import PushSteps

# Whose code decides what the page shows.
_REPORT = (
    run_report,
    report,
    Path(report.__file__).parent / "templates",
    evaluation,
    augmentation_sheet,
    closing,
    lineage,
    lineage_record,
    metadata_graph,
)


def report_step(
    data: DataSteps,
    fits: FitSteps,
    push: PushSteps,
    make: MakeSteps | None,
    serving_directory: str,
    metadata: metadata_store_pb2.ConnectionConfig | None,
) -> Any:
    """Builds the step.

    Args:
        data: The steps before the fits.
        fits: The fits.
        push: The steps after them.
        make: Those of the make classifier, if the run has one.
        serving_directory: Where versions are pushed to, for the command lines on the page.
        metadata: Connection to ML Metadata, for the lineage; None where there is none to open.
    """
    of_makes = {}
    if make is not None:
        of_makes = {
            "make_fit": make.trainer.outputs["model_run"],
            "make_evaluation": make.gate.outputs["evaluation"],
        }
    return RunReport(
        metadata=json_format.MessageToJson(metadata) if metadata else "",
        code=code_digest(*_REPORT),
        serving_directory=serving_directory,
        examples=data.examples,
        quarantine=data.example_gen.outputs["quarantine"],
        photograph_statistics=data.photograph_statistics.outputs["statistics"],
        data_statistics=data.statistics_gen.outputs["statistics"],
        drift=data.drift_check.outputs["drift"],
        transform_graph=data.transform.outputs["transform_graph"],
        transformed_examples=data.transform.outputs["transformed_examples"],
        unet=fits.unet.outputs["model"],
        unet_fit=fits.unet.outputs["model_run"],
        cnn=fits.cnn.outputs["model"],
        cnn_fit=fits.cnn.outputs["model_run"],
        average_mask=fits.average_mask.outputs["model"],
        average_mask_fit=fits.average_mask.outputs["model_run"],
        evaluation=push.gate.outputs["evaluation"],
        infra_blessing=push.server_check.outputs["infra_blessing"],
        model_card=push.model_card.outputs["card"],
        pushed_model=push.pusher.outputs["pushed_model"],
        **of_makes,
    )
