"""What becomes of the environment that there is, and what is said where no Python can be used."""

import pytest

STAMP = ".venv/.installed-1.21"


@pytest.fixture
def install(project):
    """Runs the installer as make does."""

    def run(**environment):
        return project.run("install.sh", ".venv", STAMP, **environment)

    return run


def test_the_stamp_says_what_is_installed_and_why(project, install):
    assert install().returncode == 0
    assert (project.folder / STAMP).read_text() == (
        "Stack: TFX 1.21 on Python 3.12: glibc 2.41 is 2.39 or newer\n"
    )
    assert (project.folder / ".venv" / "pyvenv.cfg").read_text() == "3.12\n"
    synced = [call for call in project.calls() if call.startswith("uv pip sync")]
    assert [call.split()[-1] for call in synced] == ["requirements/tfx-1.21-py3.12.txt"]
    assert not (project.folder / ".uv" / "probe").exists()


def test_the_next_python_is_taken_where_the_first_cannot_be_had(project, install):
    project.write("pythons", "--managed-python 3.13\n")
    assert install().returncode == 0
    assert (project.folder / STAMP).read_text() == (
        "Stack: TFX 1.21 on Python 3.13: glibc 2.41 is 2.39 or newer; "
        "no Python 3.12 was found or could be fetched\n"
    )
    assert (project.folder / ".venv" / "pyvenv.cfg").read_text() == "3.13\n"


def test_what_uv_said_is_shown(project, install):
    project.write("pythons")
    failed = install()
    assert failed.returncode == 1
    assert failed.stderr == (
        "uv: no 3.12 (--no-python-downloads)\n"
        "uv: no 3.12 (--managed-python)\n"
        "uv: no 3.13 (--no-python-downloads)\n"
        "uv: no 3.13 (--managed-python)\n"
        "No Python 3.12 or 3.13 with its headers (Python.h) was found or could be downloaded; "
        "see above.\n"
        "Install one, e.g.: pyenv install 3.12\n"
    )


def test_a_python_without_headers_is_not_taken(project, install):
    project.write("no-headers")
    failed = install()
    assert failed.returncode == 1
    assert failed.stderr.startswith("no Python.h\nuv: no 3.12 (--managed-python)\n")


def test_the_package_is_named_that_the_distribution_has(project, install):
    project.write("pythons")
    project.play("apt-cache", '[ "$2" = python3.13-dev ]')
    hint = install().stderr.splitlines()[-1]
    assert hint == "Install one, e.g.: apt-get install python3.13-dev, or pyenv install 3.12"


def test_the_stack_that_works_outlives_another_that_has_no_python(project, install):
    assert install().returncode == 0
    failed = install(EXTRAS="kubeflow")
    assert "No Python 3.11 with its headers" in failed.stderr
    assert (project.folder / STAMP).exists()
    assert (project.folder / ".venv" / "pyvenv.cfg").read_text() == "3.12\n"


@pytest.mark.parametrize("linked", [False, True])
def test_half_an_environment_is_replaced(project, install, linked):
    if linked:
        (project.folder / "elsewhere").mkdir()
        (project.folder / ".venv").symlink_to("elsewhere")
    project.write(".venv/lib/leftover.py")
    project.write(".venv/.installed-1.16")
    assert install().returncode == 0
    names = {path.name for path in (project.folder / ".venv").iterdir()}
    assert names == {"bin", "pyvenv.cfg", ".installed-1.21"}
    assert (project.folder / ".venv").is_symlink() == linked


def test_a_new_lock_of_uv_is_installed_with_the_new_uv(project, install):
    install()
    project.write("requirements/uv.txt", "uv==2\n")
    install()
    assert project.calls().count("pip brought uv") == 2
