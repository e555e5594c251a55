"""Which photographs go where, and what is refused before anything is sent."""

from pathlib import Path

import pytest

from serving.client.photograph_plan import PlanError, plan_masks


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Makes empty files below the current folder, a new one."""
    monkeypatch.chdir(tmp_path)

    def make_files(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return make_files


def _destinations(plan, root):
    return {
        str(task.photograph.relative_to(root)): str(task.destination.relative_to(root))
        for task in plan.tasks
    }


def test_a_folder_keeps_its_relative_names(make):
    root = make("in/a.jpg", "in/b/c.JPEG", "in/b/d.x.png", "in/notes.txt", "in/.hidden.jpg")
    plan = plan_masks(root / "in", root / "out")
    assert _destinations(plan, root) == {
        "in/a.jpg": "out/a.png",
        "in/b/c.JPEG": "out/b/c.png",
        "in/b/d.x.png": "out/b/d.x.png",
    }
    assert not plan.refusals


def test_of_two_photographs_with_one_destination_the_first_wins(make):
    root = make("in/a.jpg", "in/a.png", "in/a.jpeg")
    plan = plan_masks(root / "in", root / "out")
    assert [task.photograph.name for task in plan.tasks] == ["a.jpeg"]
    assert [refusal.photograph.name for refusal in plan.refusals] == ["a.jpg", "a.png"]
    assert "overwrite that of" in plan.refusals[0].reason


def test_a_mask_never_overwrites_a_photograph(make):
    root = make("in/a.png", "in/in/a.jpg", "in/in/b.jpg")
    plan = plan_masks(root / "in", root)
    assert _destinations(plan, root) == {"in/a.png": "a.png", "in/in/b.jpg": "in/b.png"}
    assert [refusal.photograph for refusal in plan.refusals] == [root / "in" / "in" / "a.jpg"]


def test_one_folder_may_be_named_in_two_ways(make):
    root = make("in/a.jpg", "in/masks/a.png")
    plan = plan_masks(Path("in"), root / "in" / "masks")
    assert [task.photograph for task in plan.tasks] == [Path("in/a.jpg")]


def test_masks_of_an_earlier_run_are_not_photographs(make):
    root = make("in/a.jpg", "in/masks/a.png")
    plan = plan_masks(root / "in", root / "in" / "masks")
    assert _destinations(plan, root) == {"in/a.jpg": "in/masks/a.png"}


@pytest.mark.parametrize(
    ("output", "destination"),
    [("out.png", "out.png"), ("out", "out/a.png"), ("folder.png", "folder.png/a.png")],
)
def test_a_file_goes_to_a_png_or_into_a_folder(make, output, destination):
    root = make("a.jpg", "folder.png/other")
    plan = plan_masks(root / "a.jpg", root / output)
    assert _destinations(plan, root) == {"a.jpg": destination}


@pytest.mark.parametrize(
    ("source", "output", "message"),
    [
        ("missing", "out", "There is no missing"),
        ("empty", "out", "No JPEG or PNG files in empty"),
        ("in", "in", "would mix in in"),
        ("in", "./in/../in", "would mix in in"),
        ("in/a.png", "in", "overwrite in/a.png"),
        ("in/a.png", "in/a.png", "overwrite in/a.png"),
    ],
)
def test_refusals(make, source, output, message):
    make("in/a.png", "empty/readme.txt")
    with pytest.raises(PlanError, match=message):
        plan_masks(Path(source), Path(output))
