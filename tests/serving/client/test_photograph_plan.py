"""Which results go where, and what is refused before anything is sent."""

from pathlib import Path

import pytest

from serving.client.photograph_plan import (
    MaskPlan,
    MaskTask,
    PlanError,
    check_destination,
    check_table,
    plan_file,
    plan_folder,
    plan_rows,
)


@pytest.fixture(autouse=True)
def make(tmp_path, monkeypatch):
    """Makes files of a byte below the current folder, a new one."""
    monkeypatch.chdir(tmp_path)

    def make_files(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")

    return make_files


def _destinations(plan):
    return {str(task.photograph): str(task.destination) for task in plan.tasks}


def test_a_folder_keeps_its_relative_names(make):
    make("in/a.jpg", "in/b/c.JPEG", "in/b/d.x.png", "in/notes.txt")
    plan = plan_folder(Path("in"), Path("out"))
    assert plan == MaskPlan(
        (
            MaskTask(Path("in/a.jpg"), "a.jpg", Path("out/a.png")),
            MaskTask(Path("in/b/c.JPEG"), "b/c.JPEG", Path("out/b/c.png")),
            MaskTask(Path("in/b/d.x.png"), "b/d.x.png", Path("out/b/d.x.png")),
        )
    )


def test_a_folders_results_may_have_another_extension(make):
    make("in/a.png")
    plan = plan_folder(Path("in"), Path("out"), ".jpg")
    assert _destinations(plan) == {"in/a.png": "out/a.jpg"}


def test_what_is_there_is_counted_and_left(make):
    make("in/a.jpg", "in/b.jpg", "in/c/d.jpg", "out/b.png", "out/c/d.png", "out/a.jpg")
    plan = plan_folder(Path("in"), Path("out"))
    assert _destinations(plan) == {"in/a.jpg": "out/a.png"}
    assert plan.already_there == 2
    forced = plan_folder(Path("in"), Path("out"), force=True)
    assert len(forced.tasks) == 3
    assert forced.already_there == 0


def test_an_empty_result_is_none(make):
    make("in/a.jpg")
    Path("out").mkdir()
    Path("out/a.png").touch()
    assert _destinations(plan_folder(Path("in"), Path("out"))) == {"in/a.jpg": "out/a.png"}


def test_of_two_photographs_with_one_destination_the_first_wins(make):
    make("in/a.jpg", "in/a.png", "in/a.jpeg")
    for _ in ("the first run", "the next one"):
        plan = plan_folder(Path("in"), Path("out"))
        assert [refusal.photograph.name for refusal in plan.refusals] == ["a.jpg", "a.png"]
        assert plan.refusals[0].reason == (
            "Its result would overwrite that of in/a.jpeg: rename one of the two."
        )
        assert len(plan.tasks) + plan.already_there == 1
        make("out/a.png")


@pytest.mark.parametrize("force", [False, True])
def test_a_result_never_overwrites_a_photograph(make, force):
    make("in/a.png", "in/in/a.jpg", "in/in/b.jpg")
    plan = plan_folder(Path("in/in"), Path("in"), force=force)
    assert _destinations(plan) == (
        {"in/in/b.jpg": "in/b.png"} | ({"in/in/a.jpg": "in/a.png"} if force else {})
    )
    outer = plan_folder(Path("in"), Path("."), force=force)
    assert _destinations(outer) == {"in/a.png": "a.png", "in/in/b.jpg": "in/b.png"}
    assert [refusal.photograph for refusal in outer.refusals] == [Path("in/in/a.jpg")]
    assert "would overwrite in/a.png" in outer.refusals[0].reason


@pytest.mark.parametrize("output", ["in", "./in/../in", "in.png", "in.JPG", "masks.csv"])
def test_where_a_folders_results_cannot_go(make, output):
    make("in/a.jpg")
    with pytest.raises(PlanError, match="would mix in in|into .*: name a folder"):
        plan_folder(Path("in"), Path(output))


@pytest.mark.parametrize(
    ("output", "destination"),
    [
        ("out.png", "out.png"),
        ("new/out.PNG", "new/out.PNG"),
        ("out", "out/a.png"),
        ("out.d", "out.d/a.png"),
        ("folder.png", "folder.png/a.png"),
    ],
)
def test_a_file_goes_to_a_file_or_into_a_folder(make, output, destination):
    make("a.jpg", "folder.png/other")
    task = plan_file(Path("a.jpg"), Path(output))
    assert task == MaskTask(Path("a.jpg"), "a.jpg", Path(destination))


def test_a_composite_may_be_called_a_jpeg_file(make):
    make("a.jpg")
    suffixes = (".png", ".jpg", ".jpeg")
    assert plan_file(Path("a.jpg"), Path("b.jpg"), suffixes).destination == Path("b.jpg")
    assert plan_file(Path("a.jpg"), Path("out"), suffixes).destination == Path("out/a.png")


@pytest.mark.parametrize(
    ("source", "output", "message"),
    [
        ("missing", "out", "There is no missing"),
        ("a.jpg", "out.jpg", r"Cannot write out\.jpg: its name must end in \.png"),
        ("a.jpg", "out.csv", r"must end in \.png"),
        ("a.jpg", "old.png", "old.png is already there: --force replaces it"),
        ("a.jpg", "old", "old/a.png is already there"),
        ("b.png", ".", "overwrite b.png: choose another OUTPUT"),
        ("b.png", "b.png", "overwrite b.png: choose another OUTPUT"),
    ],
)
def test_files_that_are_refused(make, source, output, message):
    make("a.jpg", "b.png", "old.png", "old/a.png")
    with pytest.raises(PlanError, match=message):
        plan_file(Path(source), Path(output))


def test_force_replaces_a_result_but_never_the_photograph(make):
    make("a.jpg", "b.png", "old.png")
    assert plan_file(Path("a.jpg"), Path("old.png"), force=True).destination == Path("old.png")
    check_destination(Path("old.png"), (".png",), force=True)
    with pytest.raises(PlanError, match="overwrite b.png"):
        plan_file(Path("b.png"), Path("b.png"), force=True)


def test_rows_are_named_as_the_challenge_has_them(make):
    make("in/a.jpg", "in/b/c.JPG", "in/d.png", "in/a.png")
    plan = plan_rows(Path("in"), Path("masks.csv"), {"d.png", "gone.jpg"})
    assert [task.name for task in plan.tasks] == ["a.jpg", "a.png", "b/c.JPG"]
    assert {task.destination for task in plan.tasks} == {Path("masks.csv")}
    assert plan.already_there == 1
    forced = plan_rows(Path("in"), Path("masks.csv"), {"d.png"}, force=True)
    assert len(forced.tasks) == 4


def test_a_row_for_one_photograph(make):
    make("in/a.jpg")
    assert plan_rows(Path("in/a.jpg"), Path("masks.csv"), set()).tasks == (
        MaskTask(Path("in/a.jpg"), "a.jpg", Path("masks.csv")),
    )
    assert plan_rows(Path("in/a.jpg"), Path("masks.csv"), {"a.jpg"}).already_there == 1
    with pytest.raises(PlanError, match="There is no missing"):
        plan_rows(Path("missing"), Path("masks.csv"), set())


def test_a_name_with_a_line_break_has_no_row(make):
    make("in/a\nb.jpg")
    plan = plan_rows(Path("in"), Path("masks.csv"), set())
    assert plan.tasks == ()
    assert "line break" in plan.refusals[0].reason


@pytest.mark.parametrize("name", ["masks", "masks.png", "folder.csv"])
def test_what_is_no_table(make, name):
    make("folder.csv/other")
    with pytest.raises(PlanError, match=r"name a file that ends in \.csv"):
        check_table(Path(name))
    check_table(Path("masks.CSV"))
