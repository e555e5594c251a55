"""From measured seconds per photograph to hours and money on a cluster, and what gives way first.

    .venv/bin/python -m benchmarks.scale_plan
    .venv/bin/python -m benchmarks.scale_plan --gpu-images-per-second 900 --price c5.4xlarge=0.5

Nothing is run: it is arithmetic on ``benchmarks/results`` and on the assumptions of
``benchmarks/scale_shapes.py``, of which the flags replace any. docs/scale.md explains the table.
"""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from benchmarks.scale_inputs import MEASURED_VCPUS, Inputs, read_inputs
from benchmarks.scale_shapes import (
    MACHINES,
    PHOTOGRAPHS,
    PRICES_OF,
    SHAPES,
    Assumptions,
    Shape,
)

STAGES = ("ingestion", "statistics", "Transform", "fit", "evaluation")
_MIB_PER_GIB = 1024


@dataclass(frozen=True)
class Row:
    """What one number of photographs takes on one shape.

    Attributes:
        photographs: How many.
        shape: Name.
        hours: By stage, of STAGES; None where nobody measured it.
        dollars: Of the stages with hours; None where nothing is paid by the hour.
        masks_hours: To mask as many photographs once.
        masks_dollars: For that.
        limits: What gives way, the first one first; empty where nothing does.
        longest: The stage with the most hours.
    """

    photographs: int
    shape: str
    hours: dict[str, float | None]
    dollars: float | None
    masks_hours: float
    masks_dollars: float | None
    limits: tuple[str, ...]
    longest: str

    @property
    def total(self) -> float:
        """Hours of a retraining, of the stages that have any."""
        return sum(hours or 0.0 for hours in self.hours.values())


def plan(photographs: int, shape: Shape, inputs: Inputs, assumed: Assumptions) -> Row:
    """Does the arithmetic of one row.

    Args:
        photographs: All splits together, all with masks.
        shape: The cluster.
        inputs: Measured figures.
        assumed: What was not measured.
    """
    # Processor seconds a second.
    speed = shape.vcpus * (1.0 if shape.measured else assumed.efficiency)
    fitted = photographs * (1 - assumed.val_fraction - assumed.test_fraction)
    evaluated = photographs * assumed.test_fraction
    statistics = inputs.photograph_statistics.value + inputs.tfdv_statistics.value
    if shape.measured:
        # Threads of one process: what the wall clock said, which for Transform is twice the share.
        ingestion = photographs * inputs.ingestion_wall.value
        transform = photographs * inputs.transform_wall.value
    else:
        ingestion = photographs * inputs.ingestion.value / speed
        transform = photographs * inputs.transform.value / speed
    seconds: dict[str, float | None] = {
        "ingestion": inputs.ingestion_fixed.value + ingestion,
        "statistics": photographs * statistics / speed,
        "Transform": inputs.transform_fixed.value + transform,
        "fit": _fit_seconds(fitted * assumed.epochs, shape, inputs, assumed),
        "evaluation": evaluated * assumed.models * inputs.evaluation.value / speed,
    }
    hours = {stage: None if each is None else each / 3600 for stage, each in seconds.items()}
    masks = photographs * MEASURED_VCPUS / inputs.masks.value / speed / 3600
    price = assumed.price(shape.machine)
    of_all = None if price is None else price * shape.count
    return Row(
        photographs,
        shape.name,
        hours,
        _dollars(hours, of_all, assumed.price(shape.trainer)),
        masks,
        None if of_all is None else masks * of_all,
        tuple(_limits(photographs, shape, inputs, assumed, photographs / ingestion)),
        max(hours, key=lambda stage: hours[stage] or 0.0),
    )


def _fit_seconds(images: float, shape: Shape, inputs: Inputs, assumed: Assumptions) -> float | None:
    if shape.gpu:
        rate = assumed.gpu_images_per_second
        return None if rate is None else images / rate
    # One process, however many machines there are.
    step = inputs.step_bfloat16 if shape.measured else inputs.step_float32
    share = 1.0 if shape.measured else assumed.efficiency
    rate = step.value * inputs.fit_over_steps.value
    return images / (rate * share * shape.trainer.vcpus / MEASURED_VCPUS)


def _dollars(
    hours: dict[str, float | None], all_machines: float | None, trainer: float | None
) -> float | None:
    """Each stage pays for the machines it works on, and for no others."""
    if all_machines is None or trainer is None:
        return None
    return sum(
        (each or 0.0) * (trainer if stage == "fit" else all_machines)
        for stage, each in hours.items()
    )


def _limits(
    photographs: int, shape: Shape, inputs: Inputs, assumed: Assumptions, rate: float
) -> Iterator[str]:
    """Yields what would give way: growth is carried on in a straight line from what was measured.

    Args:
        photographs: How many.
        shape: The cluster.
        inputs: Measured figures.
        assumed: What was not measured.
        rate: Photographs a second while they are ingested.
    """
    job = photographs * inputs.name_bytes.value * 4 / 3  # base64, as jobs are written.
    if shape.own_job and job > assumed.job_bytes:
        yield f"ingestion's job: {job / 2**20:,.0f} MiB of names"
    for name, growth, shared in (
        # Its readings are gathered by one process; the others' work is shared out.
        ("PhotographStatisticsGen", inputs.readings_memory.value, 1),
        ("StatisticsGen", inputs.statistics_memory.value, shape.count),
        ("Transform", inputs.transform_memory.value, shape.count),
    ):
        gib = photographs * growth / _MIB_PER_GIB / shared
        if gib > shape.machine.memory_gib:
            yield f"memory of {name}: {gib:,.0f} GiB a machine"
    if shape.measured:
        return  # Its disk is its own.
    if rate > assumed.requests_per_second:
        yield f"reads of the object store: {rate:,.0f}/s of one prefix"
    flow = rate * (inputs.jpeg_bytes.value + inputs.mask_bytes.value) / shape.count
    if shape.machine.bytes_per_second and flow > shape.machine.bytes_per_second:
        yield f"network: {flow / 1e6:,.0f} MB/s a machine"


