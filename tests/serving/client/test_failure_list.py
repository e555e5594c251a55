"""The list of what failed, from run to run."""

import json
import os

import pytest

from serving.client.failure_list import FailureList
from serving.client.photograph_plan import PlanError


def _content(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_says_which_and_why_in_order(tmp_path):
    failures = FailureList(tmp_path / "masks")
    failures.note("b/ä.jpg", "too dark")
    failures.note("a.jpg", "no \n picture")
    failures.note("c.jpg", None)
    assert len(failures) == 2
    failures.save()
    assert failures.path == tmp_path / "masks" / "mask_failures.jsonl"
    assert _content(failures.path) == [
        {"photograph": "a.jpg", "reason": "no \n picture"},
        {"photograph": "b/ä.jpg", "reason": "too dark"},
    ]
    assert len(failures.path.read_bytes().splitlines()) == 2


def test_without_a_failure_there_is_no_file(tmp_path):
    FailureList(tmp_path / "masks").save()
    assert os.listdir(tmp_path) == []


def test_of_a_table_it_lies_beside_it(tmp_path):
    assert FailureList(tmp_path / "cars.csv").path == tmp_path / "cars.mask_failures.jsonl"


def test_a_run_without_failures_removes_it(tmp_path):
    first = FailureList(tmp_path)
    first.note("a.jpg", "no picture")
    first.note("done.jpg", "no picture")
    first.save()
    second = FailureList(tmp_path)
    second.load({"a.jpg"})
    second.note("a.jpg", None)
    second.save()
    assert os.listdir(tmp_path) == []


def test_what_was_not_tried_again_still_failed(tmp_path):
    first = FailureList(tmp_path)
    for name in ("tried.jpg", "untried.jpg", "gone.jpg"):
        first.note(name, "no picture")
    first.save()
    second = FailureList(tmp_path)
    second.load({"tried.jpg", "untried.jpg"})
    second.note("tried.jpg", "still none")
    second.save()
    assert _content(second.path) == [
        {"photograph": "tried.jpg", "reason": "still none"},
        {"photograph": "untried.jpg", "reason": "no picture"},
    ]


def test_it_is_written_only_when_it_has_changed(tmp_path):
    failures = FailureList(tmp_path)
    failures.note("a.jpg", "no picture")
    failures.save()
    failures.path.unlink()
    failures.save()
    assert not failures.path.exists()
    failures.note("a.jpg", "another reason")
    failures.save()
    assert failures.path.exists()


def test_a_name_that_is_no_text(tmp_path):
    name = os.fsdecode(b"\xff.jpg")
    failures = FailureList(tmp_path)
    failures.note(name, "no picture")
    failures.save()
    again = FailureList(tmp_path)
    again.load({name})
    assert len(again) == 1


@pytest.mark.parametrize("content", [b"notes", b"{}\n", b"[1]\n", b"\xff\n"])
def test_another_file_is_left_alone(tmp_path, content):
    path = tmp_path / "mask_failures.jsonl"
    path.write_bytes(content)
    with pytest.raises(PlanError, match=r"mask_failures\.jsonl is no list of failures"):
        FailureList(tmp_path).load(set())
    assert path.read_bytes() == content
