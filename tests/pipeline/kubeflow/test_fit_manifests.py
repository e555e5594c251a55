"""The manifests of a fit on several machines: valid, and true to the command they start."""

import click
import jsonschema
import kubernetes_validate
import pytest

from tests.pipeline.kubeflow.fit_manifests import FOLDER, addresses, command_of, fit_pods, read
from trainer.worker import main

OLDEST_AND_NEWEST = ["1.29", "1.37"]
FITS = ["fit-tfjob.yaml", "fit-indexed-job.yaml"]
REPLICA = {
    "type": "object",
    "required": ["replicas", "restartPolicy", "template"],
    "additionalProperties": False,
    "properties": {
        "replicas": {"type": "integer", "minimum": 1},
        "restartPolicy": {"enum": ["Always", "OnFailure", "Never", "ExitCode"]},
        "template": {"type": "object", "required": ["spec"]},
    },
}
# What the training operator's definition of a TFJob says of the fields used here.
TFJOB = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "kubeflow.org/v1"},
        "kind": {"const": "TFJob"},
        "metadata": {"type": "object", "required": ["name", "namespace"]},
        "spec": {
            "type": "object",
            "required": ["tfReplicaSpecs"],
            "additionalProperties": False,
            "properties": {
                "runPolicy": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "cleanPodPolicy": {"enum": ["All", "Running", "None"]},
                        "backoffLimit": {"type": "integer"},
                        "activeDeadlineSeconds": {"type": "integer", "minimum": 1},
                        "ttlSecondsAfterFinished": {"type": "integer"},
                    },
                },
                "successPolicy": {"enum": ["", "AllWorkers"]},
                "tfReplicaSpecs": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"Chief": REPLICA, "Worker": REPLICA},
                },
            },
        },
    },
}


def test_these_are_all():
    assert {path.name for path in FOLDER.iterdir()} == {*FITS, "runs-volume.yaml"}


@pytest.mark.parametrize("version", OLDEST_AND_NEWEST)
@pytest.mark.parametrize("file", ["fit-indexed-job.yaml", "runs-volume.yaml"])
def test_kubernetes_accepts_it(file, version):
    for manifest in read(file):
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", OLDEST_AND_NEWEST)
def test_the_training_operator_and_kubernetes_accept_the_tfjob(version):
    [job] = read("fit-tfjob.yaml")
    jsonschema.validate(job, TFJOB)
    for replica in job["spec"]["tfReplicaSpecs"].values():
        # A Job's template must say what the operator sets itself.
        spec = replica["template"]["spec"] | {"restartPolicy": replica["restartPolicy"]}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "pod", **replica["template"]["metadata"]},
            "spec": spec,
        }
        kubernetes_validate.validate(pod, version, strict=True)


@pytest.mark.parametrize("file", FITS)
def test_the_command_takes_these_flags(file):
    for pod in fit_pods(file):
        command = command_of(pod)
        assert command[:3] == ["python", "-m", "trainer.worker"]
        context = main.make_context("worker", command[3:])
        assert isinstance(context, click.Context)
        mounts = [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]
        assert str(context.params["jobs"]).startswith("/runs/")
        assert "/runs" in mounts


def test_the_indexed_job_knows_its_own_pods():
    pods = fit_pods("fit-indexed-job.yaml")
    for index, pod in enumerate(pods):
        given = main.make_context("worker", command_of(pod)[3:]).params
        assert given["index"] == index
        assert given["hosts"].split(",") == addresses("fit-indexed-job.yaml")
    service, job = read("fit-indexed-job.yaml")
    assert service["metadata"]["name"] == job["spec"]["template"]["spec"]["subdomain"]
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert service["spec"]["clusterIP"] == "None"
    assert job["spec"]["parallelism"] == job["spec"]["completions"] == len(pods)


def test_all_pods_are_alike_and_may_do_little():
    pods = [pod for file in FITS for pod in fit_pods(file)]
    [claim] = read("runs-volume.yaml")
    for pod in pods:
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 65532
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
        [volume] = [each for each in pod["volumes"] if "persistentVolumeClaim" in each]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        assert container["resources"] == pods[0]["containers"][0]["resources"]
        assert container["image"] == pods[0]["containers"][0]["image"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
