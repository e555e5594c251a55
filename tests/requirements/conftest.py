"""A project's folder in which the set-up's scripts run among programs that only play their part."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_REQUIREMENTS = Path("requirements").absolute()
# What the scripts use of a system; all else is played, or is not there.
_TOOLS = ("sh", "cat", "chmod", "cmp", "cp", "find", "grep", "ls", "mkdir", "mv", "rm", "sed")

# The Python of the system: it makes .uv, whose Python has a pip that brings the uv below.
_PYTHON = """#!/bin/sh
[ ! -e lacks-ensurepip ] || exit 1
[ "$1" = -m ] || exit 0
mkdir -p "$3/bin"
cat >"$3/bin/python" <<'end'
#!/bin/sh
[ ! -e pip-fails ] || { echo "pip: no network" >&2; exit 1; }
cp played/uv "${0%/*}/uv"
echo "pip brought uv" >>calls
end
chmod +x "$3/bin/python"
"""

# It knows the Pythons that the file says, each with the flag that it is found with.
_UV = """#!/bin/sh
echo "uv $*" >>calls
[ "$1" = venv ] || exit 0
for folder; do true; done
if ! grep -qxF -e "$3 $5" pythons; then echo "uv: no $5 ($3)" >&2; exit 2; fi
if [ -n "$(ls -A "$folder" 2>/dev/null)" ]; then echo "uv: $folder is not empty" >&2; exit 2; fi
mkdir -p "$folder/bin"
cat >"$folder/bin/python" <<'end'
#!/bin/sh
[ ! -e no-headers ] || { echo "no Python.h" >&2; exit 1; }
end
chmod +x "$folder/bin/python"
echo "$5" >"$folder/pyvenv.cfg"
"""


@dataclass(frozen=True)
class PlayedProject:
    """A folder with copies of the scripts."""

    folder: Path
    programs: Path

    def play(self, program: str, script: str) -> None:
        """Puts a program onto the search path."""
        path = self.programs / program
        path.write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a script of requirements/ with nothing on the search path but what is played."""
        return subprocess.run(
            ["sh", f"requirements/{command[0]}", *command[1:]],
            cwd=self.folder,
            env={"PATH": str(self.programs), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, name: str, text: str = "") -> None:
        """Writes a file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def calls(self) -> list[str]:
        """Returns what was asked of uv and of pip, a line each."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> PlayedProject:
    """A folder on Debian 13, nothing installed there yet; uv finds Python 3.12."""
    folder = tmp_path / "project"
    made = PlayedProject(folder, tmp_path / "programs")
    made.programs.mkdir()
    (folder / "played").mkdir(parents=True)
    (folder / "requirements").mkdir()
    for script in _REQUIREMENTS.glob("*.sh"):
        # The Python of this machine's own is out of the question.
        text = script.read_text().replace("/usr/bin/python3", "/nowhere/python3")
        (folder / "requirements" / script.name).write_text(text)
    for tool in _TOOLS:
        (made.programs / tool).symlink_to(shutil.which(tool))
    for compiler in ("cc", "c++"):
        made.play(compiler, "exit 1")
    made.play("getconf", "echo glibc 2.41")
    made.play("uname", '[ "$1" = -m ] && echo x86_64 || echo Linux')
    made.play("id", "echo 1000")
    made.play("python3", _PYTHON)
    for name, script in {"python3": _PYTHON, "uv": _UV}.items():
        made.write(f"played/{name}", script)
        (folder / "played" / name).chmod(0o755)
    made.write("requirements/uv.txt", "uv==1\n")
    made.write("pythons", "--no-python-downloads 3.12\n")
    return made
