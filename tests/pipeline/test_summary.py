import io
import json
from datetime import datetime, timezone

import pytest
from rich.console import Console

from pipeline.closing import print_closing
from pipeline.run_record import RunRecord
from pipeline.screen import Step
from pipeline.summary import summarize
from pipeline.workdir import Workdir
from serving.rollback.files import LocalFiles
from serving.rollback.version_history import VersionHistory

STEPS = [Step("PhotographExampleGen", 1.26, cached=True), Step("Gate", 2.01, cached=False)]


@pytest.fixture
def record(tmp_path):
    """Writes what the steps leave behind; returns the record of the run."""

    def write(
        blessed=True, quarantined=None, with_blessed=True, pushed=True, served=(17,), serves=True
    ):
        uris = {}

        def put(node, key, name, content):
            folder = tmp_path / node / key
            folder.mkdir(parents=True)
            (folder / name).write_text(json.dumps(content))
            uris[node, key] = str(folder)

        dice = {"unet": 0.99, "cnn": 0.8, "average_mask": 0.7}
        put(
            "Gate",
            "evaluation",
            "verdict.json",
            {
                "blessed": blessed,
                "dice": dice | ({"blessed": 0.985} if with_blessed else {}),
                "models": {
                    name: {
                        "ceiling": None if name == "average_mask" else 0.996,
                        "figures": {
                            "dice": {
                                "mean": value,
                                "low": None if name == "average_mask" else value - 0.002,
                                "high": None if name == "average_mask" else value + 0.001,
                            },
                            "boundary_distance": {"mean": 2.25, "low": 2.0, "high": 2.5},
                        },
                    }
                    for name, value in dice.items()
                },
                "clauses": [
                    {"name": "beats cnn", "passed": True, "reason": "by far"},
                    {"name": "beats average_mask", "passed": blessed, "reason": "[who knows]"},
                ],
            },
        )
        put(
            "ServerCheck",
            "infra_blessing",
            "server_check.json",
            {
                "blessed": blessed and serves,
                "checked": blessed,
                "server": "embedded" if blessed else "",
                "clauses": [
                    {"name": "runs in its server", "passed": serves, "reason": "12 [of] 12"}
                    if blessed
                    else {"name": "blessed by the gate", "passed": False, "reason": "not checked"}
                ],
            },
        )
        put(
            "DriftCheck",
            "drift",
            "drift.json",
            {"findings": ["brightness: 12 levels darker"] if quarantined else []},
        )
        suspects = [json.dumps({"image_id": f"car_{index:02}"}) for index in range(1, 6)]
        (tmp_path / "Gate/evaluation/suspected_labels.jsonl").write_text(
            "\n".join(suspects[: 5 if quarantined else 0])
        )
        put(
            "PhotographExampleGen",
            "quarantine",
            "counts.json",
            {
                "photographs": {"train": 12, "val": 4, "test": 8},
                "groups": {"train": 3, "val": 1, "test": 2},
                "quarantined": quarantined or {},
                "groups_without_metadata": ["a", "b"] if quarantined else [],
            },
        )
        for number, model in enumerate(("average_mask", "cnn", "unet")):
            put(
                f"Trainer.{model}",
                "model_run",
                "fit.json",
                {
                    "val_dice": 0.5 + number / 8,
                    "threshold": number / 8,
                    "parameters": 1000 + number,
                    "epochs": number,
                    "seconds": 10.0 * number,
                },
            )
        destination = str(tmp_path / "serving_models" / "mask" / "17")
        for version in served:
            (tmp_path / "serving_models" / "mask" / str(version)).mkdir(parents=True)
        properties = {"pushed": 1, "pushed_destination": destination} if pushed else {"pushed": 0}
        return RunRecord({}, uris, {("Pusher", "pushed_model"): properties})

    return write