def markdown(rows: list[Row]) -> str:
    """Returns the rows as the table of docs/scale.md."""
    head = ("photographs", "on", *STAGES, "together", "USD", "masks", "USD", "gives way, or takes")
    lines = [head, ("---",) * len(head), *(_cells(row) for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    unmeasured = any(hours is None for hours in row.hours.values())
    return (
        f"{row.photographs:,}",
        row.shape,
        *(_hours(row.hours[stage]) for stage in STAGES),
        _hours(row.total) + (" + fit" if unmeasured else ""),
        _money(row.dollars) + (" + fit" if unmeasured and row.dollars is not None else ""),
        _hours(row.masks_hours),
        _money(row.masks_dollars),
        "; ".join(row.limits) or f"longest: {row.longest}",
    )


def _hours(hours: float | None) -> str:
    if hours is None:
        return "not measured"
    if hours < 1:
        return f"{60 * hours:.0f} min" if hours >= 1 / 60 else f"{3600 * hours:.0f} s"
    return f"{hours:,.1f} h" if hours < 100 else f"{hours / 24:,.0f} d"


def _money(dollars: float | None) -> str:
    if dollars is None:
        return ""
    return f"{dollars:,.2f}" if dollars < 100 else f"{dollars:,.0f}"


def storage(photographs: int, inputs: Inputs, assumed: Assumptions) -> dict[str, float]:
    """Returns what the data of a run needs of an object store.

    Args:
        photographs: How many, each with a mask.
        inputs: Measured figures.
        assumed: Prices.

    Returns:
        ``gigabytes`` of files and artifacts, ``dollars_a_month`` to keep them, and
        ``dollars_to_read`` photographs and masks once.
    """
    kept = inputs.jpeg_bytes.value + inputs.mask_bytes.value + inputs.example_bytes.value
    transformed = inputs.transformed_bytes.value * (1 - assumed.test_fraction)
    gigabytes = photographs * (kept + transformed) / 1e9
    return {
        "gigabytes": gigabytes,
        "dollars_a_month": gigabytes * assumed.dollars_per_gb_month,
        "dollars_to_read": 2 * photographs / 1000 * assumed.dollars_per_thousand_reads,
    }


def _price(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in MACHINES:
        raise click.BadParameter(f"{name!r} is none of: {', '.join(MACHINES)}")
    try:
        price = float(value)
    except ValueError:
        price = -1.0
    if price < 0:
        raise click.BadParameter(f"{text!r}: write NAME=DOLLARS_PER_HOUR, e.g. {name}=0.5")
    return name, price


@click.command()
@click.option("--photographs", type=click.IntRange(1), multiple=True, help="[default: three]")
@click.option("--price", "prices", multiple=True, metavar="NAME=USD", help="Of a machine's hour.")
@click.option("--efficiency", type=click.FloatRange(0, 1, min_open=True), help="Of many vCPUs.")
@click.option("--epochs", type=click.IntRange(1), help="Of the fit.")
@click.option("--gpu-images-per-second", type=click.FloatRange(0, min_open=True))
@click.option("--json", "as_json", is_flag=True, help="Everything, with the sources.")
def main(
    photographs: tuple[int, ...], prices: tuple[str, ...], as_json: bool, **given: float | None
) -> None:
    """Prints hours and money for each number of photographs on each shape of cluster."""
    inputs = read_inputs()
    assumed = dataclasses.replace(
        Assumptions(prices=dict(_price(text) for text in prices)),
        **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
    )
    counts = photographs or PHOTOGRAPHS
    rows = [plan(count, shape, inputs, assumed) for count in counts for shape in SHAPES]
    if as_json:
        click.echo(json.dumps(_everything(rows, counts, inputs, assumed), indent=2))
        return
    click.echo(markdown(rows))
    for count in counts:
        need = storage(count, inputs, assumed)
        click.echo(
            f"{count:,} photographs: {need['gigabytes']:,.1f} GB kept, "
            f"{need['dollars_a_month']:,.2f} USD a month; read once {need['dollars_to_read']:,.2f} "
            "USD"
        )


def _everything(
    rows: list[Row], counts: tuple[int, ...], inputs: Inputs, assumed: Assumptions
) -> dict[str, Any]:
    return {
        "rows": [dataclasses.asdict(row) for row in rows],
        "storage": {str(count): storage(count, inputs, assumed) for count in counts},
        "measured": dataclasses.asdict(inputs),
        "assumed": dataclasses.asdict(assumed),
        "machines": [dataclasses.asdict(machine) for machine in MACHINES.values()],
        "prices_of": PRICES_OF,
    }


if __name__ == "__main__":
    main()
