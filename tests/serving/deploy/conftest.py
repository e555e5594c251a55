"""The deployment files, read once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import serving
from tests.dockerfile import read_dockerfile


@pytest.fixture(scope="session")
def deploy() -> Path:
    """The folder of the deployment files."""
    return Path(serving.__file__).parent / "deploy"


@pytest.fixture(scope="session")
def manifests(deploy) -> dict[str, dict[str, Any]]:
    """All Kubernetes manifests by their kind; there is one of each."""
    files = [
        path
        for folder in ("base", "monitoring")
        for path in (deploy / "kubernetes" / folder).glob("*.yaml")
        if path.name != "kustomization.yaml"
    ]
    read = [yaml.safe_load(path.read_text()) for path in files]
    by_kind = {manifest["kind"]: manifest for manifest in read}
    assert len(by_kind) == len(files)
    return by_kind


@pytest.fixture(scope="session")
def container(manifests) -> dict[str, Any]:
    """The Deployment's one container."""
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    return container


@pytest.fixture(scope="session")
def compose(deploy) -> dict[str, Any]:
    """The compose file."""
    return yaml.safe_load((deploy / "compose.yaml").read_text())


@pytest.fixture(scope="session")
def dockerfile(deploy) -> list[tuple[str, str]]:
    """The Dockerfile's instructions: each one's name, and what follows it."""
    return read_dockerfile(deploy / "Dockerfile")
