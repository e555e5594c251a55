"""The Kubernetes manifests: valid for Kubernetes itself, and true to each other."""

import shutil
import subprocess

import jsonschema
import kubernetes_validate
import pytest
import yaml

NAME = {"app.kubernetes.io/name": "studio-mask-server"}
KINDS = [
    "Namespace",
    "ServiceAccount",
    "Deployment",
    "Service",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "NetworkPolicy",
]
OLDEST_AND_NEWEST = ["1.29", "1.37"]

# What the Prometheus operator's definition of a ServiceMonitor requires, of the fields used here.
SERVICE_MONITOR = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "monitoring.coreos.com/v1"},
        "kind": {"const": "ServiceMonitor"},
        "metadata": {"type": "object", "required": ["name"]},
        "spec": {
            "type": "object",
            "required": ["selector", "endpoints"],
            "additionalProperties": False,
            "properties": {
                "selector": {
                    "type": "object",
                    "minProperties": 1,
                    "properties": {
                        "matchLabels": {
                            "type": "object",
                            "additionalProperties": {"type": "string"},
                        }
                    },
                },
                "endpoints": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "port": {"type": "string"},
                            "path": {"type": "string", "pattern": "^/"},
                            "interval": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"},
                            "scrapeTimeout": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"},
                        },
                    },
                },
            },
        },
    },
}


def test_these_are_all(manifests):
    assert set(manifests) == {*KINDS, "ServiceMonitor"}


@pytest.mark.parametrize("version", OLDEST_AND_NEWEST)
@pytest.mark.parametrize("kind", KINDS)
def test_kubernetes_accepts_it(manifests, kind, version):
    kubernetes_validate.validate(manifests[kind], version, strict=True)


def test_a_misspelt_field_would_be_noticed(manifests):
    wrong = manifests["Deployment"] | {"spec": manifests["Deployment"]["spec"] | {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(wrong, OLDEST_AND_NEWEST[-1], strict=True)


def test_the_operator_accepts_the_service_monitor(manifests):
    jsonschema.validate(manifests["ServiceMonitor"], SERVICE_MONITOR)


def test_the_kustomizations_name_every_file(deploy):
    for path in (deploy / "kubernetes").glob("*/kustomization.yaml"):
        listing = yaml.safe_load(path.read_text())
        named = {*listing.get("resources", []), *listing.get("components", [])}
        named |= {patch["path"] for patch in listing.get("patches", [])}
        beside = {each.name for each in path.parent.iterdir()} - {"kustomization.yaml"}
        assert {name for name in named if not name.startswith("../")} == beside
        for name in named:
            assert (path.parent / name).exists()


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_what_is_applied(deploy, tmp_path):
    for components in (["../monitoring"], ["../monitoring", "../batching"]):
        folder = tmp_path / f"kubernetes{len(components)}"
        shutil.copytree(deploy / "kubernetes", folder)
        path = folder / "production" / "kustomization.yaml"
        listing = yaml.safe_load(path.read_text())
        assert listing["components"] == ["../monitoring"]
        path.write_text(yaml.safe_dump(listing | {"components": components}))
        built = subprocess.run(
            ["kubectl", "kustomize", path.parent], check=True, capture_output=True, text=True
        )
        built_manifests = {each["kind"]: each for each in yaml.safe_load_all(built.stdout)}
        assert set(built_manifests) == {*KINDS, "ServiceMonitor"}
        for kind in KINDS:
            kubernetes_validate.validate(built_manifests[kind], "1.37", strict=True)
        (server,) = built_manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
        assert server["image"] == "registry.example.com/studio-mask-server:1"
        assert ("--enable_batching" in server["args"]) == (len(components) == 2)


def test_everything_means_the_same_pods(manifests):
    deployment = manifests["Deployment"]["spec"]
    assert deployment["template"]["metadata"]["labels"] == NAME
    for selector in (
        deployment["selector"]["matchLabels"],
        deployment["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"][
            "matchLabels"
        ],
        manifests["Service"]["spec"]["selector"],
        manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector == NAME
    assert manifests["Service"]["metadata"]["labels"] == NAME
    assert manifests["ServiceMonitor"]["spec"]["selector"]["matchLabels"] == NAME


def test_everything_lies_in_the_namespace(manifests):
    name = manifests["Namespace"]["metadata"]["name"]
    for kind in {*KINDS, "ServiceMonitor"} - {"Namespace"}:
        assert manifests[kind]["metadata"]["namespace"] == name


def test_the_autoscaler_scales_the_deployment(manifests):
    target = manifests["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    deployment = manifests["Deployment"]
    assert target == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": deployment["metadata"]["name"],
    }
    # A number beside the autoscaler's would reset it at each apply.
    assert "replicas" not in deployment["spec"]
    assert manifests["HorizontalPodAutoscaler"]["spec"]["minReplicas"] > 1


def test_the_service_account_is_the_deployments(manifests):
    name = manifests["Deployment"]["spec"]["template"]["spec"]["serviceAccountName"]
    assert manifests["ServiceAccount"]["metadata"]["name"] == name


def test_ports_are_named_alike(manifests, container):
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    services = manifests["Service"]["spec"]["ports"]
    assert {port["name"]: port["port"] for port in services} == ports
    assert {port["targetPort"] for port in services} == set(ports)
    clients, prometheus = manifests["NetworkPolicy"]["spec"]["ingress"]
    assert {port["port"] for port in clients["ports"]} == set(ports)
    (endpoint,) = manifests["ServiceMonitor"]["spec"]["endpoints"]
    assert {port["port"] for port in prometheus["ports"]} == {endpoint["port"]} == {"rest"}


def test_the_server_reaches_nobody(manifests):
    spec = manifests["NetworkPolicy"]["spec"]
    assert spec["egress"] == []
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}


def test_the_pod_keeps_to_the_strictest_standard(manifests, container):
    labels = manifests["Namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert all(set(volume) == {"name", "emptyDir"} for volume in pod["volumes"])


def test_memory_and_cpu_are_bounded(container):
    resources = container["resources"]
    assert resources["requests"]["memory"] == resources["limits"]["memory"]
    assert resources["requests"]["cpu"] == resources["limits"]["cpu"]
    threads = resources["limits"]["cpu"]
    assert f"--tensorflow_intra_op_parallelism={threads}" in container["args"]
    assert f"--tensorflow_inter_op_parallelism={threads}" in container["args"]


def test_a_pod_outlives_the_requests_it_has(manifests, container):
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    command, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    # The client gives a request 30 s.
    assert 30 <= int(seconds) < pod["terminationGracePeriodSeconds"]
    rollout = manifests["Deployment"]["spec"]["strategy"]["rollingUpdate"]
    assert rollout["maxUnavailable"] == 0
