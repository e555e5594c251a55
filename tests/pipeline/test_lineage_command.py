"""``studio-mask lineage`` as its user meets it."""

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2 as mlmd

from serving.command_line import main
from serving.rollback.files import LocalFiles
from serving.rollback.version_history import VersionHistory
from tests.pipeline.recorded_runs import RecordedRuns

SPANS = json.dumps(
    [
        {"number": 1, "version": None, "path": "/photos/span-1"},
        {"number": 2, "version": 3, "path": "/photos/span-2/version-3"},
    ]
)
CARD = {
    "model_details": {
        "name": "studio-mask",
        "documentation": "Fitted in 3 epochs.\nBlessed by the gate.",
        "version": {"name": "8c27aaf31e0c", "date": "2026-11-23"},
    },
    "model_parameters": {
        "data": [{"name": "train", "description": "720 photographs. Spans: 1 and 2."}]
    },
}


@pytest.fixture
def lineage():
    def lineage(*arguments):
        result = CliRunner().invoke(main, ["lineage", *map(str, arguments)])
        return result.exit_code, result.output

    return lineage


@pytest.fixture
def workdir(tmp_path):
    """Two models, the second from the first one's weights, both pushed."""
    runs = RecordedRuns(tmp_path)
    base = tmp_path / "serving_models" / "mask"
    parent = None
    for number, spans in ((1, ""), (2, SPANS)):
        model = tmp_path / "pipeline" / "Trainer.unet" / "model" / str(number)
        (model / "Format-Serving").mkdir(parents=True)
        more = {"spans": spans} if spans else {}
        parent = runs.model(f"run {number}", str(model), "/photos/span-{SPAN}", parent, **more)
        version = base / str(number)
        version.mkdir(parents=True)
        (version / "saved_model.pb").write_bytes(b"%d" % number)
        runs.push(f"run {number}", runs.judge(f"run {number}", parent), str(version))
    counts = {
        "photographs": {"train": 32, "val": 16},
        "groups": {"train": 2, "val": 1},
        "quarantined": {"empty mask": 4},
        "groups_without_metadata": [],
    }
    # Of the second run's ExampleGen, as that writes it.
    [examples] = runs.store.get_artifacts_by_uri(
        str(tmp_path / "pipeline/Trainer.unet/model/2/examples")
    )
    [event] = [
        each
        for each in runs.store.get_events_by_artifact_ids([examples.id])
        if each.type == mlmd.Event.OUTPUT
    ]
    beside = tmp_path / "quarantine"
    beside.mkdir()
    (beside / "counts.json").write_text(json.dumps(counts))
    _add_output(runs, event.execution_id, "components.Quarantine", str(beside))
    return tmp_path


def _add_output(runs, execution, kind, uri):
    kind_id = runs.store.put_artifact_type(mlmd.ArtifactType(name=kind))
    [artifact] = runs.store.put_artifacts([mlmd.Artifact(type_id=kind_id, uri=uri)])
    event = mlmd.Event(artifact_id=artifact, execution_id=execution, type=mlmd.Event.OUTPUT)
    event.path.steps.add().key = "quarantine"
    runs.store.put_events([event])


def test_a_pushed_version(lineage, workdir):
    code, printed = lineage(workdir / "serving_models" / "mask" / "2")
    assert code == 0
    own, _, parent = printed.partition("Parent, whose weights")
    for line in (
        f"Model {workdir}/pipeline/Trainer.unet/model/2",
        f"  photographs of /photos/span-{{SPAN}}, fingerprint {'f' * 64}, ",
        "    span 1: /photos/span-1",
        "    span 2 version 3: /photos/span-2/version-3",
        "    train: 32 photographs of 2 cars",
        "    set aside: 4, empty mask",
        "  blessed by Gate in the run run 2, ",
        "  blessed by ServerCheck in the run run 2, ",
        f"  pushed to {workdir}/serving_models/mask/2 in the run run 2, ",
        "  model=unet",
        "  fit.epochs=7",
        "  Trainer.unet         c0de3",
        "  w.h5: ab",
    ):
        assert f"\n{line}" in f"\n{own}"
    assert "in the run run 2" in own
    assert f"  Model {workdir}/pipeline/Trainer.unet/model/1" in parent
    assert f"    pushed to {workdir}/serving_models/mask/1 in the run run 1" in parent
    assert "run 2" not in parent


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ("serving_models/mask", 2),  # The newest.
        ("serving_models/mask/1/", 1),
        ("pipeline/Trainer.unet/model/1", 1),
        ("pipeline/Trainer.unet/model/1/Format-Serving", 1),
    ],
)
def test_what_a_folder_means(lineage, workdir, place, number):
    code, printed = lineage(f"{workdir}/{place}", "--json")
    assert code == 0
    told = json.loads(printed)
    assert told["source"] == "ML Metadata"
    assert told["lineage"]["uri"].endswith(f"Trainer.unet/model/{number}")
    assert (told["lineage"]["parent"] is None) == (number == 1)


