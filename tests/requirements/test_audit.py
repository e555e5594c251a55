"""What is made of pip-audit's answers."""

import importlib.util
import json
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def audit():
    """The script as a module: its folder is no package."""
    spec = importlib.util.spec_from_file_location("audit", Path("requirements/audit.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "some.txt"
    path.write_text(
        "# made\npillow==9.0.0 \\\n    --hash=sha256:aa\nuv==1.0 \\\n    --hash=sha256:bb\n"
    )
    return path


def test_a_known_vulnerability_is_named_with_what_mends_it(audit, lock):
    vulnerable = {"id": "PYSEC-2023-175", "fix_versions": ["10.0.1"]}
    answer = {
        "dependencies": [
            {"name": "pillow", "version": "9.0.0", "vulns": [vulnerable]},
            {"name": "uv", "version": "1.0", "vulns": []},
        ]
    }
    assert audit.read_answer(lock, json.dumps(answer), "") == audit.LockAudit(
        packages=2, vulnerable=("pillow 9.0.0: PYSEC-2023-175, mended in 10.0.1",)
    )


def test_a_package_that_was_not_found_is_not_a_sound_one(audit, lock):
    answer = {"dependencies": [{"name": "uv", "skip_reason": "not found"}]}
    assert audit.read_answer(lock, json.dumps(answer), "").unknown == ("uv",)


def test_no_answer_is_a_fault(audit, lock):
    assert audit.read_answer(lock, "", "no network").fault == "no network"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"dependencies": [{"name": "uv", "version": "1", "vulns": []}]}, 0),
        (
            {
                "dependencies": [
                    {"name": "uv", "version": "1", "vulns": [{"id": "X", "fix_versions": []}]}
                ]
            },
            1,
        ),
        ({"dependencies": [{"name": "uv", "skip_reason": "not found"}]}, 2),
        (None, 2),
    ],
)
def test_exit_codes(audit, tmp_path, answer, code):
    program = tmp_path / "pip-audit"
    said = f"echo '{json.dumps(answer)}'" if answer else "echo 'no network' >&2; exit 1"
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(0o755)
    assert audit.main(str(program), tmp_path / "out") == code
