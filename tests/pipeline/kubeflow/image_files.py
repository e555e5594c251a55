"""What the pipeline's image holds, without building it: for tests that run steps as Kubeflow does.

There need not be a Docker engine. The Dockerfile's own COPY lines are followed, through its
``.dockerignore``, and the project is built and unpacked as its install line would. The locked
packages are those of the environment that runs the tests: of the image's own lock, or of another
stack's.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path, PurePosixPath

from docker.utils.build import exclude_paths

from tests.dockerfile import read_dockerfile

PROJECT = Path(__file__).parents[3]
DOCKERFILE = PROJECT / "pipeline/kubeflow/image/Dockerfile"
DOCKERIGNORE = DOCKERFILE.with_name("Dockerfile.dockerignore")

_VENV = "venv"


def copied_sources() -> list[tuple[str, PurePosixPath]]:
    """Lists what the Dockerfile copies of the project.

    Returns:
        Each path in the project, and where it goes: relative to the folder in which the project is
        installed from. A folder's destination is that of the folder itself.
    """
    copies = []
    for name, rest in read_dockerfile(DOCKERFILE):
        if name != "COPY" or "--from=" in rest:
            continue
        *sources, destination = (word for word in rest.split() if not word.startswith("--"))
        for source in sources:
            # Docker copies a folder's content, and a file into a folder that ends in a slash.
            inside = destination.endswith("/") and not (PROJECT / source).is_dir()
            target = PurePosixPath(destination)
            copies.append((source, target / PurePosixPath(source).name if inside else target))
    return copies


def build_context() -> set[str]:
    """Returns the files that Docker sends to its builder: paths in the project."""
    patterns = [
        line
        for line in DOCKERIGNORE.read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    sent = exclude_paths(str(PROJECT), patterns)
    return {path for path in sent if (PROJECT / path).is_file()}


def copied_files() -> dict[str, PurePosixPath]:
    """Returns the files that the Dockerfile copies: paths in the project, and where each goes."""
    context = build_context()
    files = {}
    for source, target in copied_sources():
        for path in context:
            if path == source:
                files[path] = target
            elif path.startswith(f"{source}/"):
                files[path] = target / path.removeprefix(f"{source}/")
    return files


def image_files(folder: Path) -> Path:
    """Writes what the image holds of the project, installed beside the locked packages.

    Args:
        folder: An empty folder.

    Returns:
        The image's ``site-packages``: the root for PYTHONPATH.
    """
    source = folder / "src"
    for path, target in copied_files().items():
        (source / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / path, source / target)
    wheels = folder / "wheels"
    wheels.mkdir()
    # What pip and uv do to install a folder without build isolation.
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])",
            str(wheels),
        ],
        cwd=source,
        check=True,
        capture_output=True,
    )
    venv.create(folder / _VENV, with_pip=False)
    (root,) = (folder / _VENV / "lib").glob("python*/site-packages")
    # A path in a .pth file: Python reads no .pth of that folder, so that the checkout, which is
    # installed there as an editable package, cannot be imported.
    (root / "locked.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(root)
    shutil.rmtree(source)
    shutil.rmtree(wheels)
    return root


def image_environment(root: Path) -> dict[str, str]:
    """Returns the environment of a step: all of it, as in a container.

    ``python`` is the image's. Run steps in a folder outside the checkout, as Python imports from
    the working directory too.

    Args:
        root: What ``image_files`` returned.
    """
    place = root.parents[2]
    home = place.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {
        **_declared(),
        "PATH": os.pathsep.join([str(place / "bin"), "/usr/bin", "/bin"]),
        "PYTHONPATH": str(root),
        "HOME": str(home),
    }
    kept = ("TMPDIR", "CUDA_VISIBLE_DEVICES")
    return environment | {name: os.environ[name] for name in kept if name in os.environ}


def _declared() -> dict[str, str]:
    """The variables that the Dockerfile's ENV lines of the stage ``runtime`` set."""
    stage, found = "", {}
    for name, rest in read_dockerfile(DOCKERFILE):
        if name == "FROM":
            stage = rest.split()[-1]
        elif name == "ENV" and stage == "runtime":
            found |= dict(re.findall(r"(\w+)=(\S+)", rest))
    return found
