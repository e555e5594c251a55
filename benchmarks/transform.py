"""How near does Transform come to the least that it could take, and does its memory grow?

The floor: decode photograph and mask and shrink them, by the functions that Transform's graph is
made of, in as many threads as a run has. It is measured before and after the step, on photographs
that the step works on. Seconds are the processor's, so that other programs disturb less. Expected:
at least 0.6 of the floor's photographs per second and core, and a peak of memory that is the same
for 256 and 1,024 photographs.
"""

from pathlib import Path
from typing import Any

from benchmarks.ingestion import COUNTS, compare
from benchmarks.pipeline_step import (
    HEIGHT,
    WIDTH,
    link_photographs,
    render_photographs,
    run_process,
    run_step,
)

_FLOOR = """
import glob, json, os, resource, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from concurrent.futures import ThreadPoolExecutor
import tensorflow as tf
from pipeline import features
from pipeline.config import InputConfig
from trainer.preprocessing import decode_mask, small_image
from trainer.resize import shrink

[examples] = glob.glob(f"{sys.argv[1]}/pipeline/PhotographExampleGen/examples/*")
size = InputConfig()

@tf.function(input_signature=2 * [tf.TensorSpec([], tf.string)])
def shrink_both(image, mask):
    small = small_image(image, size.height, size.width)
    return small, shrink(decode_mask(mask), size.height, size.width)

def floor(record):
    values = tf.train.Example.FromString(record).features.feature
    shrink_both(*(values[name].bytes_list.value[0] for name in (features.IMAGE, features.MASK)))

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

files = sorted(glob.glob(f"{examples}/Split-train/*"))
records = list(tf.data.TFRecordDataset(files, "GZIP").take(128).as_numpy_iterator())
with ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(floor, records[:16]))
    before = cpu()
    list(pool.map(floor, records))
print(json.dumps((cpu() - before) / len(records)))
"""

_TRANSFORMED = """
import glob, json, sys
[quarantine] = glob.glob(f"{sys.argv[1]}/pipeline/PhotographExampleGen/quarantine/*")
photographs = json.load(open(f"{quarantine}/counts.json"))["photographs"]
print(json.dumps(photographs["train"] + photographs["val"]))
"""


def measure(scratch: Path) -> dict[str, Any]:
    """Measures Transform.

    Args:
        scratch: An empty folder; about 2 GB are written.

    Returns:
        Photographs per second and core of the floor and of the step, whole and of each photograph
        more; what share of the floor that is; memory at the peak per count, and their ratio.
    """
    rendered = render_photographs(scratch / "rendered", max(COUNTS))
    return {"photograph_size": f"{WIDTH}x{HEIGHT}", **measure_on(rendered, scratch)}


def measure_on(photographs: Path, scratch: Path) -> dict[str, Any]:
    """Does the same on 1,024 photographs that are there.

    Args:
        photographs: Kaggle's layout.
        scratch: An empty folder.
    """
    floors, steps, transformed = [], {}, {}
    for count in COUNTS:
        folder = link_photographs(photographs, count, scratch / f"transform-{count}")
        workdir = scratch / f"transform-run-{count}"
        run_step("ingest", folder, workdir)
        floors.append(run_process(_FLOOR, workdir))
        steps[count] = run_step("transform", folder, workdir)
        floors.append(run_process(_FLOOR, workdir))
        transformed[count] = run_process(_TRANSFORMED, workdir)
    return {
        **compare(floors, steps, transformed),
        "transformed": {str(count): number for count, number in transformed.items()},
    }
