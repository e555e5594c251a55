import shutil
import tarfile
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import (
    DirectOptions,
    GoogleCloudOptions,
    PipelineOptions,
    PortableOptions,
    SetupOptions,
    StandardOptions,
    WorkerOptions,
)
from apache_beam.runners.portability.stager import Stager
from tfx.utils.dependency_utils import make_beam_dependency_flags

from pipeline.beam_runner import (
    DATAFLOW,
    DIRECT,
    FLINK,
    PORTABLE,
    SPARK,
    BeamRunner,
    UnusableRunner,
    beam_args,
)

PROJECT = Path(__file__).resolve().parents[2]
CLOUD = ("project=p", "region=europe-west4", "temp_location=gs://bucket/temp")
POOL = ("environment_type=EXTERNAL", "environment_config=localhost:50000")
JOB_SERVER = "job_endpoint=host:8099"


def options_of(*arguments, **attributes):
    """What Beam reads out of the arguments."""
    return PipelineOptions(list(beam_args(BeamRunner(*arguments, **attributes))))


def refusal(*arguments, **attributes):
    with pytest.raises(UnusableRunner) as refused:
        beam_args(BeamRunner(*arguments, **attributes))
    return str(refused.value)


def test_threads_of_this_machine():
    options = options_of()
    assert options.view_as(StandardOptions).runner is None
    assert options.view_as(DirectOptions).direct_running_mode == "multi_threading"
    assert options.view_as(DirectOptions).direct_num_workers == 0
    assert options.view_as(SetupOptions).setup_file is None


def test_no_engine_is_fetched(monkeypatch):
    # Beam's DirectRunner goes on without Prism after an ordinary exception.
    monkeypatch.setattr(
        "apache_beam.runners.portability.prism_runner.PrismRunner.run_pipeline",
        lambda *_: pytest.fail("Prism was to be downloaded"),
    )
    with beam.Pipeline(options=options_of()) as root:
        _ = root | beam.Create([1]) | beam.Map(lambda number: number + 1)


def test_processes_of_this_machine():
    options = options_of(DIRECT, ("direct_running_mode=multi_processing", "direct_num_workers=2"))
    assert options.view_as(DirectOptions).direct_running_mode == "multi_processing"
    assert options.view_as(DirectOptions).direct_num_workers == 2


@pytest.mark.parametrize(
    "runner",
    [
        BeamRunner(),
        BeamRunner(FLINK, (JOB_SERVER, *POOL)),
        BeamRunner(SPARK, ("spark_master_url=local[2]",)),
        BeamRunner(FLINK, ("flink_master=host:8081",), "registry/workers:1"),
        BeamRunner(DATAFLOW, CLOUD, "registry/workers:1"),
        BeamRunner(PORTABLE, (JOB_SERVER, *POOL, f"setup_file={PROJECT}/setup.py")),
    ],
)
def test_tfx_adds_no_package_of_its_own(runner):
    arguments = list(beam_args(runner))
    assert make_beam_dependency_flags(arguments) == arguments


@pytest.mark.parametrize(
    ("name", "option"),
    [(FLINK, "flink_master=host:8081"), (SPARK, "spark_master_url=spark://host:7077")],
)
def test_workers_in_containers_of_a_cluster(name, option):
    options = options_of(name, (option,), "registry/workers:1")
    assert options.view_as(StandardOptions).runner == name
    assert options.view_as(PortableOptions).environment_type == "DOCKER"
    assert options.view_as(PortableOptions).environment_config == "registry/workers:1"
    assert options.view_as(SetupOptions).setup_file is None


@pytest.mark.parametrize("name", [FLINK, SPARK, PORTABLE])
def test_workers_of_pools(name):
    options = options_of(name, (JOB_SERVER, *POOL))
    assert options.view_as(PortableOptions).job_endpoint == "host:8099"
    assert options.view_as(PortableOptions).environment_type == "EXTERNAL"
    assert options.view_as(PortableOptions).environment_config == "localhost:50000"
    assert options.view_as(SetupOptions).setup_file is None


def test_dataflow():
    options = options_of(DATAFLOW, CLOUD, "registry/workers:1")
    assert options.view_as(StandardOptions).runner == DATAFLOW
    assert options.view_as(GoogleCloudOptions).project == "p"
    assert options.view_as(GoogleCloudOptions).temp_location == "gs://bucket/temp"
    assert options.view_as(WorkerOptions).sdk_container_image == "registry/workers:1"


def test_code_to_install_over_an_image(tmp_path, monkeypatch):
    (tmp_path / "setup.py").touch()
    monkeypatch.chdir(tmp_path)
    options = options_of(DATAFLOW, (*CLOUD, "setup_file=setup.py"), "registry/workers:1")
    assert options.view_as(SetupOptions).setup_file == str(tmp_path / "setup.py")
    assert options.view_as(WorkerOptions).sdk_container_image == "registry/workers:1"
    (tmp_path / "setup.py").unlink()
    assert "setup_file=setup.py: there is no such setup.py" in refusal(
        DATAFLOW, (*CLOUD, "setup_file=setup.py"), "registry/workers:1"
    )


def test_an_own_set_up_needs_no_image(tmp_path):
    (tmp_path / "setup.py").touch()
    options = options_of(DATAFLOW, (*CLOUD, f"setup_file={tmp_path}/setup.py"))
    assert options.view_as(SetupOptions).setup_file == f"{tmp_path}/setup.py"
    assert options.view_as(WorkerOptions).sdk_container_image is None


