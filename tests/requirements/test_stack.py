"""Which stack the set-up takes, on systems as others have them."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path("requirements/stack.sh").absolute()


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Asks the script on a system that says of itself what the test says."""

    def ask(
        question: str,
        *,
        glibc: str = "glibc 2.36",
        system: tuple[str, str] = ("Linux", "x86_64"),
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        name, machine = system
        programs = {
            "getconf": f"echo '{glibc}'" if glibc else "exit 1",
            "uname": f'[ "$1" = -m ] && echo {machine} || echo {name}',
        }
        for program, line in programs.items():
            path = tmp_path / program
            path.write_text(f"#!/bin/sh\n{line}\n")
            path.chmod(0o755)
        search = f"{tmp_path}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", SCRIPT, question],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": search, **environment},
        )

    return ask


@pytest.mark.parametrize(
    ("glibc", "name", "reason"),
    [
        ("glibc 2.31", "1.16", "glibc 2.31 is older than 2.39, which TFX 1.21 needs"),
        ("glibc 2.38", "1.16", "glibc 2.38 is older than 2.39, which TFX 1.21 needs"),
        ("glibc 2.39", "1.21", "glibc 2.39 is 2.39 or newer"),
        ("glibc 2.41", "1.21", "glibc 2.41 is 2.39 or newer"),
        ("glibc 2.100", "1.21", "glibc 2.100 is 2.39 or newer"),
        ("glibc 3.0", "1.21", "glibc 3.0 is 2.39 or newer"),
        # As they are called between releases, and by distributions.
        ("glibc 2.38.9000", "1.16", "glibc 2.38.9000 is older than 2.39, which TFX 1.21 needs"),
        ("glibc 2.39.9000", "1.21", "glibc 2.39.9000 is 2.39 or newer"),
        ("glibc 2.41.90", "1.21", "glibc 2.41.90 is 2.39 or newer"),
        ("glibc 2.41-12", "1.21", "glibc 2.41-12 is 2.39 or newer"),
    ],
)
def test_the_c_library_decides(asked, glibc, name, reason):
    assert asked("name", glibc=glibc).stdout == f"{name}\n"
    assert asked("reason", glibc=glibc).stdout == f"{reason}\n"


def test_the_stack_can_be_said(asked):
    chosen = asked("name", glibc="glibc 2.41", STACK="1.16")
    assert chosen.stdout == "1.16\n"
    assert asked("reason", glibc="glibc 2.41", STACK="1.16").stdout == "as STACK says\n"


def test_a_stack_that_cannot_be_installed_is_refused(asked):
    refused = asked("name", STACK="1.21")
    assert refused.returncode == 1
    assert refused.stderr.startswith("STACK=1.21 needs glibc 2.39 or newer; here is glibc 2.36.")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"STACK": "1.17"}, "STACK=1.17: there are 1.16 and 1.21.\n"),
        ({"EXTRAS": "gpu cloud"}, "EXTRAS=cloud: there are kubeflow and gpu.\n"),
    ],
)
def test_names_that_are_none(asked, environment, message):
    refused = asked("name", **environment)
    assert (refused.returncode, refused.stderr, refused.stdout) == (1, message, "")


@pytest.mark.parametrize(
    ("stack", "extras", "name", "pythons", "locks"),
    [
        ("1.16", "", "1.16", "3.10", ["tfx-1.16-py3.10"]),
        # On this stack Kubeflow's packages are in the lock of everybody.
        ("1.16", "kubeflow", "1.16", "3.10", ["tfx-1.16-py3.10"]),
        ("1.16", "gpu", "1.16-gpu", "3.10", ["tfx-1.16-py3.10", "tfx-1.16-gpu"]),
        ("1.21", "", "1.21", "3.12 3.13", ["tfx-1.21-py3.12"]),
        ("1.21", "kubeflow", "1.21-kubeflow", "3.11", ["tfx-1.21-kubeflow-py3.11"]),
        ("1.21", "gpu", "1.21-gpu", "3.12 3.13", ["tfx-1.21-py3.12", "tfx-1.21-gpu"]),
        (
            "1.21",
            "gpu kubeflow",
            "1.21-kubeflow-gpu",
            "3.11",
            ["tfx-1.21-kubeflow-py3.11", "tfx-1.21-gpu"],
        ),
    ],
)
def test_each_stack_and_extra_has_its_locks(asked, stack, extras, name, pythons, locks):
    says = {
        question: asked(question, glibc="glibc 2.41", STACK=stack, EXTRAS=extras).stdout.rstrip()
        for question in ("name", "pythons", "locks")
    }
    assert says == {
        "name": name,
        "pythons": pythons,
        "locks": " ".join(f"requirements/{lock}.txt" for lock in locks),
    }
    for path in says["locks"].split():
        assert "--hash=sha256:" in Path(path).read_text()


@pytest.mark.parametrize(
    ("glibc", "system", "message"),
    [
        ("", ("Linux", "x86_64"), "TFX needs glibc, and there is none here."),
        ("glibc 2.41", ("Linux", "aarch64"), "TFX has no wheels for Linux on aarch64."),
        (
            "",
            ("Darwin", "x86_64"),
            "TFX 1.16 has wheels for Darwin on x86_64, but other packages of its lock have to be "
            "built there,\ncryptography with Rust.",
        ),
    ],
)
def test_a_system_without_wheels_is_told(asked, glibc, system, message):
    refused = asked("name", glibc=glibc, system=system)
    assert refused.returncode == 1
    assert refused.stderr.startswith(message)


def test_apples_processors_get_the_stack_that_has_wheels_for_them(asked):
    system = ("Darwin", "arm64")
    assert asked("name", glibc="", system=system).stdout == "1.21\n"
    assert "untried" in asked("reason", glibc="", system=system).stdout


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("gpu", "CUDA's packages are locked for Linux on x86_64"),
        ("kubeflow", "TFX 1.21's lock with it is for Linux on x86_64"),
    ],
)
@pytest.mark.parametrize(
    ("system", "stack"),
    [(("Darwin", "arm64"), ""), (("Darwin", "arm64"), "1.21"), (("Linux", "aarch64"), "1.21")],
)
def test_an_extra_that_is_locked_for_another_system_is_refused(asked, extra, reason, system, stack):
    refused = asked("name", glibc="", system=system, STACK=stack, EXTRAS=extra)
    message = f"EXTRAS={extra}: {reason}; here is {' on '.join(system)}.\n"
    assert (refused.returncode, refused.stderr, refused.stdout) == (1, message, "")


def test_kubeflow_is_no_extra_lock_on_the_older_stack(asked):
    tried = asked("locks", glibc="", system=("Darwin", "arm64"), STACK="1.16", EXTRAS="kubeflow")
    assert tried.stdout == "requirements/tfx-1.16-py3.10.txt\n"
