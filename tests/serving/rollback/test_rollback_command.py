"""``studio-mask rollback`` as its user meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.command_line import main
from tests.pipeline.recorded_runs import RecordedRuns


def add_version(base, number, dice=None):
    folder = base / str(number)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"%d" % number)
    if dice is not None:
        slices = [{"type": "dice", "value": "0.1", "slice": "pose: 1"}]
        metrics = [*slices, {"type": "iou", "value": "0.5"}, {"type": "dice", "value": str(dice)}]
        card = {"quantitative_analysis": {"performance_metrics": metrics}}
        (folder / "model_card.json").write_text(json.dumps(card))
    return folder


@pytest.fixture
def base(tmp_path):
    """Three pushed versions with their cards, and no pipeline above."""
    place = tmp_path / "serving_models" / "mask"
    for number in (1, 2, 3):
        add_version(place, number, 0.98 + number / 1000)
    return place


@pytest.fixture
def rollback():
    def rollback(*arguments):
        result = CliRunner().invoke(main, ["rollback", *map(str, arguments)])
        return result.exit_code, result.output

    return rollback


def versions(base):
    return sorted(path.name for path in base.iterdir())


def test_back_and_forth(rollback, base):
    code, printed = rollback(base, "--reason", "wheels cut off")
    assert code == 0
    assert printed.splitlines() == [
        "Version 2 was blessed: its model_card.json says so.",
        f"Withdrawn to {base.parent / 'withdrawn' / 'mask'}: 3",
        f"Version 2 is the newest in {base}: servers load it at their next look, and the next run "
        "compares with it.",
        f"To undo: studio-mask rollback {base} --restore 3",
    ]
    assert versions(base) == ["1", "2"]
    code, printed = rollback(base, "--list")
    lines = printed.splitlines()
    assert lines[:2] == ["1  Dice 0.9810  earlier", "2  Dice 0.9820  served"]
    assert lines[2].startswith("3  Dice 0.9830  withdrawn on 20")
    assert lines[2].endswith(" UTC: wheels cut off")
    assert len(lines) == 3
    code, printed = rollback(base, "--restore", "3")
    assert code == 0
    assert printed.startswith("Restored: version 3 was withdrawn on")
    assert f"Version 3 is the newest in {base}" in printed
    assert versions(base) == ["1", "2", "3"]


def test_several_at_once(rollback, base):
    code, printed = rollback(f"{base}/", "--to", "1")
    assert code == 0
    assert f"{base.parent / 'withdrawn' / 'mask'}: 2, 3" in printed
    assert versions(base) == ["1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "3"], "version 3 is the one that is served"),
        (["--to", "4"], "holds no version 4; it holds 1, 2, 3"),
        (["--restore", "2"], "version 2 is not withdrawn"),
        (["--metadata", "nowhere.sqlite"], "there is no nowhere.sqlite"),
    ],
)
def test_refusals_leave_everything_as_it_is(rollback, base, arguments, said):
    code, printed = rollback(base, *arguments)
    assert code == 1
    assert printed.startswith("Error: ")
    assert said in printed
    assert len(printed.splitlines()) == 1
    assert versions(base) == ["1", "2", "3"]


def test_no_earlier_version_and_no_folder(rollback, tmp_path, base):
    add_version(tmp_path / "other", 7, 0.9)
    code, printed = rollback(tmp_path / "other")
    assert (code, "there is no earlier version" in printed) == (1, True)
    code, printed = rollback(tmp_path / "nothing")
    assert (code, "is no folder" in printed) == (1, True)
    # A version instead of the folder of versions.
    code, printed = rollback(base / "3")
    assert (code, "holds no version" in printed) == (1, True)


@pytest.mark.parametrize(
    "flags", [["--list", "--restore", "2"], ["--to", "1", "--list"], ["--to", "-1"], []]
)
def test_flags_that_make_no_sense(rollback, base, flags):
    arguments = [base, *flags] if flags else []
    assert rollback(*arguments)[0] == 2
    assert versions(base) == ["1", "2", "3"]


def test_a_version_of_unknown_origin_is_not_gone_back_to(rollback, base):
    (base / "2" / "model_card.json").unlink()
    code, printed = rollback(base)
    assert code == 1
    assert "nobody says that version 2 was blessed: it has no model_card.json" in printed
    assert versions(base) == ["1", "2", "3"]
    assert rollback(base, "--unproven")[0] == 0
    assert versions(base) == ["1", "2"]


def test_a_record_of_a_run_on_kubeflow_is_proof_enough(rollback, base):
    (base / "2" / "model_card.json").unlink()
    record = base.parent / "blessed" / "mask" / "2.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    code, printed = rollback(base)
    assert (code, "a record of its push" in printed) == (0, True)


@pytest.mark.parametrize("named", [False, True])
def test_where_there_is_ml_metadata_it_has_the_last_word(rollback, base, tmp_path, named):
    # In a workdir, or named by the user.
    folder = tmp_path / "elsewhere" if named else tmp_path
    folder.mkdir(exist_ok=True)
    runs = RecordedRuns(folder)
    for number in (1, 3):
        blessing = runs.judge(f"run {number}", runs.model(f"run {number}", f"/m/{number}", "/data"))
        runs.push(f"run {number}", blessing, str(base / str(number)))
    metadata = ["--metadata", folder] if named else []
    # Somebody put it there; its card proves nothing.
    code, printed = rollback(base, *metadata)
    assert code == 1
    assert "version 2 was blessed: ML Metadata knows no push of it" in printed
    code, printed = rollback(base, "--to", "1", *metadata)
    assert code == 0
    assert "Version 1 was blessed: pushed by the run run 1 says so." in printed
    assert versions(base) == ["1"]


def test_a_store_that_cannot_be_read_is_named(rollback, base, tmp_path):
    (tmp_path / "metadata.sqlite").write_bytes(b"no database" * 100)
    code, printed = rollback(base)
    assert code == 1
    assert "metadata.sqlite" in printed
    assert versions(base) == ["1", "2", "3"]


def test_a_version_that_is_no_model_is_named(rollback, base):
    (base / "3" / "saved_model.pb").unlink()
    code, printed = rollback(base)
    assert (code, "3/saved_model.pb" in printed) == (1, True)
    assert versions(base) == ["1", "2", "3"]


def test_nothing_pushed_yet(rollback, tmp_path):
    (tmp_path / "mask").mkdir()
    assert rollback(tmp_path / "mask", "--list") == (0, f"{tmp_path / 'mask'} holds no version.\n")


def test_it_is_done_before_tensorflow_would_be_loaded(base):
    program = (
        "import sys; from serving.command_line import main\n"
        f"try: main(['rollback', {str(base)!r}])\n"
        "finally:\n"
        "  if {'tensorflow', 'tfx', 'numpy'} & set(sys.modules): sys.exit(99)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert versions(base) == ["1", "2"]
    assert Path(base.parent, "withdrawn", "mask", "3").is_dir()
