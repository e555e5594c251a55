import dataclasses
import io

import pytest
from rich.console import Console

from pipeline.kubeflow.command import KubeflowCommand, UnusableFlags
from pipeline.kubeflow.compiler.package import compile_package
from pipeline.kubeflow.job import StepMachine
from pipeline.kubeflow.server.refused import KubeflowRefused
from tests.pipeline.kubeflow.jobs import IMAGE, ROOT, a_job
from tests.pipeline.kubeflow.needs_kfp import needs_kfp
from tests.pipeline.kubeflow.server.fake_pipelines_server import FakePipelinesServer, running


@pytest.fixture
def command(tmp_path):
    return KubeflowCommand(
        preset="sample",
        output=tmp_path / "compiled" / "pipeline.yaml",
        image=IMAGE,
        root=ROOT,
        serving_directory="/mnt/studio-mask/serving/mask",
        data="/mnt/studio-mask/photographs/span-{SPAN}",
        name="studio-mask",
        volume="studio-mask:/mnt/studio-mask",
        overrides=(),
        make_classifier=False,
        cpu=(),
        memory=(),
        gpu=(),
        gpu_type=(),
        node_selector=(),
        retries=2,
        no_cache=False,
        fit_jobs="",
        beam_runner="DirectRunner",
        beam_options=("direct_num_workers=3",),
        worker_image="",
        is_submitted=False,
        schedule=None,
        host=None,
        experiment="Default",
        run_name=None,
        parameter=(),
        namespace=None,
        token_file=None,
        ca_file=None,
    )


def screen_of(command, **flags):
    screen = io.StringIO()
    dataclasses.replace(command, **flags).execute(Console(file=screen, soft_wrap=True))
    return screen.getvalue()


@needs_kfp
def test_flags_become_a_job(command):
    said = screen_of(
        command,
        overrides=("unet_fit.epochs=3",),
        make_classifier=True,
        cpu=("2",),
        gpu=("1",),
        retries=0,
        no_cache=True,
    )
    args = (
        "--direct_running_mode=multi_threading",
        "--direct_num_workers=0",
        "--allow_unsafe_triggers",
        "--sdk_container_image=none",
        "--direct_num_workers=3",
    )
    job = a_job(
        overrides=("unet_fit.epochs=3", "make.enabled=true"),
        machine=StepMachine(cpu=2),
        machines={"trainer-unet": StepMachine(cpu=2, gpus=1)},
        retries=0,
        cache=False,
        beam_args=args,
    )
    assert command.output.read_text() == compile_package(job)
    assert f"{command.output}: studio-mask, preset sample, for {IMAGE}" in said
    assert "Next: the same command with --submit --host URL" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"root": "/srv"}, "'/srv' is no URL of an object store"),
        ({"preset": "carvana"}, "'carvana' is none of: sample"),
        ({"volume": "studio-mask"}, "--volume studio-mask: write CLAIM:/PATH"),
        ({"volume": "studio-mask:mnt"}, "--volume studio-mask:mnt: 'mnt' is no path"),
        ({"volume": None}, "must be gs:// or lie on the volume"),
        ({"overrides": ("unet.fliters=3",)}, "no field 'unet.fliters'"),
        ({"cpu": ("many",)}, "cpu='many'"),
        pytest.param(
            {"cpu": ("trainer:3",)}, "'trainer' is no step of this pipeline", marks=needs_kfp
        ),
        ({"beam_runner": "Samza"}, "Samza"),
        ({"beam_runner": "DataflowRunner", "beam_options": ()}, "project"),
        ({"is_submitted": True}, "--submit and --schedule need --host URL"),
        ({"schedule": "0 3 * * *"}, "--submit and --schedule need --host URL"),
        ({"schedule": "0 3", "host": "http://x"}, "--schedule: '0 3' has 2 fields"),
        ({"is_submitted": True, "schedule": "0 3 * * *", "host": "http://x"}, "take one"),
        ({"host": "http://x"}, "need --submit or --schedule"),
        ({"parameter": ("span=1",)}, "need --submit or --schedule"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(command, flags, said):
    with pytest.raises(UnusableFlags, match=said):
        screen_of(command, **flags)
    assert not command.output.exists()


@needs_kfp
class TestSending:
    @pytest.fixture
    def fake(self):
        with running(FakePipelinesServer()) as server:
            yield server
        assert server.unknown == []

    def test_what_was_compiled_is_submitted(self, command, fake):
        flags = {"parameter": ("span=3",), "run_name": "tuesday", "experiment": "cars"}
        said = screen_of(command, is_submitted=True, host=fake.url, **flags)
        ((_, _, content),) = fake.uploads
        assert content == command.output.read_bytes()
        (run,) = fake.posted("runs")
        assert run["display_name"] == "tuesday"
        assert run["runtime_config"]["parameters"] == {"span": 3}
        assert f"tuesday runs version studio-mask-{said.split('studio-mask-')[1][:12]}" in said
        assert f"{fake.url}/#/runs/details/" in said

    def test_a_schedule_takes_the_newest_span(self, command, fake):
        said = screen_of(command, schedule="0 3 * * *", host=fake.url)
        (made,) = fake.posted("recurringruns")
        assert made["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
        assert "span" not in made["runtime_config"].get("parameters", {})
        assert "studio-mask runs at 0 0 3 * * *: " in said
        assert "instead of 1 older" in screen_of(command, schedule="0 4 * * *", host=fake.url)

    def test_a_parameter_must_have_a_name(self, command, fake):
        with pytest.raises(UnusableFlags, match="--parameter span: write NAME=VALUE"):
            screen_of(command, is_submitted=True, host=fake.url, parameter=("span",))
        assert fake.posted("runs") == []

    def test_what_the_server_does_not_take_is_kept(self, command, fake):
        with pytest.raises(KubeflowRefused, match="spam"):
            screen_of(command, is_submitted=True, host=fake.url, parameter=("spam=3",))
        assert command.output.exists()
