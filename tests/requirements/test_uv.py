"""Which uv the set-up brings, and with which Python."""

import pytest


@pytest.fixture
def bare(project):
    """The folder on a system without Python 3."""
    (project.programs / "python3").unlink()
    return project


def test_uv_is_brought_once(project):
    assert project.run("uv.sh").stdout == "Set-up: uv\n"
    assert project.run("uv.sh").stdout == ""
    assert project.calls() == ["pip brought uv"]


def test_another_lock_brings_another_uv(project):
    project.run("uv.sh")
    project.write("requirements/uv.txt", "uv==2\n")
    assert project.run("uv.sh").returncode == 0
    assert project.run("uv.sh").stdout == ""
    assert project.calls() == ["pip brought uv"] * 2


def test_a_uv_that_could_not_be_brought_is_tried_again(project):
    project.write("pip-fails")
    failed = project.run("uv.sh")
    assert failed.returncode == 1
    assert failed.stderr == "pip: no network\npip could not install uv; see above.\n"
    (project.folder / "pip-fails").unlink()
    assert project.run("uv.sh").returncode == 0


def test_the_uv_there_is_stays_where_no_other_can_be_brought(project):
    project.run("uv.sh")
    project.write("requirements/uv.txt", "uv==2\n")
    project.write("pip-fails")
    assert project.run("uv.sh").returncode == 1
    assert (project.folder / ".uv" / "bin" / "uv").exists()
    project.write("requirements/uv.txt", "uv==1\n")
    assert project.run("uv.sh").stdout == ""


def test_a_bare_container_gets_the_systems_python(bare):
    bare.play("id", "echo 0")
    bare.play("apt-get", f'[ "$1" = update ] || cp played/python3 "{bare.programs}"')
    installed = bare.run("uv.sh")
    assert installed.returncode == 0
    assert installed.stdout.splitlines() == [
        "Set-up: Python 3 from the system's packages, as this is root and there is none",
        "Set-up: uv",
    ]
    assert bare.calls() == ["pip brought uv"]


def test_what_apt_says_is_shown_where_it_fails(bare):
    bare.play("id", "echo 0")
    bare.play("apt-get", "echo E: no mirror; exit 100")
    failed = bare.run("uv.sh")
    assert failed.returncode == 1
    assert failed.stderr == "E: no mirror\napt-get could not install Python 3; see above.\n"


def test_a_system_with_a_python_is_left_alone(project):
    project.write("lacks-ensurepip")
    project.play("id", "echo 0")
    project.play("apt-get", "echo called >>calls")
    failed = project.run("uv.sh")
    assert failed.returncode == 1
    assert failed.stderr == (
        "No Python 3.8 or newer found that can make virtual environments.\n"
        "Install one, e.g.: apt-get install python3-venv python3-dev\n"
    )
    assert project.calls() == []


def test_nobody_but_root_installs(bare):
    bare.play("apt-get", "echo called >>calls")
    assert bare.run("uv.sh").returncode == 1
    assert bare.calls() == []
