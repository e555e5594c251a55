import importlib
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from tfx.version import __version__ as TFX  # noqa: N812

from components.photograph_statistics import PhotographStatistics
from pipeline.kubeflow.compiler.machines import UnknownStep
from pipeline.kubeflow.compiler.package import compile_package
from pipeline.kubeflow.job import KUBEFLOW_JOB, StepMachine
from pipeline.presets import PRESETS
from tests.pipeline.kubeflow.jobs import IMAGE, ROOT, a_job, golden_job
from tests.pipeline.kubeflow.needs_kfp import needs_kfp

pytestmark = needs_kfp

GOLDEN = Path(__file__).with_name("carvana-512.yaml")


def documents(package):
    return list(yaml.safe_load_all(package))


@pytest.fixture(scope="module")
def package():
    return compile_package(golden_job())


@pytest.fixture(scope="module")
def spec(package):
    return documents(package)[0]


def container(spec, task):
    return spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]


def test_the_golden_copy(package):
    # Compiled with TFX 1.16; other versions of it differ in nothing but their name.
    golden = GOLDEN.read_text().replace("sdkVersion: tfx-1.16.0", f"sdkVersion: tfx-{TFX}")
    assert package == golden, (
        f"if this is wanted: GOLDEN.write_text(compile_package(golden_job())) of {__file__}"
    )


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_gives_the_same_bytes_twice(preset):
    overrides = ("unet_fit.initial_weights=/mnt/w.h5", "make.enabled=true")
    job = a_job(preset=preset, overrides=overrides)
    package = compile_package(job)
    assert compile_package(KUBEFLOW_JOB.validate_json(KUBEFLOW_JOB.dump_json(job))) == package
    assert package != compile_package(a_job(preset=preset))


def test_kubeflows_own_loader_takes_it(package):
    from kfp import components

    loaded = components.load_component_from_text(package)
    assert loaded.name == "studio-mask"
    parameters = {
        name: (each.type, each.default) for name, each in loaded.component_spec.inputs.items()
    }
    assert parameters == {
        "data": ("String", "/mnt/studio-mask/photographs/span-{SPAN}"),
        "span": ("Integer", -1),
        "overrides": ("List", []),
    }
    kubernetes = loaded.platform_spec.platforms["kubernetes"]
    assert "exec-trainer-unet" in kubernetes.deployment_spec.executors


def test_it_is_a_pipeline_spec_of_version_2_1(spec):
    from kfp.pipeline_spec import pipeline_spec_pb2

    parsed = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    assert parsed.schema_version == "2.1.0"
    assert parsed.default_pipeline_root == ROOT


def test_every_artifact_type_can_be_imported_in_a_container(spec):
    from tfx.orchestration.kubeflow.v2.compiler_utils import TITLE_TO_CLASS_PATH

    titles = set()
    for component in spec["components"].values():
        for side in ("inputDefinitions", "outputDefinitions"):
            for artifact in component.get(side, {}).get("artifacts", {}).values():
                schema = yaml.safe_load(artifact["artifactType"]["instanceSchema"])
                titles.add(schema["title"])
    assert {"tfx.Model", "components.PhotographStatistics", "components.Drift"} <= titles
    for title in titles:
        module, _, name = TITLE_TO_CLASS_PATH.get(title, title).rpartition(".")
        assert issubclass(getattr(importlib.import_module(module), name), object)
    assert importlib.import_module("components").PhotographStatistics is PhotographStatistics


def test_every_input_comes_from_a_task_that_is_waited_for(spec):
    tasks = spec["root"]["dag"]["tasks"]
    for name, task in tasks.items():
        waited_for = set(task.get("dependentTasks", ()))
        inputs = task.get("inputs", {})
        for source in inputs.get("artifacts", {}).values():
            output = source["taskOutputArtifact"]
            producer = spec["components"][f"comp-{output['producerTask']}"]
            assert output["outputArtifactKey"] in producer["outputDefinitions"]["artifacts"]
            assert output["producerTask"] in waited_for, name
        for source in inputs.get("parameters", {}).values():
            if "taskOutputParameter" in source:
                output = source["taskOutputParameter"]
                settings = spec["components"]["comp-run-settings"]["outputDefinitions"]
                assert output["outputParameterKey"] in settings["parameters"]
                assert output["producerTask"] == "run-settings"
                assert "run-settings" in waited_for, name


def test_no_parameter_of_a_step_is_fixed_when_compiled(spec):
    fixed = {
        (name, parameter): source["runtimeValue"]["constant"]
        for name, task in spec["root"]["dag"]["tasks"].items()
        for parameter, source in task.get("inputs", {}).get("parameters", {}).items()
        if "runtimeValue" in source
    }
    assert {parameter for _, parameter in fixed} == {
        "disable_statistics",
        "force_tf_compat_v1",
        "output_key",
        "reimport",
    }


