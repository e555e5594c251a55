"""The plugin that writes down what a whole run passed."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

TESTS = """
import pytest

def test_good():
    pass

def test_bad():
    assert False

@pytest.mark.skip(reason="to be counted")
def test_left_out():
    pass

@pytest.mark.some
def test_other():
    pass
"""

# Counts the records at the end of each process that pytest-xdist started.
RECORDS_AT_A_WORKERS_END = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(config):
    if hasattr(config, "workerinput"):
        records = config.getoption("compatibility_record").glob("*")
        with config.rootpath.joinpath("seen").open("a") as seen:
            print(len([*records]), file=seen)
"""


@pytest.fixture
def recorded(tmp_path):
    """Runs pytest with the plugin on four tests of its own; returns the records it left."""
    (tmp_path / "project" / "tests").mkdir(parents=True)
    (tmp_path / "project" / "tests" / "test_some.py").write_text(TESTS)
    (tmp_path / "project" / "pytest.ini").write_text(
        "[pytest]\ntestpaths = tests\nmarkers = some\n"
    )

    def run(*arguments: str) -> list[dict[str, object]]:
        folder = tmp_path / "records"
        command = [sys.executable, "-m", "pytest", "-p", "tests.compatibility_record"]
        command += ["-p", "no:randomly", "--compatibility-record", str(folder), *arguments]
        subprocess.run(
            command,
            cwd=tmp_path / "project",
            env={"PYTHONPATH": str(Path.cwd()), "PATH": "/usr/bin:/bin"},
            check=False,
            capture_output=True,
        )
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    return run


def test_outcomes_and_versions_are_written_down(recorded):
    [record] = recorded("-m", "not some")
    assert (record["passed"], record["failed"], record["skipped"]) == (1, 1, 1)
    assert record["tests"] == "not some"
    assert record["python"] == platform.python_version()
    assert record["versions"]["tensorflow"] == tf.__version__
    assert record["libc"].startswith("glibc 2.")


@pytest.mark.parametrize(
    "part",
    [
        ("tests/test_some.py",),
        ("-k", "good"),
        ("--collect-only",),
        ("--deselect", "tests/test_some.py::test_bad"),
        ("--ignore=tests/test_other.py",),
        ("--ignore-glob=*_other.py",),
        ("--last-failed",),
        ("--setup-plan",),
        ("--stepwise",),
        ("-x",),
        ("--maxfail=1",),
    ],
)
def test_a_part_of_the_tests_is_not_recorded(recorded, part):
    assert recorded(*part) == []


@pytest.mark.parametrize("flags", [("-x", "-m", "some"), ("-p", "no:cacheprovider"), ("--ff",)])
def test_flags_that_leave_nothing_out_do_not_matter(recorded, flags):
    [record] = recorded(*flags)
    assert record["passed"] > 0


def test_the_processes_that_share_the_tests_write_nothing(recorded, tmp_path):
    (tmp_path / "project" / "conftest.py").write_text(RECORDS_AT_A_WORKERS_END)
    [record] = recorded("-n", "2")
    assert (record["passed"], record["failed"], record["skipped"]) == (2, 1, 1)
    assert (tmp_path / "project" / "seen").read_text().split() == ["0", "0"]
