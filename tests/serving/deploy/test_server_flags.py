"""What the deployment files tell the server: flags it has, files it can read, paths it answers."""

import json
import re

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.serve_flags import serve
from serving.server.batching.batching_parameters import read_batching_parameters
from serving.server.monitoring_config import read_monitoring_config
from serving.server.server_flags import names_of

IN_THE_IMAGE = "/etc/studio-mask/"


@pytest.fixture(scope="module")
def command_lines(deploy, container, compose, dockerfile):
    """The server's flags by the file that gives them."""
    patch = yaml.safe_load((deploy / "kubernetes/batching/arguments.yaml").read_text())
    assert {each["path"] for each in patch} == {"/spec/template/spec/containers/0/args/-"}
    lines = {
        "Dockerfile": json.loads(dict(dockerfile)["CMD"]),
        "compose": compose["services"]["server"]["command"],
        "Deployment": container["args"],
        "batching": container["args"] + [each["value"] for each in patch],
    }
    return {
        name: dict(flag.removeprefix("--").partition("=")[::2] for flag in flags)
        for name, flags in lines.items()
    }


FILES = ["Dockerfile", "compose", "Deployment", "batching"]


@pytest.mark.parametrize("file", FILES)
def test_both_servers_know_every_flag(command_lines, file):
    known = {option.name for option in serve.params} - names_of("ours")
    assert set(command_lines[file]) <= known


@pytest.mark.parametrize("file", FILES)
def test_the_embedded_server_reads_every_flag(command_lines, file):
    arguments = [
        f"--{name}={value}" if value else f"--{name}" for name, value in command_lines[file].items()
    ]
    context = serve.make_context("serve", arguments)
    assert context.args == []
    assert (context.params["port"], context.params["rest_api_port"]) == (8500, 8501)


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_a_flag_names_is_in_the_image(command_lines, deploy, dockerfile, file):
    assert ("COPY", "--chmod=0555 server /etc/studio-mask") in dockerfile
    named = [value for name, value in command_lines[file].items() if name.endswith("_file")]
    assert len(named) >= 2
    for path in named:
        assert path.startswith(IN_THE_IMAGE)
        assert (deploy / "server" / path.removeprefix(IN_THE_IMAGE)).is_file()


def test_all_files_serve_alike(command_lines):
    basis = set(command_lines["Dockerfile"].items())
    for flags in command_lines.values():
        assert basis <= set(flags.items())


@pytest.fixture(scope="module")
def model(deploy):
    """The one model of the configuration."""
    text = (deploy / "server/model_config.txt").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    return model


def test_the_model_lies_where_it_is_looked_for(model, dockerfile):
    assert ("COPY", f"--chmod=0555 --from=model . {model.base_path}/${{MODEL_VERSION}}") in (
        dockerfile
    )
    assert model.model_platform == "tensorflow"


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_ask_for_the_models_status(container, command_lines, model, probe):
    request = container[probe]["httpGet"]
    assert request["path"] == f"/v1/models/{model.name}"
    (port,) = (port for port in container["ports"] if port["name"] == request["port"])
    assert str(port["containerPort"]) == command_lines["Deployment"]["rest_api_port"]


def test_ports(container, compose, command_lines, dockerfile):
    for name, flag in (("grpc", "port"), ("rest", "rest_api_port")):
        port = command_lines["Deployment"][flag]
        assert {"name": name, "containerPort": int(port)} in container["ports"]
        assert f"127.0.0.1:{port}:{port}" in compose["services"]["server"]["ports"]
        assert port in dict(dockerfile)["EXPOSE"].split()


def test_all_scrape_the_same_page(deploy, manifests, compose, command_lines):
    path = read_monitoring_config(deploy / "server/monitoring_config.txt")
    (endpoint,) = manifests["ServiceMonitor"]["spec"]["endpoints"]
    assert endpoint["path"] == path
    prometheus = yaml.safe_load((deploy / "prometheus/prometheus.yml").read_text())
    (job,) = prometheus["scrape_configs"]
    assert job["metrics_path"] == path
    (target,) = job["static_configs"][0]["targets"]
    service, port = target.split(":")
    assert service in compose["services"]
    assert port == command_lines["compose"]["rest_api_port"]


def test_batching_parameters(deploy, container, command_lines):
    parameters = read_batching_parameters(deploy / "server/batching_parameters.txt")
    assert str(parameters.num_batch_threads) == container["resources"]["limits"]["cpu"]
    # Requests wait for their batch in threads: fewer than may wait and run would never fill it.
    most = parameters.max_batch_size * (
        parameters.num_batch_threads + parameters.max_enqueued_batches
    )
    assert int(command_lines["batching"]["grpc_max_threads"]) >= most


def test_the_dockerfile_runs_the_server_as_nobody(dockerfile, manifests):
    instructions = dict(dockerfile)
    pod = manifests["Deployment"]["spec"]["template"]["spec"]["securityContext"]
    assert instructions["USER"] == f"{pod['runAsUser']}:{pod['runAsGroup']}"
    assert json.loads(instructions["ENTRYPOINT"]) == ["/usr/bin/tensorflow_model_server"]


def test_every_file_that_is_copied_exists(deploy, dockerfile, compose):
    for name, rest in dockerfile:
        if name == "COPY":
            *sources, _ = (word for word in rest.split() if not word.startswith("--"))
            assert sources == ["."] if "--from=" in rest else (deploy / sources[0]).exists()
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source, _, mode = volume.split(":")
            assert (deploy / source).exists()
            assert mode == "ro"


def test_no_image_is_whatever_is_latest(container, compose, dockerfile):
    (default,) = (rest for name, rest in dockerfile if rest.startswith("TF_SERVING_VERSION="))
    assert ("FROM", "tensorflow/serving:${TF_SERVING_VERSION}") in dockerfile
    tags = [default.partition("=")[2], container["image"].partition(":")[2]]
    tags += [service["image"].partition(":")[2] for service in compose["services"].values()]
    assert all(re.fullmatch(r"v?\d+(\.\d+)*|\$\{MODEL_VERSION\}", tag) for tag in tags), tags


def test_the_server_of_compose_is_as_shut_in_as_the_pod(compose):
    server = compose["services"]["server"]
    assert server["read_only"] is True
    assert server["cap_drop"] == ["ALL"]
    assert server["security_opt"] == ["no-new-privileges:true"]
    # As process 1, TensorFlow Serving would not end at SIGTERM.
    assert server["init"] is True
    for service in compose["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
