"""The pipeline as TFX compiles it for Kubeflow, and what is the same in every run of it."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from tfx import v1 as tfx

from pipeline.config import PipelineConfig
from pipeline.create_pipeline import create_pipeline
from pipeline.kubeflow.compiler.imported_models import ImportedModels
from pipeline.kubeflow.compiler.task_names import rename_tasks
from pipeline.kubeflow.job import SCHEMA_FOLDER, KubeflowJob
from pipeline.kubeflow.missing_kubeflow import check_kubeflow
from pipeline.schema_copy import schema_path

RUN_STEP = ("python", "-m", "pipeline.kubeflow.container.run_step")


@dataclass(frozen=True)
class RunData:
    """What a run finds before it starts; empty where a pipeline is only compiled.

    Attributes:
        data: Where the photographs are.
        fingerprint: Of what is there, see ``components.span_listing.spans_fingerprint``.
        unlabelled_names: Digest of the names in ``test/``.
        bulk_fingerprint: Of the photographs to mask at the end.
    """

    data: str = ""
    fingerprint: str = ""
    unlabelled_names: str = ""
    bulk_fingerprint: str = ""


def tfx_spec(job: KubeflowJob, config: PipelineConfig, run: RunData) -> dict[str, Any]:
    """Compiles the pipeline.

    Args:
        job: What to compile.
        config: The preset with all its overrides.
        run: What the run works on.

    Returns:
        A PipelineSpec (https://github.com/kubeflow/pipelines/tree/master/api/v2alpha1) as JSON,
        with tasks named as ``pipeline.kubeflow.compiler.task_names`` does.

    Raises:
        MissingWeights: If the config names a weights file that does not exist.
        UnusableKey: If it names a private key that cannot sign.
        MissingKubeflow: If kfp, which TFX compiles with, is not installed.
    """
    check_kubeflow()
    pipeline = create_pipeline(
        name=job.name,
        root=job.root,
        data=run.data,
        fingerprint=run.fingerprint,
        unlabelled_names=run.unlabelled_names,
        schema_file=schema_path(SCHEMA_FOLDER),
        serving_directory=job.serving_directory,
        make_serving_directory=job.make_serving_directory,
        fits_directory=job.fits_directory,
        config=config,
        metadata=None,
        beam_pipeline_args=job.beam_args,
        earlier=ImportedModels(),
        bulk_fingerprint=run.bulk_fingerprint,
    )
    runner = tfx.orchestration.experimental.KubeflowV2DagRunner(
        tfx.orchestration.experimental.KubeflowV2DagRunnerConfig(
            default_image=job.image,
            default_commands=list(RUN_STEP),
            use_pipeline_spec_2_1=True,
        )
    )
    return rename_tasks(runner.run(pipeline, write_out=False)["pipelineSpec"])


def without_files(config: PipelineConfig) -> PipelineConfig:
    """Returns a config that names no file, for compiling where the files are not.

    Args:
        config: Whose weights and keys lie where the steps run.
    """
    return dataclasses.replace(
        config,
        unet=dataclasses.replace(config.unet, encoder_weights=""),
        unet_fit=dataclasses.replace(config.unet_fit, initial_weights=""),
        signing=dataclasses.replace(config.signing, private_key=""),
    )


def constant_parameters(spec: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Returns the text parameters that TFX wrote into the tasks: what differs between runs.

    Args:
        spec: See ``tfx_spec``.

    Returns:
        Values by (task, parameter); importers, which have nothing but their URI, are left out.
    """
    executors = spec["deploymentSpec"]["executors"]
    found = {}
    for name, task in spec["root"]["dag"]["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        if "importer" in executors[component["executorLabel"]]:
            continue
        for parameter, source in task.get("inputs", {}).get("parameters", {}).items():
            value = source.get("runtimeValue", {}).get("constant")
            if isinstance(value, str):
                found[name, parameter] = value
    return found


def structure_digest(spec: dict[str, Any]) -> str:
    """Returns a digest of all but the text parameters: tasks, what they read, what they run.

    TFX 1.16 and 1.21 compile the same but for their name, so that an image may hold the other one.

    Args:
        spec: See ``tfx_spec``.
    """
    same = json.loads(json.dumps(spec))
    del same["sdkVersion"]
    for task, parameter in constant_parameters(spec):
        inputs = same["root"]["dag"]["tasks"][task]["inputs"]["parameters"]
        inputs[parameter] = "text"
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:16]
