"""What is compiled for Kubeflow Pipelines: the pipeline, where it works, and on what machines."""

import re
from typing import Annotated

from pydantic import Field, TypeAdapter, field_validator, model_validator
from pydantic.dataclasses import dataclass

from pipeline.config import PipelineConfig
from pipeline.config.fields import STRICT, Count, Positive
from pipeline.overrides import apply_overrides
from pipeline.presets import PRESETS

# The object stores that Kubeflow's launcher copies artifacts from and to, see
# pipeline/kubeflow/container/launcher_paths.py.
ROOT_SCHEMES = ("gs://", "s3://", "minio://")

# Where a step's container keeps the schema.
SCHEMA_FOLDER = "/tmp/studio-mask/schema"

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, config=STRICT)
class StepMachine:
    """What the container of a step gets.

    Attributes:
        cpu: Cores, requested and at most.
        memory_gib: GiB of memory, requested and at most.
        gpus: How many GPUs.
        gpu_type: The resource that Kubernetes counts them as.
        node_selector: Labels that the node must have.
    """

    cpu: Annotated[float, Field(gt=0.0)] = 4.0
    memory_gib: Annotated[float, Field(gt=0.0)] = 8.0
    gpus: Count = 0
    gpu_type: str = "nvidia.com/gpu"
    node_selector: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, config=STRICT)
class Volume:
    """A persistent volume claim that every step mounts.

    Attributes:
        claim: Its name; it must allow many pods to read and write (ReadWriteMany).
        path: Where it is mounted.
    """

    claim: str
    path: str

    @field_validator("path")
    @classmethod
    def _is_absolute(cls, path: str) -> str:
        if not path.startswith("/") or path == "/":
            raise ValueError(f"{path!r} is no path such as /mnt/studio-mask")
        return path.rstrip("/")


@dataclass(frozen=True, config=STRICT)
class KubeflowJob:
    """One pipeline to compile.

    Attributes:
        image: That every step runs in, see pipeline/kubeflow/image.
        root: Pipeline root, a URL of an object store.
        serving_directory: Gets a version directory when a model is blessed; gs:// or a path on a
            volume.
        data: Photographs, as ``local_runner.py --data`` takes them; the default of the runtime
            parameter.
        preset: Named configuration.
        overrides: ``KEY=VALUE``, see ``pipeline.overrides``; fixed when compiled.
        name: Of the pipeline.
        volume: Mounted by every step; None for none.
        machine: Of every step that ``machines`` does not name.
        machines: By task name, such as ``trainer-unet``.
        retries: How often a failed step is tried again.
        cache: Whether a step is taken from an earlier run that did the same.
        fit_jobs: Folder on the volume in which the U-Net's fit is offered to machines that fit
            together, see trainer/fit_job.py; empty where the step fits by itself.
        beam_args: For the steps that run on Beam, such as ``--runner=FlinkRunner``.
        beam_elsewhere: Whether Beam's workers run outside of the step's container. Then what the
            Beam steps read and write is addressed by URL, and not in the launcher's copies.
    """

    image: str
    root: str
    serving_directory: str
    data: str = ""
    preset: str = "sample"
    overrides: tuple[str, ...] = ()
    name: str = "studio-mask"
    volume: Volume | None = None
    machine: StepMachine = StepMachine()
    machines: dict[str, StepMachine] = Field(default_factory=dict)
    retries: Count = 2
    backoff_seconds: Positive = 60
    cache: bool = True
    fit_jobs: str = ""
    beam_args: tuple[str, ...] = ()
    beam_elsewhere: bool = False

    @field_validator("root")
    @classmethod
    def _is_an_object_store(cls, root: str) -> str:
        if not root.startswith(ROOT_SCHEMES):
            raise ValueError(
                f"{root!r} is no URL of an object store; Kubeflow keeps artifacts in "
                + ", ".join(ROOT_SCHEMES)
            )
        return root.rstrip("/")

    @field_validator("name")
    @classmethod
    def _names_a_pipeline(cls, name: str) -> str:
        if not _NAME.fullmatch(name) or len(name) > 128:
            raise ValueError(f"{name!r} is not made of a-z, 0-9 and - (at most 128)")
        return name

    @field_validator("preset")
    @classmethod
    def _is_known(cls, preset: str) -> str:
        if preset not in PRESETS:
            raise ValueError(f"{preset!r} is none of: {', '.join(PRESETS)}")
        return preset

    @model_validator(mode="after")
    def _can_be_written_by_every_step(self) -> "KubeflowJob":
        directory = self.serving_directory.rstrip("/")
        if not directory.startswith("gs://") and not self._is_on_volume(directory):
            raise ValueError(
                f"serving_directory={self.serving_directory!r} must be gs:// or lie on the volume "
                "that every step mounts (--volume CLAIM:/PATH): servers and later runs read it"
            )
        if self.fit_jobs and not self._is_on_volume(self.fit_jobs):
            raise ValueError(
                f"fit_jobs={self.fit_jobs!r} must lie on the volume (--volume CLAIM:/PATH), which "
                "the machines that fit together mount too"
            )
        if self.beam_elsewhere and not self.root.startswith("gs://"):
            raise ValueError(
                f"root={self.root!r}: Beam workers outside of the container read and write it "
                "themselves, which TFX can on gs:// alone"
            )
        return self

    def _is_on_volume(self, path: str) -> bool:
        return self.volume is not None and path.startswith(f"{self.volume.path}/")

    @property
    def make_serving_directory(self) -> str:
        """The make classifier's, beside the masks'."""
        return f"{self.serving_directory.rstrip('/')}-make"

    @property
    def fits_directory(self) -> str:
        """For what outlives a killed fit: the volume, else the container's own disk."""
        place = self.volume.path if self.volume is not None else "/tmp/studio-mask"
        return f"{place}/fits"

    def config(self, *more_overrides: str) -> PipelineConfig:
        """Returns the preset with its overrides.

        Args:
            more_overrides: After those of the job.

        Raises:
            InvalidOverride: If one names no field, or has an unusable value.
        """
        return apply_overrides(PRESETS[self.preset], (*self.overrides, *more_overrides))


KUBEFLOW_JOB = TypeAdapter(KubeflowJob)
