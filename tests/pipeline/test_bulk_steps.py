"""BulkInferrer on an imported model: photographs in, examples with run lengths out."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx import v1 as tfx

from pipeline.config import DataConfig
from pipeline.steps.bulk_steps import bulk_steps
from serving.server.servable import Servable
from tests.batch import exported_models

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(tmp_path_factory, image_file):
    """The folder of a pipeline that has run, its photographs, and the model."""
    root = tmp_path_factory.mktemp("bulk")
    photographs = root / "photographs"
    photographs.mkdir()
    for seed in range(3):
        (photographs / f"car_{seed}.jpg").write_bytes(image_file(60, 40, seed))
    (photographs / "broken.jpg").write_bytes(image_file(60, 40, 7)[:300])
    (photographs / "car_1.png").write_bytes(image_file(60, 40, 8, "PNG"))
    (photographs / "notes.txt").touch()
    model = root / "model" / "Format-Serving"
    exported_models.export(model)
    (model / "model_card.json").unlink()
    kinds = tfx.types.standard_artifacts
    imported = tfx.dsl.Importer(source_uri=str(model.parent), artifact_type=kinds.Model).with_id(
        "Candidate"
    )
    blessing = tfx.dsl.Importer(
        source_uri=str(root), artifact_type=kinds.ModelBlessing, custom_properties={"blessed": 1}
    ).with_id("Blessing")
    steps = bulk_steps(
        str(photographs), "1", imported.outputs["result"], blessing.outputs["result"], DataConfig()
    )
    metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(
        str(root / "metadata.sqlite")
    )
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name="bulk",
            pipeline_root=str(root / "pipeline"),
            components=[imported, blessing, *steps.components],
            metadata_connection_config=metadata,
            beam_pipeline_args=["--direct_running_mode=in_memory", "--allow_unsafe_triggers"],
        )
    )
    yield root / "pipeline", photographs, model
    shutil.rmtree(root)


def files(root: Path, pattern: str) -> list[str]:
    found = [str(path) for path in root.glob(pattern)]
    assert found
    return found


def test_every_usable_photograph_has_the_models_run_lengths(ran):
    root, photographs, model = ran
    paths = files(root, "BulkInferrer/output_examples/*/Split-unlabelled/*.gz")
    found = {}
    for record in tf.data.TFRecordDataset(paths, "GZIP").as_numpy_iterator():
        feature = tf.train.Example.FromString(record).features.feature
        [image_id] = feature["image_id"].bytes_list.value
        found[image_id.decode()] = feature["rle"].bytes_list.value[0]
    expected = {}
    with Servable.load(model) as servable:
        for name in ("car_0", "car_1", "car_2"):
            image = (photographs / f"{name}.jpg").read_bytes()
            inputs = {"image_bytes": np.array([image], dtype=object)}
            expected[name] = servable.predict(inputs, "rle")["rle"][0]
    assert found == expected
    assert all(expected.values())


def test_what_cannot_be_used_is_set_aside(ran):
    root, _, _ = ran
    [path] = files(root, "UnlabelledExampleGen/quarantine/*/quarantine.jsonl")
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    assert {Path(line["file"]).name: line["reason"] for line in lines} == {
        "broken.jpg": "truncated image",
        "car_1.png": "duplicate id",
        "notes.txt": "neither photograph nor mask",
    }
    assert not list(root.glob("UnlabelledExampleGen/examples/*/Split-unlabelled/.*"))