def test_as_json(lineage, workdir):
    _, printed = lineage(workdir / "serving_models" / "mask" / "2", "--json")
    told = json.loads(printed)["lineage"]
    [data] = told["data"]
    assert data["counts"]["photographs"] == {"train": 32, "val": 16}
    assert data["config"] == {"seed": 3}
    assert told["code"]["Transform"] == "c0de2"
    assert datetime.fromisoformat(told["started"]).tzinfo is not None
    assert [each["run"] for each in told["parent"]["pushes"]] == ["run 1"]


def test_a_version_that_was_taken_back(lineage, workdir):
    base = workdir / "serving_models" / "mask"
    moment = datetime(2026, 11, 23, 8, 5, tzinfo=timezone.utc)
    VersionHistory(str(base), LocalFiles()).roll_back(1, "cut wheels", moment)
    place = workdir / "serving_models" / "withdrawn" / "mask" / "2"
    code, printed = lineage(place)
    assert code == 0
    assert "    version 2 was withdrawn on 2026-11-23 08:05 UTC: cut wheels\n" in printed
    told = json.loads(lineage(place, "--json")[1])
    assert told["withdrawn"][str(base / "2")]["reason"] == "cut wheels"
    assert told["lineage"]["uri"].endswith("model/2")


def test_a_store_elsewhere_is_named(lineage, workdir, tmp_path_factory):
    moved = tmp_path_factory.mktemp("server") / "mask" / "2"
    moved.mkdir(parents=True)
    (moved / "saved_model.pb").write_bytes(b"2")
    for named in (workdir, workdir / "metadata.sqlite"):
        code, printed = lineage(moved, "--metadata", named)
        assert (code, "Trainer.unet/model/2" in printed) == (0, True)
    code, printed = lineage(moved)
    assert code == 1
    assert "holds no model_card.json; --metadata names another store" in printed
    code, printed = lineage(moved, "--metadata", moved)
    assert (code, "there is no" in printed, len(printed.splitlines())) == (1, True, 1)


def test_a_workdir_that_was_moved(lineage, workdir, tmp_path_factory):
    moved = tmp_path_factory.mktemp("moved") / "workdir"
    workdir.rename(moved)
    for place in ("serving_models/mask/1", "pipeline/Trainer.unet/model/1"):
        code, printed = lineage(moved / place)
        assert (code, "Model " in printed) == (0, True)


def test_from_the_card_alone(lineage, tmp_path):
    version = tmp_path / "mask" / "7"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(b"7")
    (version / "model_card.json").write_text(json.dumps(CARD))
    code, printed = lineage(version)
    assert code == 0
    assert printed.splitlines()[:5] == [
        "Model studio-mask, digest 8c27aaf31e0c, fitted 2026-11-23",
        "Fitted in 3 epochs.",
        "Blessed by the gate.",
        "Data",
        "  train: 720 photographs. Spans: 1 and 2.",
    ]
    assert "  not known: the whole configuration\n" in printed
    told = json.loads(lineage(version, "--json")[1])
    assert told["source"] == "model card"
    assert told["data"] == {"train": "720 photographs. Spans: 1 and 2."}
    assert "the path of the photographs" in told["not_known"]


@pytest.mark.parametrize("card", ["{", "[]", "{}", '{"model_details": 5}'])
def test_a_broken_card_is_named(lineage, tmp_path, card):
    version = tmp_path / "mask" / "7"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(b"7")
    (version / "model_card.json").write_text(card)
    code, printed = lineage(version)
    assert (code, "7/model_card.json is no model card" in printed) == (1, True)


def test_what_is_no_model(lineage, workdir):
    code, printed = lineage(workdir)
    assert (code, "holds neither a model nor versions of one" in printed) == (1, True)
    code, printed = lineage(workdir / "nothing")
    assert (code, "nothing is no folder" in printed) == (1, True)
    stranger = workdir / "serving_models" / "mask" / "9"
    stranger.mkdir()
    (stranger / "saved_model.pb").write_bytes(b"9")
    code, printed = lineage(stranger)
    assert (code, "knows no push to" in printed, len(printed.splitlines())) == (1, True, 1)


def test_a_store_that_is_none(lineage, tmp_path):
    version = tmp_path / "serving_models" / "mask" / "7"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(b"7")
    (tmp_path / "metadata.sqlite").write_bytes(b"no database" * 100)
    code, printed = lineage(version)
    assert code == 1
    assert "metadata.sqlite" in printed
    assert len(printed.splitlines()) == 1


def test_it_does_not_wait_for_heavy_modules(workdir):
    place = str(workdir / "serving_models" / "mask" / "2")
    program = (
        "import sys; from serving.command_line import main\n"
        f"try: main(['lineage', {place!r}])\n"
        "finally:\n"
        "  if {'tensorflow', 'tfx', 'apache_beam'} & set(sys.modules): sys.exit(99)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Model ")
    assert Path(place).is_dir()
