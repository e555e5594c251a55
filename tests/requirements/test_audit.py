"""What is made of pip-audit's answers."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def audit():
    """The script as a module: its folder is no package."""
    spec = importlib.util.spec_from_file_location("audit", Path("requirements/audit.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Two versions of a package and one of another system's, as a lock for several Pythons has them.
LOCK = """\
# made
pillow==9.0.0 \\
    --hash=sha256:aa
uv==1.0 ; python_full_version < '3.13' \\
    --hash=sha256:bb
uv==2.0 ; python_full_version >= '3.13' \\
    --hash=sha256:cc
pywin32==312 ; sys_platform == 'win32' \\
    --hash=sha256:dd
"""
PINS = ["pillow==9.0.0", "uv==1.0"]

# Answers for what it is asked about, as pip-audit does; "gone" is the package that it leaves out.
PIP_AUDIT = """#!{python} -SE
import json, sys
if {fails}:
    sys.exit("no network")
pins = open(sys.argv[sys.argv.index("--requirement") + 1]).read().split()
assert len(set(pin.partition("==")[0] for pin in pins)) == len(pins)
found = [{{"name": n, "version": v, "vulns": []}} for n, _, v in (p.partition("==") for p in pins)]
for each in found:
    if each["name"] == {vulnerable!r}:
        each["vulns"] = [{{"id": "X", "fix_versions": []}}]
    if each["name"] == {skipped!r}:
        each.pop("vulns"), each.update(skip_reason="not found")
print(json.dumps({{"dependencies": [each for each in found if each["name"] != {gone!r}]}}))
"""


@pytest.fixture
def pip_audit(tmp_path):
    """Makes a program that answers as pip-audit does, with what the test wants to be wrong."""

    def make(*, vulnerable="", skipped="", gone="", fails=False):
        program = tmp_path / "pip-audit"
        wrong = {"vulnerable": vulnerable, "skipped": skipped, "gone": gone, "fails": fails}
        program.write_text(PIP_AUDIT.format(python=sys.executable, **wrong))
        program.chmod(0o755)
        return str(program)

    return make


def test_a_known_vulnerability_is_named_with_what_mends_it(audit):
    vulnerable = {"id": "PYSEC-2023-175", "fix_versions": ["10.0.1"]}
    answer = {
        "dependencies": [
            {"name": "pillow", "version": "9.0.0", "vulns": [vulnerable]},
            {"name": "uv", "version": "1.0", "vulns": []},
        ]
    }
    assert audit.read_answer(PINS, json.dumps(answer), "") == audit.LockAudit(
        packages=2, vulnerable=("pillow 9.0.0: PYSEC-2023-175, mended in 10.0.1",)
    )


def test_a_package_that_was_not_found_is_not_a_sound_one(audit):
    answer = {
        "dependencies": [
            {"name": "pillow", "version": "9.0.0", "vulns": []},
            {"name": "uv", "skip_reason": "not found"},
        ]
    }
    assert audit.read_answer(PINS, json.dumps(answer), "").unknown == ("uv==1.0",)


@pytest.mark.parametrize(
    "others",
    [[], [{"name": "uv", "version": "2.0", "vulns": []}]],
    ids=["no answer", "an answer for another version"],
)
def test_a_package_without_an_answer_is_not_a_sound_one(audit, others):
    answer = {"dependencies": [{"name": "pillow", "version": "9.0.0", "vulns": []}, *others]}
    assert audit.read_answer(PINS, json.dumps(answer), "").unknown == ("uv==1.0",)


def test_no_answer_is_a_fault(audit):
    assert audit.read_answer(PINS, "", "no network").fault == "no network"
    assert audit.read_answer(PINS, "", "no network").unknown == ("pillow==9.0.0", "uv==1.0")


def test_it_is_asked_about_every_system_and_python(audit, pip_audit, tmp_path):
    lock = tmp_path / "some.txt"
    lock.write_text(LOCK)
    folder = tmp_path / "answers"
    folder.mkdir()
    found = audit.audit_lock(pip_audit(vulnerable="uv", gone="pywin32"), lock, folder)
    assert found == audit.LockAudit(
        packages=4,
        vulnerable=("uv 1.0: X, mended in no version yet", "uv 2.0: X, mended in no version yet"),
        unknown=("pywin32==312",),
    )
    answers = [path.name for path in sorted(folder.glob("*.json"))]
    assert answers == ["some-2.json", "some.json"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({}, 0),
        ({"vulnerable": "uv"}, 1),
        ({"skipped": "uv"}, 2),
        ({"gone": "uv"}, 2),
        ({"fails": True}, 2),
    ],
)
def test_exit_codes(audit, pip_audit, tmp_path, wrong, code):
    assert audit.main(pip_audit(**wrong), tmp_path / "out") == code