def test_collects_the_figures_of_all_steps(record, tmp_path):
    summary = summarize(record(quarantined={"empty mask": 2}), STEPS, Workdir(tmp_path))
    unet = summary.models["unet"]
    assert list(summary.models) == ["average_mask", "cnn", "unet"]
    assert (unet.test_dice, unet.val_dice, unet.threshold) == (0.99, 0.75, 0.25)
    assert unet.test_interval == (0.988, 0.991)
    assert (unet.ceiling, unet.boundary_distance) == (0.996, 2.25)
    assert summary.models["average_mask"].test_interval is None
    assert summary.worst_photographs.endswith("Gate/evaluation/worst.html")
    assert summary.suspected_labels == [f"car_{index:02}" for index in range(1, 6)]
    assert (unet.parameters, unet.epochs, unet.fit_seconds) == (1002, 2, 20.0)
    assert summary.models["average_mask"].test_dice == 0.7
    assert summary.blessed
    assert summary.server == "embedded"
    assert [clause["name"] for clause in summary.reasons] == ["beats cnn", "beats average_mask"]
    assert [clause["name"] for clause in summary.server_reasons] == ["runs in its server"]
    assert summary.blessed_dice == 0.985
    assert summary.pushed == str(tmp_path / "serving_models" / "mask" / "17")
    assert summary.steps == [
        {"name": "PhotographExampleGen", "seconds": 1.3, "cached": True},
        {"name": "Gate", "seconds": 2.0, "cached": False},
    ]
    assert summary.seconds == 3.3
    assert summary.photographs == {"train": 12, "val": 4, "test": 8}
    assert summary.cars == {"train": 3, "val": 1, "test": 2}
    assert summary.quarantined == {"empty mask": 2}
    assert summary.cars_without_metadata == 2
    assert summary.drift == ["brightness: 12 levels darker"]
    assert summary.make is None
    assert summary.bulk_masks is None
    assert summary.report == str(tmp_path / "report" / "index.html")
    assert summary.quarantine_list.endswith("PhotographExampleGen/quarantine/quarantine.jsonl")


@pytest.mark.parametrize("masked", [True, False])
def test_bulk_masks_are_named_if_there_are_any(record, tmp_path, masked):
    run = record()
    folder = tmp_path / "BulkInferrer" / "output_examples"
    (folder / "Split-unlabelled").mkdir(parents=True)
    if masked:
        (folder / "Split-unlabelled" / "examples-00000-of-00001.gz").touch()
    run.uris["BulkInferrer", "output_examples"] = str(folder)
    summary = summarize(run, STEPS, Workdir(tmp_path))
    assert summary.bulk_masks == (str(folder) if masked else None)
    screen = Console(file=io.StringIO(), width=500)
    print_closing(screen, summary, Workdir(tmp_path))
    assert (f"Bulk masks: {folder}\n" in screen.file.getvalue()) == masked


def test_a_first_run_that_was_rejected(record, tmp_path):
    summary = summarize(
        record(blessed=False, with_blessed=False, pushed=False, served=()), STEPS, Workdir(tmp_path)
    )
    assert not summary.blessed
    assert summary.server == ""
    assert summary.server_reasons == []
    assert summary.blessed_dice is None
    assert summary.pushed is None
    assert summary.served is None


def test_a_model_that_its_server_rejected_is_not_blessed(record, tmp_path):
    summary = summarize(record(serves=False, pushed=False), STEPS, Workdir(tmp_path))
    assert not summary.blessed
    assert all(clause["passed"] for clause in summary.reasons)
    assert [clause["passed"] for clause in summary.server_reasons] == [False]


def test_a_rejected_run_tells_what_a_server_goes_on_with(record, tmp_path):
    # By number, not by name.
    run = record(blessed=False, pushed=False, served=(9, 17, 8))
    summary = summarize(run, STEPS, Workdir(tmp_path))
    assert summary.served == str(tmp_path / "serving_models" / "mask" / "17")


def test_a_pushed_version_that_was_removed_is_not_shown(record, tmp_path):
    summary = summarize(record(served=(9,)), STEPS, Workdir(tmp_path))
    assert summary.pushed is None
    assert summary.served == str(tmp_path / "serving_models" / "mask" / "9")


@pytest.fixture
def take_back(tmp_path):
    """Takes all later versions than one back."""

    def take_back(version, reason):
        base = tmp_path / "serving_models" / "mask"
        for each in base.iterdir():
            (each / "saved_model.pb").write_bytes(b"graph")
        moment = datetime(2026, 11, 23, 8, 5, tzinfo=timezone.utc)
        VersionHistory(str(base), LocalFiles()).roll_back(version, reason, moment)

    return take_back