def test_a_step_has_its_machine(spec):
    tasks = spec["root"]["dag"]["tasks"]
    assert container(spec, "trainer-unet")["resources"] == {
        "cpuLimit": 8.0,
        "cpuRequest": 8.0,
        "memoryLimit": 32.0,
        "memoryRequest": 32.0,
        "accelerator": {"type": "nvidia.com/gpu", "count": "1"},
    }
    assert container(spec, "gate")["resources"] == {
        "cpuLimit": 4.0,
        "cpuRequest": 4.0,
        "memoryLimit": 8.0,
        "memoryRequest": 8.0,
    }
    assert container(spec, "gate")["image"] == IMAGE
    assert tasks["gate"]["retryPolicy"]["maxRetryCount"] == 3
    assert "retryPolicy" not in tasks["last-blessed"]


def test_kubernetes_is_told_of_nodes_and_the_volume(package):
    _, platform = documents(package)
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    mount = [{"constant": "studio-mask", "mountPath": "/mnt/studio-mask"}]
    assert executors["exec-gate"] == {"pvcMount": mount}
    assert executors["exec-trainer-unet"] == {
        "pvcMount": mount,
        "nodeSelector": {"labels": {"pool": "gpu"}},
    }
    assert "exec-last-blessed" not in executors


def test_without_volume_and_nodes_there_is_one_document():
    job = a_job(volume=None, root="gs://bucket/v2", serving_directory="gs://b/serving/mask")
    assert len(documents(compile_package(job))) == 1


def test_caching(spec):
    def cached(spec):
        return {
            name
            for name, task in spec["root"]["dag"]["tasks"].items()
            if task.get("cachingOptions", {}).get("enableCache")
        }

    # Those two look at what no cache knows.
    assert set(spec["root"]["dag"]["tasks"]) - cached(spec) == {"run-settings", "keep-record"}
    (other, _) = documents(compile_package(a_job(cache=False)))
    importers = {"drift-baseline", "drift-baseline-model", "last-blessed"}
    assert cached(other) == importers


def test_no_retries():
    (spec, _) = documents(compile_package(a_job(retries=0)))
    assert not any("retryPolicy" in task for task in spec["root"]["dag"]["tasks"].values())


def test_steps_are_switched_on_when_compiled():
    job = a_job(overrides=("make.enabled=true", "warm_start=true", "tuner.trials=2"))
    tasks = set(documents(compile_package(job))[0]["root"]["dag"]["tasks"])
    assert {
        "trainer-make",
        "make-gate",
        "make-pusher",
        "keep-make-record",
        "last-blessed-make",
        "warm-start",
        "tuner",
    } <= tasks


def test_beam_elsewhere_reads_the_object_store():
    job = a_job(
        volume=None,
        root="gs://bucket/v2",
        serving_directory="gs://b/serving/mask",
        beam_args=("--runner=DataflowRunner",),
        beam_elsewhere=True,
    )
    (spec,) = documents(compile_package(job))
    on_beam = {
        task
        for task in spec["root"]["dag"]["tasks"]
        if task != "run-settings"
        and "container" in spec["deploymentSpec"]["executors"][f"exec-{task}"]
        and task != "keep-record"
        and "--local_copies" not in container(spec, task)["args"]
    }
    assert {"photograph-example-gen", "statistics-gen", "transform", "gate"} <= on_beam
    assert not {"trainer-unet", "pusher", "server-check"} & on_beam
    assert "--runner=DataflowRunner" in container(spec, "transform")["args"]


def test_machines_that_fit_together_find_the_fit_on_the_volume():
    (spec, _) = documents(compile_package(a_job(fit_jobs="/mnt/studio-mask/jobs")))
    fit = container(spec, "trainer-unet")
    assert fit["env"] == [{"name": "STUDIO_MASK_FIT_JOBS", "value": "/mnt/studio-mask/jobs"}]
    shared = ["--local_copies", "--shared_copies", "/mnt/studio-mask/jobs/artifacts"]
    assert fit["args"][:3] == shared
    assert "env" not in container(spec, "trainer-cnn")
    assert "--shared_copies" not in container(spec, "trainer-cnn")["args"]


def test_a_machine_for_no_step_is_refused():
    with pytest.raises(UnknownStep, match="'trainer-unit' is no step .* trainer-unet"):
        compile_package(a_job(machines={"trainer-unit": StepMachine()}))
    with pytest.raises(UnknownStep, match="'last-blessed' is no step"):
        compile_package(a_job(machines={"last-blessed": StepMachine()}))
