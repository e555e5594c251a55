"""Runs one step of the pipeline in a process of its own and says what it took.

Earlier steps are run first where they have not been, in a process of their own too; TFX's cache
keeps them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from studio.config import StudioConfig
from studio.dataset import render_dataset

WIDTH, HEIGHT = 1918, 1280
_POSES = 16

_STEP = """
import json, os, resource, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from tfx import v1 as tfx
from components.photograph_example_gen import PhotographExampleGen
from components.photograph_folder import fingerprint
from pipeline import features
from pipeline.config import DATA_CONFIG, INPUT_CONFIG, DataConfig, InputConfig
from pipeline.schema_copy import SCHEMA_FILE
from pipeline.beam_runner import BeamRunner, beam_args

data, workdir, step, workers = sys.argv[1:]
gen = PhotographExampleGen(
    data=data,
    fingerprint=fingerprint(data),
    config=DATA_CONFIG.dump_json(DataConfig()).decode(),
    code="",
)
schema = tfx.components.ImportSchemaGen(schema_file=str(SCHEMA_FILE))
components = [gen, schema]
if step == "statistics":
    components.append(tfx.components.StatisticsGen(
        examples=gen.outputs["examples"], schema=schema.outputs["schema"]
    ))
if step == "transform":
    components.append(tfx.components.Transform(
        examples=gen.outputs["examples"],
        schema=schema.outputs["schema"],
        preprocessing_fn="trainer.preprocessing.preprocessing_fn",
        splits_config=tfx.proto.SplitsConfig(
            analyze=[features.TRAIN], transform=[features.TRAIN, features.VAL]
        ),
        disable_statistics=True,
        custom_config={"input": INPUT_CONFIG.dump_json(InputConfig()).decode()},
    ))
before = resource.getrusage(resource.RUSAGE_SELF)
started = time.perf_counter()
tfx.orchestration.LocalDagRunner().run(tfx.dsl.Pipeline(
    pipeline_name="memory",
    pipeline_root=os.path.join(workdir, "pipeline"),
    components=components,
    enable_cache=True,
    metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
        os.path.join(workdir, "metadata.sqlite")
    ),
    beam_pipeline_args=beam_args(BeamRunner(options=(f"direct_num_workers={workers}",))),
))
wall = time.perf_counter() - started
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({
    "after_imports_mib": before.ru_maxrss // 1024,
    "peak_mib": after.ru_maxrss // 1024,
    "cpu_seconds": round(cpu, 1),
    "wall_seconds": round(wall, 1),
}))
"""


def run_step(
    step: str, photographs: Path, workdir: Path, workers: int | None = None
) -> dict[str, Any]:
    """Runs a step.

    Args:
        step: ``ingest``, ``statistics`` or ``transform``.
        photographs: Folder in Kaggle's layout.
        workdir: Where artifacts are kept between steps.
        workers: Beam's; None for as many as there are processors, as in a run.

    Returns:
        Memory after the imports and at the peak, MiB; processor and wall seconds without the
        imports.
    """
    workers = workers or os.cpu_count() or 1
    figures: dict[str, Any] = run_process(_STEP, photographs, workdir, step, str(workers))
    return figures


def run_process(script: str, *arguments: str | Path) -> Any:
    """Runs a script in a process of its own; returns the JSON of the last line that it prints."""
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(ran.stdout.splitlines()[-1])


def render_photographs(folder: Path, count: int) -> Path:
    """Renders photographs of 1918x1280 with masks, 16 of each car.

    Args:
        folder: To make.
        count: A multiple of 16.
    """
    return render_dataset(
        folder, StudioConfig(cars=count // _POSES, test_cars=0, width=WIDTH, height=HEIGHT)
    )


def link_photographs(rendered: Path, count: int, folder: Path) -> Path:
    """Links ``count`` photographs and masks, each under as many car ids as that takes.

    Args:
        rendered: Kaggle's layout.
        count: May be more than there are.
        folder: To make.
    """
    for place in ("train", "train_masks"):
        (folder / place).mkdir(parents=True)
        files = sorted((rendered / place).iterdir())
        for index in range(count):
            turn, number = divmod(index, len(files))
            (folder / place / f"{turn}x{files[number].name}").symlink_to(files[number])
    return folder
