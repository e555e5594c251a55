"""What a run came to, for a person and for a program: ``summary.json`` and the closing table."""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.drift_verdict import DRIFT_FILE
from components.gate import SUSPECTS_FILE, VERDICT_FILE
from components.quarantine import COUNTS_FILE
from components.server_check import SERVER_CHECK_FILE
from components.withdrawn_models import REFUSED
from evaluation.worst_photographs import PAGE_FILE
from pipeline.make_summary import MakeSummary, summarize_make
from pipeline.run_record import RunRecord
from pipeline.screen import Step
from pipeline.workdir import Workdir
from report.publish import PAGE_FILE as REPORT_FILE
from serving.atomic_file import write_atomically
from serving.rollback.files import LocalFiles
from serving.rollback.withdrawal import withdrawals
from trainer.fit import FIT_FILE

_MODELS = ("average_mask", "cnn", "unet")


@dataclass(frozen=True)
class ModelSummary:
    """One model's row.

    Attributes:
        test_dice: Mean hard Dice over the test split, full size, from the servable's own replies.
        test_interval: 95% interval of it over the cars; None where there is only one.
        ceiling: What a perfect prediction at the model's input size would score there; None where
            the size is not known.
        boundary_distance: Mean distance between the outlines of mask and truth, pixels.
        val_dice: The same over val, at the fitted threshold.
        threshold: Fitted on val.
        parameters: Weights, trained or not.
        epochs: Of its fit.
        fit_seconds: Of its Trainer step, threshold and export included.
    """

    test_dice: float
    test_interval: tuple[float, float] | None
    ceiling: float | None
    boundary_distance: float
    val_dice: float
    threshold: float
    parameters: int
    epochs: int
    fit_seconds: float


@dataclass(frozen=True)
class Summary:
    """A whole run.

    Attributes:
        models: By name.
        blessed_dice: The last blessed model's test Dice; None where there was none.
        blessed: Whether both the gate and the server check let it pass.
        reasons: Per clause of the gate: its name, whether it passed, and the numbers.
        server: The server that it was checked in; empty where the gate had rejected it.
        server_reasons: The same per clause of the server check; empty where the gate had rejected
            it.
        pushed: The version directory that this model was pushed to, by this run or, if cached, by
            an earlier one; None where it was rejected or the directory is gone.
        withdrawn: That this model was pushed before and taken back, and why, in words; None where
            it was not.
        served: The version directory that a server loads; None before the first push.
        steps: Name, seconds and whether cached, in the order they ran.
        seconds: Of all steps.
        photographs: Per split.
        cars: Per split.
        quarantined: Files set aside, by reason.
        quarantine_list: Where each of them is named.
        worst_photographs: Page with the U-Net's worst masks.
        suspected_labels: Ids of test photographs whose hand-made mask is probably wrong, most
            suspect first.
        cars_without_metadata: How many metadata.csv does not know.
        drift: What differs from the photographs of the last blessed model, a sentence each.
        make: The make classifier; None where the run has none.
        bulk_masks: Folder of the TFRecord files that BulkInferrer wrote; None where it masked
            nothing.
        report: Page with all of this and more.
    """

    models: dict[str, ModelSummary]
    blessed_dice: float | None
    blessed: bool
    reasons: list[dict[str, Any]]
    server: str
    server_reasons: list[dict[str, Any]]
    pushed: str | None
    withdrawn: str | None
    served: str | None
    steps: list[dict[str, Any]]
    seconds: float
    photographs: dict[str, int]
    cars: dict[str, int]
    quarantined: dict[str, int]
    quarantine_list: str
    worst_photographs: str
    suspected_labels: list[str]
    cars_without_metadata: int
    drift: list[str]
    make: MakeSummary | None
    bulk_masks: str | None
    report: str

    def write(self, path: Path) -> None:
        """Writes everything as JSON, at once and whole."""
        write_atomically(path, (json.dumps(dataclasses.asdict(self), indent=2) + "\n").encode())


def summarize(record: RunRecord, steps: list[Step], workdir: Workdir) -> Summary:
    """Collects the summary of a finished run.

    Args:
        record: Of the run, from ML Metadata.
        steps: As the screen saw them.
        workdir: Of the run.
    """
    evaluation = record.uris["Gate", "evaluation"]
    verdict = _read(evaluation, VERDICT_FILE)
    quarantine = record.uris["PhotographExampleGen", "quarantine"]
    counts = _read(quarantine, COUNTS_FILE)
    models = {}
    for name in _MODELS:
        fit = _read(record.uris[f"Trainer.{name}", "model_run"], FIT_FILE)
        figures = verdict["models"][name]["figures"]
        dice = figures["dice"]
        models[name] = ModelSummary(
            test_dice=dice["mean"],
            test_interval=None if dice["low"] is None else (dice["low"], dice["high"]),
            ceiling=verdict["models"][name]["ceiling"],
            boundary_distance=figures["boundary_distance"]["mean"],
            val_dice=fit["val_dice"],
            threshold=fit["threshold"],
            parameters=fit["parameters"],
            epochs=fit["epochs"],
            fit_seconds=fit["seconds"],
        )
    server_check = _read(record.uris["ServerCheck", "infra_blessing"], SERVER_CHECK_FILE)
    push = record.properties["Pusher", "pushed_model"]
    pushed = str(push["pushed_destination"]) if push.get("pushed") else None
    served = workdir.served_version()
    return Summary(
        models=models,
        blessed_dice=verdict["dice"].get("blessed"),
        blessed=verdict["blessed"] and server_check["blessed"],
        reasons=verdict["clauses"],
        server=server_check["server"],
        server_reasons=server_check["clauses"] if server_check["checked"] else [],
        pushed=pushed if pushed and Path(pushed).is_dir() else None,
        withdrawn=_withdrawal(pushed or str(push.get(REFUSED, "")), workdir),
        served=str(served) if served else None,
        steps=[
            {"name": step.name, "seconds": round(step.seconds, 1), "cached": step.cached}
            for step in steps
        ],
        seconds=round(sum(step.seconds for step in steps), 1),
        photographs=counts["photographs"],
        cars=counts["groups"],
        quarantined=counts["quarantined"],
        quarantine_list=os.path.join(quarantine, "quarantine.jsonl"),
        worst_photographs=os.path.join(evaluation, PAGE_FILE),
        suspected_labels=[
            json.loads(line)["image_id"]
            for line in Path(evaluation, SUSPECTS_FILE).read_text().splitlines()
        ],
        cars_without_metadata=len(counts["groups_without_metadata"]),
        drift=_read(record.uris["DriftCheck", "drift"], DRIFT_FILE)["findings"],
        make=summarize_make(record),
        bulk_masks=_bulk_masks(record),
        report=str(workdir.report / REPORT_FILE),
    )


def _bulk_masks(record: RunRecord) -> str | None:
    """Returns where masks of further photographs lie; without a blessing nothing is written."""
    uri = record.uris.get(("BulkInferrer", "output_examples"))
    wrote = uri is not None and any(path.is_file() for path in Path(uri).rglob("*"))
    return uri if wrote else None


def _withdrawal(place: str, workdir: Workdir) -> str | None:
    """Says that the version of a directory was withdrawn, if it was."""
    known = withdrawals(str(workdir.serving_directory), LocalFiles())
    version = Path(place).name
    record = known.get(int(version)) if version.isdecimal() else None
    return None if record is None else str(record)


def _read(uri: str, name: str) -> dict[str, Any]:
    return json.loads(Path(uri, name).read_text())
