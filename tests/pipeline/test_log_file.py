import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.log_file import chatter_to

# In a process of its own: pytest has redirected this one's output already.
PROGRAM = """
import logging, os, subprocess, sys, warnings
from pathlib import Path
from pipeline.log_file import chatter_to

print("before")
with chatter_to(Path(sys.argv[1])) as screen:
    screen.write("for the user\\n")
    screen.write("a file's name: \\udcff\\n")
    print("python's stdout")
    print("python's stderr", file=sys.stderr)
    os.write(1, b"C++'s stdout\\n")
    os.write(2, b"C++'s stderr\\n")
    subprocess.run(["echo", "a child's stdout"], check=True)
    logging.getLogger("library").info("logged %d", 7)
    logging.getLogger("library").info("a name: \\udcff")
    warnings.warn("warned")
print("after")
print("after, too", file=sys.stderr)
os.write(1, b"after, below\\n")
logging.getLogger("library").info("logged afterwards")
"""


def run(log):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(log)], capture_output=True, text=True, check=True
    )


def test_only_the_users_lines_reach_the_screen(tmp_path):
    log = tmp_path / "logs" / "run.log"
    process = run(log)
    assert sorted(process.stdout.splitlines()) == [
        "a file's name: \\udcff",
        "after",
        "after, below",
        "before",
        "for the user",
    ]
    assert process.stderr == "after, too\n"
    written = log.read_text()
    for line in (
        "python's stdout",
        "python's stderr",
        "C++'s stdout",
        "C++'s stderr",
        "a child's stdout",
        "INFO library: logged 7",
        "INFO library: a name: \\udcff",
        "UserWarning: warned",
    ):
        assert written.count(line) == 1, line
    for line in ("before", "after", "for the user"):
        assert line not in written


def test_a_second_run_is_appended(tmp_path):
    log = tmp_path / "run.log"
    run(log)
    run(log)
    assert log.read_text().count("C++'s stdout") == 2


def test_output_comes_back_after_an_error(tmp_path, capfd):
    def fail():
        with chatter_to(tmp_path / "run.log") as screen:
            os.write(1, b"hidden\n")
            screen.write("shown\n")
            raise ValueError("in between")

    with pytest.raises(ValueError, match="in between"):
        fail()
    os.write(1, b"back\n")
    os.write(2, b"back, too\n")
    captured = capfd.readouterr()
    assert captured.out == "shown\nback\n"
    assert captured.err == "back, too\n"
    assert (tmp_path / "run.log").read_text() == "hidden\n"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts Linux' file descriptors")
def test_no_file_stays_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with chatter_to(tmp_path / "run.log"):
            pass
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_on_a_full_disk_the_log_ends_and_the_screen_stays_the_users(unbuffered):
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pipeline.log_file import chatter_to\n"
        "with chatter_to(Path('/dev/full')) as screen:\n"
        "    screen.write('for the user\\n')\n"
        "    print('chatter')\n"
        "    print('complaint', file=sys.stderr, flush=True)\n"
        "print('after')"
    )
    # Unbuffered, the print itself fails.
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "for the user\nafter\n"
