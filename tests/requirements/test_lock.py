"""How the locks are resolved."""


def test_the_uv_that_is_locked_resolves(project):
    project.run("uv.sh")
    project.write("requirements/uv.txt", "uv==2\n")
    assert project.run("lock.sh").returncode == 0
    assert project.calls() == ["pip brought uv"] * 2


def test_the_audits_packages_are_resolved_for_every_python_of_the_stacks(project):
    # The script works inside requirements/, which is where the played uv keeps its calls.
    assert project.run("lock.sh").returncode == 0
    calls = (project.folder / "requirements" / "calls").read_text().splitlines()
    [call] = [call for call in calls if call.endswith(" audit.in")]
    assert call.startswith("uv pip compile ")
    assert " --universal --python-version 3.10 " in call
