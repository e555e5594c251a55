"""What Kubernetes makes of the manifests of a fit: pods, their commands and environment."""

import json
from pathlib import Path
from typing import Any

import yaml

import pipeline

FOLDER = Path(pipeline.__file__).parent / "kubeflow" / "manifests"


def read(name: str) -> list[dict[str, Any]]:
    """Returns the objects of a manifest."""
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def fit_pods(name: str) -> list[dict[str, Any]]:
    """Returns the pods that the manifest's controller starts, the chief first.

    Each is its PodSpec with the environment that the controller adds to its container.
    """
    [job] = [each for each in read(name) if each["kind"] in ("TFJob", "Job")]
    if job["kind"] == "Job":
        return [
            _with(job["spec"]["template"]["spec"], "JOB_COMPLETION_INDEX", str(index))
            for index in range(job["spec"]["completions"])
        ]
    replicas = job["spec"]["tfReplicaSpecs"]
    tasks = [(kind, i) for kind in ("Chief", "Worker") for i in range(replicas[kind]["replicas"])]
    cluster: dict[str, list[str]] = {}
    for (kind, _), address in zip(tasks, addresses(name), strict=True):
        cluster.setdefault(kind.lower(), []).append(address)
    return [
        _with(
            replicas[kind]["template"]["spec"],
            "TF_CONFIG",
            json.dumps(
                {
                    "cluster": cluster,
                    "task": {"type": kind.lower(), "index": index},
                    "environment": "cloud",
                }
            ),
        )
        for kind, index in tasks
    ]


def addresses(name: str) -> list[str]:
    """Returns where the pods reach each other, in the same order."""
    [job] = [each for each in read(name) if each["kind"] in ("TFJob", "Job")]
    metadata = job["metadata"]
    if job["kind"] == "Job":
        subdomain = job["spec"]["template"]["spec"]["subdomain"]
        return [
            f"{metadata['name']}-{index}.{subdomain}:2222"
            for index in range(job["spec"]["completions"])
        ]
    # The training operator looks for these two names.
    found = []
    for kind in ("Chief", "Worker"):
        replica = job["spec"]["tfReplicaSpecs"][kind]
        [container] = replica["template"]["spec"]["containers"]
        assert container["name"] == "tensorflow"
        [port] = [p["containerPort"] for p in container["ports"] if p["name"] == "tfjob-port"]
        found += [
            f"{metadata['name']}-{kind.lower()}-{index}.{metadata['namespace']}.svc:{port}"
            for index in range(replica["replicas"])
        ]
    return found


def environment_of(pod: dict[str, Any]) -> dict[str, str]:
    """Returns the environment variables of a pod's container."""
    return {each["name"]: each["value"] for each in pod["containers"][0]["env"]}


def command_of(pod: dict[str, Any]) -> list[str]:
    """Returns the command with its arguments, $(VARIABLE) replaced as Kubernetes does."""
    container = pod["containers"][0]
    command = [*container["command"], *container["args"]]
    for name, value in environment_of(pod).items():
        command = [part.replace(f"$({name})", value) for part in command]
    return command


def _with(spec: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    [container] = spec["containers"]
    env = [*container["env"], {"name": name, "value": value}]
    return {**spec, "containers": [{**container, "env": env}]}
