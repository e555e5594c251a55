"""Runs the pipeline's Beam steps with some arguments for Beam, and writes what they found.

    python -m tests.pipeline.beam_steps all|ours PHOTOGRAPHS MODEL OUTPUT BEAM_ARGUMENTS

Through TFX, as a run does: ingestion, TFDV's statistics and validation, photographs in numbers,
Transform. Then the gate's evaluation and its search for leaks, on a model that is given. All that
must not depend on the runner goes to OUTPUT/found.json. With "ours", only the steps that
are wholly the project's: ingestion and evaluation.
"""

import functools
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import PipelineOptions
from google.protobuf import text_format
from tfx import v1 as tfx

from components.photograph_example_gen import PhotographExampleGen
from components.photograph_statistics import PhotographStatisticsGen
from evaluation.asked_model import ServableModel
from evaluation.evaluate import add_evaluation, read_scores
from evaluation.masked_photograph import split_files
from evaluation.split_leaks import add_leak_search, read_leaks
from pipeline import features
from pipeline.config import DATA_CONFIG, INPUT_CONFIG, DataConfig, InputConfig
from pipeline.run_record import last_run

_SCHEMA_FILE = Path(features.__file__).parent / "schema" / "schema.pbtxt"


def run_steps(which: str, photographs: Path, output: Path, beam_args: list[str]) -> Any:
    """Runs the steps before the first fit; returns the record of the run."""
    config = DATA_CONFIG.dump_json(
        DataConfig(val_fraction=0.3, test_fraction=0.3, shards=4)
    ).decode()
    known = {"data": str(photographs), "fingerprint": "x", "config": config, "code": "x"}
    example_gen = PhotographExampleGen(**known)
    examples = example_gen.outputs["examples"]
    schema_gen = tfx.components.ImportSchemaGen(schema_file=str(_SCHEMA_FILE))
    schema = schema_gen.outputs["schema"]
    statistics_gen = tfx.components.StatisticsGen(examples=examples, schema=schema)
    validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema
    )
    photograph_statistics = PhotographStatisticsGen(
        **known, examples=examples, quarantine=example_gen.outputs["quarantine"]
    )
    transform = tfx.components.Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn="trainer.preprocessing.preprocessing_fn",
        splits_config=tfx.proto.SplitsConfig(
            analyze=[features.TRAIN], transform=[features.TRAIN, features.VAL]
        ),
        disable_statistics=True,
        custom_config={"input": INPUT_CONFIG.dump_json(InputConfig(height=32, width=32)).decode()},
    )
    more = [schema_gen, statistics_gen, validator, photograph_statistics, transform]
    metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(
        str(output / "metadata.sqlite")
    )
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name="mask",
            pipeline_root=str(output / "pipeline"),
            components=[example_gen, *(more if which == "all" else ())],
            enable_cache=False,
            metadata_connection_config=metadata,
            beam_pipeline_args=beam_args,
        )
    )
    return last_run(metadata)


def examples_of(folder: Path) -> list[str]:
    """Returns a digest of each example below a folder, whatever the order of its features."""
    digests = []
    for file in sorted(folder.rglob("*.gz")):
        for record in tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator():
            example = tf.train.Example.FromString(record)
            content = example.SerializeToString(deterministic=True)
            digests.append(f"{file.parent.name} {hashlib.sha256(content).hexdigest()}")
    return sorted(digests)


def statistics_of(folder: Path) -> dict[str, str]:
    """Returns TFDV's statistics by split, as text."""
    found = {}
    for file in sorted(folder.glob("Split-*/*")):
        statistics = tfdv.load_stats_binary(str(file))
        found[file.parent.name] = {
            feature.path.step[0]: text_format.MessageToString(
                feature.num_stats.common_stats
                if feature.HasField("num_stats")
                else feature.bytes_stats.common_stats
                if feature.HasField("bytes_stats")
                else feature.string_stats.common_stats
            )
            for feature in statistics.datasets[0].features
        }
    return found


def evaluate(examples: str, model: Path, output: Path, beam_args: list[str]) -> dict[str, Any]:
    """Runs the Beam part of the gate."""
    splits = {split: split_files(examples, split) for split in features.SPLITS}
    loaders = {"candidate": functools.partial(ServableModel.load, str(model))}
    with beam.Pipeline(options=PipelineOptions(beam_args)) as root:
        add_evaluation(root, splits[features.TEST], loaders, str(output), ["make"])
        add_leak_search(root, splits, str(output))
    result = tfma.load_eval_result(str(output), model_name="candidate")
    scored = [asdict(each) for each in read_scores(str(output))]
    for each in scored:
        for score in each["scores"]:
            score.pop("seconds")
    return {
        "scores": scored,
        "leaks": [asdict(leak) for leak in read_leaks(str(output))],
        "metrics": sorted(
            [str(slice_key), name, str(value)]
            for slice_key, metrics in result.slicing_metrics
            for name, value in metrics[""][""].items()
            if name != "seconds"
        ),
    }


def main(which: str, photographs: str, model: str, output: str, *beam_args: str) -> None:
    """Runs everything."""
    place = Path(output)
    uris = run_steps(which, Path(photographs), place, list(beam_args)).uris
    quarantine = Path(uris["PhotographExampleGen", "quarantine"])
    examples = uris["PhotographExampleGen", "examples"]
    found = {
        "examples": examples_of(Path(examples)),
        "counts": json.loads((quarantine / "counts.json").read_text()),
        "cars": sorted((quarantine / "index.jsonl").read_text().splitlines()),
        "quarantine": sorted((quarantine / "quarantine.jsonl").read_text().splitlines()),
        "evaluation": evaluate(examples, Path(model), place / "evaluation", list(beam_args)),
    }
    if which == "all":
        rows = Path(uris["PhotographStatisticsGen", "statistics"], "photographs.jsonl")
        found |= {
            "statistics": statistics_of(Path(uris["StatisticsGen", "statistics"])),
            "photographs": sorted(rows.read_text().splitlines()),
            "transformed": examples_of(Path(uris["Transform", "transformed_examples"])),
        }
    (place / "found.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