def test_a_model_that_was_taken_back_says_so(record, take_back, tmp_path):
    run = record(served=(9, 17))
    assert summarize(run, STEPS, Workdir(tmp_path)).withdrawn is None
    take_back(9, "cut wheels")
    summary = summarize(run, STEPS, Workdir(tmp_path))
    assert summary.withdrawn == "version 17 was withdrawn on 2026-11-23 08:05 UTC: cut wheels"
    assert summary.pushed is None
    assert summary.blessed
    # Pushed once more, it was refused.
    refused = {"pushed": 0, "pushed_destination": "", "withdrawn_from": "/mask/17"}
    run.properties["Pusher", "pushed_model"] = refused
    assert summarize(run, STEPS, Workdir(tmp_path)).withdrawn == summary.withdrawn


def test_is_written_whole(record, tmp_path):
    summary = summarize(record(), STEPS, Workdir(tmp_path))
    path = tmp_path / "summary.json"
    path.write_text("an older one")
    summary.write(path)
    written = json.loads(path.read_text())
    assert written["models"]["unet"]["test_dice"] == 0.99
    assert written["seconds"] == 3.3
    assert [each.name for each in tmp_path.glob("*summary*")] == ["summary.json"]


class TestClosing:
    @pytest.fixture
    def closing(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        def closing(run, path=tmp_path):
            workdir = Workdir(path)
            console = Console(file=io.StringIO(), width=200)
            print_closing(console, summarize(run, STEPS, workdir), workdir)
            return console.file.getvalue()

        return closing

    def test_a_pushed_run(self, record, closing):
        text = closing(record(quarantined={"empty mask": 2}))
        rows = [line.split() for line in text.splitlines()]
        scores = ["unet", "0.9900", "0.9880-0.9910", "0.9960", "2.2"]
        assert [*scores, "0.7500", "1,002", "20"] in rows
        scores = ["average_mask", "0.7000", "one", "car", "2.2"]
        assert [*scores, "0.5000", "1,000", "0"] in rows
        assert "Report: report/index.html" in text
        assert "Masks to check by hand: car_01, car_02, car_03 and 2 more" in text
        assert ["last", "blessed", "0.9850"] in rows
        assert "Photographs: train 12 (3 cars), val 4 (1 cars), test 8 (2 cars)" in text
        assert "Set aside: empty mask 2; see PhotographExampleGen/quarantine/" in text
        assert "Cars without metadata: 2" in text
        assert "Drift: brightness: 12 levels darker" in text
        assert "The U-Net is blessed:" in text
        assert "  yes beats cnn: by far" in text
        assert "  yes beats average_mask: [who knows]" in text
        assert "  yes runs in its server: 12 [of] 12" in text
        assert "Pushed to serving_models/mask/17" in text
        assert "All figures: summary.json   Log: logs/local_runner.log" in text
        assert "A server goes on" not in text

    def test_a_run_whose_model_was_taken_back(self, record, closing, take_back):
        run = record(served=(9, 17))
        take_back(9, "cut wheels")
        text = closing(run)
        assert "not pushed again, because version 17 was withdrawn on 2026-11-23 08:05" in text
        assert "studio-mask rollback serving_models/mask --restore" in text
        assert "A server goes on with serving_models/mask/9" in text
        assert "removed since" not in text

    def test_a_rejected_run(self, record, closing):
        text = closing(record(blessed=False, with_blessed=False, pushed=False, served=(9,)))
        assert "The U-Net is rejected:" in text
        assert "  NO  beats average_mask: [who knows]" in text
        assert "Nothing was pushed." in text
        assert "A server goes on with serving_models/mask/9" in text
        for absent in ("last blessed", "Set aside", "metadata", "by hand", "Drift"):
            assert absent not in text

        assert "server:" not in text
        assert "not checked" not in text

    def test_a_run_that_its_server_rejected(self, record, closing):
        text = closing(record(serves=False, pushed=False, served=(9,)))
        assert "The U-Net is rejected:" in text
        assert "  yes beats average_mask: [who knows]" in text
        assert "  NO  runs in its server: 12 [of] 12" in text
        assert "Nothing was pushed." in text
        assert "A server goes on with serving_models/mask/9" in text

    def test_paths_are_no_markup(self, record, closing, tmp_path):
        (tmp_path / "[old]").mkdir()
        text = closing(record(served=()), tmp_path / "[old]")
        assert "All figures: [old]/summary.json   Log: [old]/logs/local_runner.log" in text
