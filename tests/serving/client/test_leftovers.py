"""What a killed run left is removed, and nothing else."""

import os
import subprocess
import sys

import pytest

from serving.atomic_file import partial_name
from serving.client.leftovers import remove_leftovers


@pytest.fixture
def dead_process():
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_only_unfinished_files_of_these_destinations_and_of_dead_processes_go(
    tmp_path, dead_process
):
    (tmp_path / "deep").mkdir()
    stay = [
        f".a.png.{os.getpid()}.partial",
        f".other.png.{dead_process}.partial",
        f"a.png.{dead_process}.partial",
        ".a.png.partial",
        f".a.png.{dead_process}.partial.txt",
        "a.png",
    ]
    go = [f".a.png.{dead_process}.partial", f"deep/.b.png.{dead_process}.partial"]
    for name in stay + go:
        (tmp_path / name).touch()
    remove_leftovers([tmp_path / "a.png", tmp_path / "deep" / "b.png", tmp_path / "new" / "c.png"])
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(stay)


def test_those_of_long_names_go_too(tmp_path, dead_process):
    long = "a" * 240
    begun = tmp_path / partial_name(long).replace(str(os.getpid()), str(dead_process))
    begun.touch()
    remove_leftovers([tmp_path / "other"])
    assert begun.exists()
    remove_leftovers([tmp_path / long])
    assert not begun.exists()
