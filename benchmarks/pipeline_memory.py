"""Does the peak memory of ingestion, statistics and Transform grow with the number of photographs?

Renders 1,024 full-size photographs, runs PhotographExampleGen, StatisticsGen and Transform on 256
of them, on all, and on three times all (each linked under three names), each step in a process of
its own, and compares the peaks of resident memory. Expected: from 1,024 to 3,072 the same within a
tenth, because photographs pass through in batches. That holds for ingestion and Transform;
StatisticsGen grew by a fifth.
"""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from studio.config import StudioConfig
from studio.dataset import render_dataset

_COUNTS = (256, 1024, 3072)
_RENDERED = 1024
_POSES = 16
_STEPS = ("ingest", "statistics", "transform")

_STEP = """
import json, os, resource, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from tfx import v1 as tfx
from components.photograph_example_gen import PhotographExampleGen
from components.photograph_folder import fingerprint
from pipeline import features
from pipeline.config import DATA_CONFIG, INPUT_CONFIG, DataConfig, InputConfig
from pipeline.create_pipeline import SCHEMA_FILE
from pipeline.local_run import BEAM_ARGS

data, workdir, step = sys.argv[1:]
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
baseline = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
tfx.orchestration.LocalDagRunner().run(tfx.dsl.Pipeline(
    pipeline_name="memory",
    pipeline_root=os.path.join(workdir, "pipeline"),
    components=components,
    enable_cache=True,
    metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
        os.path.join(workdir, "metadata.sqlite")
    ),
    beam_pipeline_args=list(BEAM_ARGS),
))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"after_imports_mib": baseline // 1024, "peak_mib": peak // 1024}))
"""


def measure(scratch: Path) -> dict[str, Any]:
    """Measures the steps at both counts.

    Args:
        scratch: An empty folder; about 2 GB are written.

    Returns:
        Per step and count the memory after the imports and at the peak, in MiB; per step the ratios
        of the peaks.
    """
    figures: dict[str, Any] = {"photograph_size": "1918x1280"}
    rendered = render_dataset(
        scratch / "rendered",
        StudioConfig(cars=_RENDERED // _POSES, test_cars=0, width=1918, height=1280),
    )
    for count in _COUNTS:
        photographs = _linked(rendered, count, scratch / f"photographs-{count}")
        for step in _STEPS:
            ran = subprocess.run(
                [sys.executable, "-c", _STEP, photographs, scratch / f"run-{count}", step],
                check=True,
                capture_output=True,
                text=True,
            )
            figures[f"{step}_{count}"] = json.loads(ran.stdout.splitlines()[-1])
    for step in _STEPS:
        for few, many in pairwise(_COUNTS):
            peaks = [figures[f"{step}_{count}"]["peak_mib"] for count in (few, many)]
            figures[f"{step}_ratio_{many}_to_{few}"] = round(peaks[1] / peaks[0], 3)
    return figures


def _linked(rendered: Path, count: int, folder: Path) -> Path:
    """Links ``count`` photographs and masks, each under as many car ids as that takes."""
    for place in ("train", "train_masks"):
        (folder / place).mkdir(parents=True)
        files = sorted((rendered / place).iterdir())
        for index in range(count):
            turn, number = divmod(index, len(files))
            (folder / place / f"{turn}x{files[number].name}").symlink_to(files[number])
    return folder