def test_beam_sends_the_projects_code_to_workers(tmp_path):
    checkout = tmp_path / "checkout"
    shutil.copytree(
        PROJECT,
        checkout,
        # All but the folders of the code, which setup.py names, and itself.
        ignore=lambda folder, names: (
            {name for name in names if name.startswith((".", "runs", "tests", "docs", "build"))}
            if Path(folder) == PROJECT
            else {"__pycache__"}
        ),
    )
    runner = BeamRunner(FLINK, (JOB_SERVER, *POOL, f"setup_file={checkout}/setup.py"))
    staged = tmp_path / "staged"
    staged.mkdir()
    Stager.create_job_resources(
        PipelineOptions(list(beam_args(runner))), str(staged), log_submission_env_dependencies=False
    )
    [archive] = staged.glob("studio*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {
        "components/photograph_example_gen.py",
        "evaluation/extractor.py",
        "pipeline/schema/schema.pbtxt",
        "trainer/preprocessing.py",
    } <= names


def test_a_job_server_may_know_options_that_beam_does_not():
    assert "--flinkConfDir=/etc/flink" in beam_args(
        BeamRunner(FLINK, (JOB_SERVER, *POOL, "flinkConfDir=/etc/flink"))
    )


@pytest.mark.parametrize(
    ("runner", "starts_engine", "elsewhere"),
    [
        (BeamRunner(), False, False),
        (BeamRunner(FLINK, ("flink_master=[local]",)), True, False),
        (BeamRunner(FLINK, ("flink_master=[local]",), "registry/workers:1"), True, True),
        (BeamRunner(FLINK, ("flink_master=localhost:8081",)), False, True),
        (BeamRunner(SPARK, ("spark_master_url=local",)), True, False),
        (BeamRunner(FLINK, ("flink_master=[local]", JOB_SERVER)), False, True),
        (BeamRunner(SPARK, ("spark_master_url=local[2]",)), True, False),
        (BeamRunner(SPARK, ("spark_master_url=local[2]", *POOL)), True, True),
        (BeamRunner(SPARK, ("spark_master_url=spark://local:7077",)), False, True),
        (BeamRunner(PORTABLE, (JOB_SERVER, "environment_type=LOOPBACK")), False, False),
        (BeamRunner(DATAFLOW, CLOUD), False, True),
    ],
)
def test_where_the_work_is_done(runner, starts_engine, elsewhere):
    assert (runner.starts_engine, runner.elsewhere) == (starts_engine, elsewhere)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Spark",), "--beam-runner Spark is none of: DirectRunner, FlinkRunner, SparkRunner, "),
        (("FlinkRuner",), "; did you mean FlinkRunner?"),
        (("DaskRunner",), "Beam's DaskRunner cannot run these steps: "),
        ((FLINK,), "FlinkRunner needs --beam-option flink_master=... (HOST:PORT of "),
        ((SPARK,), "SparkRunner needs --beam-option spark_master_url=... (spark://HOST:PORT)"),
        ((PORTABLE,), "PortableRunner needs --beam-option job_endpoint=... (HOST:PORT of "),
        (
            (DATAFLOW, ("project=p",), "image"),
            "DataflowRunner needs --beam-option region=... (such as europe-west4) and "
            "--beam-option temp_location=... (a gs:// folder for Beam's own files)",
        ),
        (
            (DATAFLOW, (*CLOUD[:2], "temp_location=/tmp/beam"), "image"),
            "temp_location=/tmp/beam: Dataflow needs a gs:// folder there",
        ),
        ((DATAFLOW, CLOUD), "DataflowRunner needs --worker-image IMAGE: Beam's own image has no"),
        ((DATAFLOW, CLOUD, "image", ("/mnt",)), "Dataflow's workers mount no folder"),
        ((FLINK, ("flink_master=host:8081",)), "FlinkRunner's workers need an environment with "),
        (
            (FLINK, (JOB_SERVER, "environment_type=EXTERNAL")),
            "FlinkRunner's workers need an environment with ",
        ),
        (
            (FLINK, (JOB_SERVER, *POOL), "image"),
            "--worker-image image is for workers in containers, but --beam-option "
            "environment_type=EXTERNAL starts none",
        ),
        (
            (SPARK, (JOB_SERVER, "environment_type=PROCESS", "environment_config=boot")),
            "environment_config=boot: for PROCESS it is JSON",
        ),
        (
            (SPARK, ("spark_master_url=spark://h:1", "spark_submit_uber_jar"), "image"),
            "spark_submit_uber_jar needs --beam-option spark_rest_url=http://...",
        ),
        ((DIRECT, (), "image"), "DirectRunner works on this machine: leave --worker-image and "),
        ((DIRECT, (), "", ("/mnt",)), "DirectRunner works on this machine: leave "),
        ((DIRECT, ("--direct_num_workers=2",)), "write NAME=VALUE, or NAME for a switch"),
        ((DIRECT, ("runner=FlinkRunner",)), "say --beam-runner NAME instead"),
        ((DIRECT, ("direct_num_workers=two",)), "invalid int value: 'two'"),
        ((DIRECT, ("direct_running_mode=many",)), "invalid choice: 'many' (choose from "),
        ((DIRECT, ("hdsf_host=a",)), "Beam knows no hdsf_host; did you mean hdfs_host?"),
        ((FLINK, ("flink_submit_uber_jar=true",)), "ignored explicit argument 'true'"),
    ],
)
def test_what_cannot_work(arguments, said):
    assert said in refusal(*arguments)
