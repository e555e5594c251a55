import socket

import pytest

from pipeline.beam_engine import check_engine, check_places
from pipeline.beam_runner import DATAFLOW, FLINK, PORTABLE, SPARK, BeamRunner, UnusableRunner


@pytest.fixture(scope="module")
def listening():
    """HOST:PORT of somebody who answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def silent():
    """HOST:PORT where nobody does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def jar(tmp_path):
    path = tmp_path / "job-server.jar"
    path.write_bytes(b"")
    return path


@pytest.fixture
def java(tmp_path):
    path = tmp_path / "java"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def refusal(check, *arguments):
    with pytest.raises(UnusableRunner) as refused:
        check(*arguments)
    return str(refused.value)


def test_this_machine_needs_nobody():
    check_engine(BeamRunner())
    check_places(BeamRunner(), {"--data": "/photographs"})


def test_a_job_server_that_answers(listening):
    for name in (FLINK, SPARK, PORTABLE):
        check_engine(BeamRunner(name, (f"job_endpoint={listening}",)))


@pytest.mark.parametrize("name", [FLINK, SPARK, PORTABLE])
def test_a_job_server_that_does_not(name, silent):
    said = refusal(check_engine, BeamRunner(name, (f"job_endpoint={silent}",)))
    assert f"job_endpoint={silent}: nobody answers there (Connection refused); start the " in said


@pytest.mark.parametrize("address", ["localhost", "host:port", ":8099", "embed"])
def test_an_address_without_a_port(address):
    said = refusal(check_engine, BeamRunner(PORTABLE, (f"job_endpoint={address}",)))
    assert said == f"--beam-option job_endpoint={address}: expected HOST:PORT"


@pytest.mark.parametrize(
    ("name", "option"),
    [
        (FLINK, "flink_master={}"),
        (FLINK, "flink_master=http://{}"),
        (SPARK, "spark_master_url=spark://{}"),
    ],
)
def test_a_master(name, option, listening, silent, jar, java):
    engine = name.removesuffix("Runner").lower()
    more = (f"{engine}_job_server_jar={jar}", f"job_server_java_launcher={java}")
    check_engine(BeamRunner(name, (option.format(listening), *more)))
    said = refusal(check_engine, BeamRunner(name, (option.format(silent), *more)))
    assert f"--beam-option {option.format(silent)}: nobody answers there" in said


def test_sparks_rest_interface(silent, jar):
    options = ("spark_submit_uber_jar", f"spark_rest_url=http://{silent}")
    said = refusal(check_engine, BeamRunner(SPARK, (*options, f"spark_job_server_jar={jar}")))
    assert f"spark_rest_url=http://{silent}: nobody answers there" in said


@pytest.mark.parametrize(
    ("name", "option"), [(FLINK, "flink_master=[local]"), (SPARK, "spark_master_url=local[2]")]
)
def test_the_embedded_job_server_needs_java_and_a_jar(name, option, jar, java, tmp_path):
    engine = name.removesuffix("Runner").lower()
    of_jar = f"{engine}_job_server_jar={jar}"
    of_java = f"job_server_java_launcher={java}"
    check_engine(BeamRunner(name, (option, of_jar, of_java)))
    no_java = BeamRunner(name, (option, of_jar, f"job_server_java_launcher={tmp_path}/none"))
    said = refusal(check_engine, no_java)
    assert f"{name} starts Beam's job server, which needs Java, and there is no " in said
    jar.unlink()
    said = refusal(check_engine, BeamRunner(name, (option, of_jar, of_java)))
    assert f"{name}: the jar of Beam's job server cannot be had (Unable to parse jar URL " in said
    assert f"--beam-option {engine}_job_server_jar=PATH" in said


def test_dataflow_without_credentials(monkeypatch, tmp_path):
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    said = refusal(check_engine, BeamRunner(DATAFLOW))
    assert said.startswith("DataflowRunner finds no credentials of Google Cloud: run 'gcloud auth ")


def test_workers_elsewhere_do_not_see_this_machine(tmp_path):
    runner = BeamRunner(FLINK, ("job_endpoint=host:8099",))
    check_places(runner, {"--data": "gs://bucket/photographs", "pipeline root": "s3://bucket/x"})
    said = refusal(check_places, runner, {"--data": f"{tmp_path}/span-{{SPAN}}"})
    assert said.startswith(f"--data {tmp_path}/span-{{SPAN}} is on this machine, and FlinkRunner's")
    assert "name that with --shared-folder" in said
    said = refusal(check_places, BeamRunner(DATAFLOW), {"--workdir": str(tmp_path)})
    assert said.endswith("Take a gs:// URL")


def test_a_folder_that_all_workers_mount(tmp_path):
    mounted, beside = tmp_path / "mounted", tmp_path / "mounted-not"
    mounted.mkdir()
    beside.mkdir()
    runner = BeamRunner(FLINK, ("job_endpoint=host:8099",), shared_folders=(str(mounted),))
    check_places(runner, {"--data": f"{mounted}/photographs", "--workdir": str(mounted)})
    (mounted / "link").symlink_to(beside)
    for place in (beside, mounted / "link", f"{mounted}/../mounted-not"):
        assert f"--data {place} is on" in refusal(check_places, runner, {"--data": str(place)})


def test_a_shared_folder_that_is_not_there(tmp_path):
    runner = BeamRunner(FLINK, ("job_endpoint=host:8099",), shared_folders=(f"{tmp_path}/x",))
    said = refusal(check_places, runner, {"--data": "gs://bucket/photographs"})
    assert said == f"--shared-folder {tmp_path}/x: there is no such folder here"
