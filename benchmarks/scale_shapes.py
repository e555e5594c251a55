"""The machines that the scale plan reckons with, and what they cost: assumptions."""

from dataclasses import dataclass, field

# When the prices below were looked up, in stored copies of the pages named.
PRICES_OF = "2026-11"


@dataclass(frozen=True)
class Machine:
    """One kind of machine.

    Attributes:
        name: The cloud's name.
        vcpus: Hyperthreads.
        memory_gib: Memory.
        dollars_per_hour: List price on demand; None where nothing is paid by the hour.
        bytes_per_second: Of the network; AWS' guide grants one flow 5 Gbit/s.
        source: Of the price, in words.
    """

    name: str
    vcpus: int
    memory_gib: float
    dollars_per_hour: float | None
    bytes_per_second: float | None
    source: str


@dataclass(frozen=True)
class Shape:
    """A cluster.

    Attributes:
        name: As in the table.
        machine: Of what runs on Beam, and masks.
        count: How many.
        trainer: Of the fit; always one.
        gpu: Whether the trainer is a GPU.
        own_job: Whether a Beam job is handed to an engine as one message, which has a size.
        measured: Whether it is the machine that the figures were measured on. Its processor has
            AVX512-BF16; the others are fitted on in float32.
    """

    name: str
    machine: Machine
    count: int
    trainer: Machine
    gpu: bool = False
    own_job: bool = False
    measured: bool = False

    @property
    def vcpus(self) -> int:
        """Of all Beam's machines together."""
        return self.count * self.machine.vcpus


@dataclass(frozen=True)
class Assumptions:
    """What nobody measured here.

    Attributes:
        efficiency: Share of the vCPUs' time that is work, on any machine but the measured one.
        epochs: Of the U-Net's fit.
        test_fraction: Share of the photographs that is evaluated.
        val_fraction: Share that is neither evaluated nor fitted on.
        models: That are evaluated: U-Net, two baselines, the last blessed one.
        gpu_images_per_second: Of the fit on the GPU; None leaves its hours out.
        job_bytes: The largest job that Dataflow takes (20 MiB, Beam's pull request 14122 and
            Dataflow's common errors, "job graph too large").
        requests_per_second: Reads of one prefix of S3 (AWS: "5,500 GET requests per second per
            partitioned prefix"); photographs lie under one prefix, masks under another.
        dollars_per_thousand_reads: Of objects (Google Cloud Storage's pricing examples, class B).
        dollars_per_gb_month: Kept in standard storage (the same page).
        prices: The user's own, dollars per hour by name of a machine.
    """

    efficiency: float = 0.7
    epochs: int = 120
    test_fraction: float = 0.15
    val_fraction: float = 0.15
    models: int = 4
    gpu_images_per_second: float | None = None
    job_bytes: float = 20 * 2**20
    requests_per_second: float = 5500.0
    dollars_per_thousand_reads: float = 0.0004
    dollars_per_gb_month: float = 0.020
    prices: dict[str, float] = field(default_factory=dict)

    def price(self, machine: Machine) -> float | None:
        """Returns dollars per hour: the user's, or the list's."""
        return self.prices.get(machine.name, machine.dollars_per_hour)


MEASURED = Machine(
    "measured", 2, 23.5, None, None, "two hyperthreads of an AMD EPYC, 23.5 GiB; owned, not rented"
)
CPU_16 = Machine(
    "c5.4xlarge",
    16,
    32.0,
    0.68,
    5e9 / 8,
    "AWS' user guide of EC2 Auto Scaling, an example of on-demand prices in us-east-1, not current",
)
GPU_1 = Machine(
    "g5.xlarge",
    4,
    16.0,
    1.006,
    5e9 / 8,
    "factualminds.com's survey of EC2 prices, us-east-1, June 2026; one NVIDIA A10G",
)
MACHINES = {machine.name: machine for machine in (MEASURED, CPU_16, GPU_1)}

SHAPES = (
    Shape("this machine: 2 vCPUs", MEASURED, 1, MEASURED, measured=True),
    Shape("1 x 16 vCPUs", CPU_16, 1, CPU_16),
    Shape("4 x 16 vCPUs, Flink or Dataflow", CPU_16, 4, CPU_16, own_job=True),
    Shape("8 x 16 vCPUs and 1 GPU", CPU_16, 8, GPU_1, gpu=True, own_job=True),
)
PHOTOGRAPHS = (5_088, 100_064, 10_000_000)
