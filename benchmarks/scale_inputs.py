"""What the scale plan counts with: measured figures, each with where it stands."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RESULTS = Path(__file__).parent / "results"
# The machine that all of them were measured on: two hyperthreads.
MEASURED_VCPUS = 2


@dataclass(frozen=True)
class Figure:
    """A measured number.

    Attributes:
        name: What it is, with its unit.
        value: The number.
        source: File, and field or sentence.
    """

    name: str
    value: float
    source: str


@dataclass(frozen=True)
class Inputs:
    """All figures; seconds are per photograph of 1918x1280 unless they say otherwise.

    Attributes:
        ingestion: Processor seconds.
        ingestion_wall: Wall seconds with both threads at work.
        ingestion_fixed: Seconds that the step takes for no photographs, without its imports.
        photograph_statistics: Processor seconds.
        tfdv_statistics: Processor seconds at most: two threads for as long as the step took.
        transform: Processor seconds.
        transform_wall: Wall seconds with both threads at work.
        transform_fixed: Seconds for no photographs.
        evaluation: Processor seconds per photograph and model, at most: two threads, all the time.
        step_bfloat16: Photographs a second of bare training steps on two threads.
        step_float32: The same where the processor has no AVX512-BF16.
        fit_over_steps: Speed of a whole fit, with its reading, augmentation and validation, over
            that of bare steps.
        masks: Masks a second on two threads, eight clients.
        jpeg_bytes: Mean size of a photograph's file.
        mask_bytes: Mean size of a mask's file.
        example_bytes: Mean size of an example.
        transformed_bytes: Mean size of a transformed example, 128x128.
        name_bytes: What ingestion's job holds per photograph: its name and metadata.
        statistics_memory: MiB per photograph that StatisticsGen's process grows by.
        transform_memory: The same of Transform.
        readings_memory: The same of PhotographStatisticsGen, where they are gathered.
    """

    ingestion: Figure
    ingestion_wall: Figure
    ingestion_fixed: Figure
    photograph_statistics: Figure
    tfdv_statistics: Figure
    transform: Figure
    transform_wall: Figure
    transform_fixed: Figure
    evaluation: Figure
    step_bfloat16: Figure
    step_float32: Figure
    fit_over_steps: Figure
    masks: Figure
    jpeg_bytes: Figure
    mask_bytes: Figure
    example_bytes: Figure
    transformed_bytes: Figure
    name_bytes: Figure
    statistics_memory: Figure
    transform_memory: Figure
    readings_memory: Figure


def read_inputs(results: Path = _RESULTS) -> Inputs:
    """Reads the figures.

    Args:
        results: The folder of the benchmarks' results.

    Raises:
        FileNotFoundError: If a benchmark has no result there.
        KeyError: If a result lacks a field.
    """
    ingestion = _read(results, "ingestion")["workers_2"]
    transform = _read(results, "transform")
    memory = _read(results, "pipeline_memory")
    training = _read(results, "training_step")["images_per_second"]
    served = _read(results, "server_throughput")["served_masks_per_second"]

    evaluation = _read(results, "evaluation")["768x512"]
    scored = (
        evaluation["1024_photographs_2_workers"]["seconds"]
        - evaluation["128_photographs_2_workers"]["seconds"]
    ) / (1024 - 128)

    def per_photograph(steps: dict[str, Any], field: str) -> float:
        few, many = steps["step_256"][field], steps["step_1024"][field]
        return (many - few) / (1024 - 256)

    def fixed(steps: dict[str, Any]) -> float:
        return steps["step_256"]["wall_seconds"] - 256 * per_photograph(steps, "wall_seconds")

    def growth(step: str) -> float:
        few, many = memory[f"{step}_1024"], memory[f"{step}_3072"]
        return (many["peak_mib"] - few["peak_mib"]) / (3072 - 1024)

    of_ingestion = "ingestion.json: workers_2, 1,024 less 256 photographs"
    of_transform = "transform.json: 1,024 less 256 photographs"
    of_memory = "pipeline_memory.json: peaks at 3,072 less 1,024 photographs"
    carvana = "mean of 1,024 photographs of the challenge"
    return Inputs(
        ingestion=Figure(
            "ingestion, core s", per_photograph(ingestion, "cpu_seconds"), of_ingestion
        ),
        ingestion_wall=Figure(
            "ingestion, s on 2 vCPUs", per_photograph(ingestion, "wall_seconds"), of_ingestion
        ),
        ingestion_fixed=Figure(
            "ingestion, s at once", fixed(ingestion), "ingestion.json: workers_2, step_256"
        ),
        photograph_statistics=Figure(
            "PhotographStatisticsGen, core s", 0.020, 'docs/drift.md: "20 ms of one core"'
        ),
        tfdv_statistics=Figure(
            "StatisticsGen, core s at most",
            MEASURED_VCPUS * 7.9 / 1024,
            "log of a run of carvana-128: 7.9 s for 1,024 photographs, most of it paid once",
        ),
        transform=Figure(
            "Transform, core s", per_photograph(transform, "cpu_seconds"), of_transform
        ),
        transform_wall=Figure(
            "Transform, s on 2 vCPUs", per_photograph(transform, "wall_seconds"), of_transform
        ),
        transform_fixed=Figure(
            "Transform, s at once", fixed(transform), "transform.json: step_256"
        ),
        evaluation=Figure(
            "evaluation, core s per model at most",
            MEASURED_VCPUS * scored / len(evaluation["models"]),
            "evaluation.json: 768x512, two workers, 1,024 less 128 photographs",
        ),
        step_bfloat16=Figure(
            "training steps, photographs/s on 2 vCPUs, bfloat16",
            training["keras_bfloat16"],
            "training_step.json: keras_bfloat16, 16 filters, 128x128",
        ),
        step_float32=Figure(
            "training steps, photographs/s on 2 vCPUs, float32",
            training["keras_float32"],
            "training_step.json: keras_float32",
        ),
        fit_over_steps=Figure(
            "whole fit over bare steps",
            720 * 120 / (38 * 60) / training["keras_bfloat16"],
            "README.md: carvana-128 in 38 minutes, bfloat16; 720 photographs, 120 epochs",
        ),
        masks=Figure(
            "masks/s on 2 vCPUs", served, "server_throughput.json: served_masks_per_second"
        ),
        jpeg_bytes=Figure("JPEG file, bytes", 102_659, carvana),
        mask_bytes=Figure("mask file, bytes", 5_832, carvana),
        example_bytes=Figure("example, bytes", 111_007, carvana),
        transformed_bytes=Figure(
            "transformed example, bytes", 34_394, "mean of 880 of them (train and val), 128x128"
        ),
        name_bytes=Figure(
            "name in ingestion's job, bytes",
            183,
            "pickled length of 100,064 photographs named gs://bucket/photographs/train/...",
        ),
        statistics_memory=Figure("StatisticsGen, MiB", growth("statistics"), of_memory),
        transform_memory=Figure("Transform, MiB", growth("transform"), of_memory),
        readings_memory=Figure(
            "PhotographStatisticsGen, MiB",
            (103 - 93) / (1024 - 304),
            'docs/drift.md: "304 photographs: 93 MiB ..., 1,024: 103 MiB"',
        ),
    )


def _read(results: Path, name: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((results / f"{name}.json").read_text())
    return figures
