"""The scale plan's arithmetic against numbers done by hand, and docs/scale.md against the plan."""

import dataclasses
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.scale_inputs import Figure, Inputs, read_inputs
from benchmarks.scale_plan import main, markdown, plan, storage
from benchmarks.scale_shapes import MACHINES, PHOTOGRAPHS, SHAPES, Assumptions, Machine, Shape

PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
# Round numbers; seconds.
INPUTS = Inputs(
    **{
        name: Figure(name, value, "here")
        for name, value in {
            "ingestion": 0.01,
            "ingestion_wall": 0.007,
            "ingestion_fixed": 3.0,
            "photograph_statistics": 0.02,
            "tfdv_statistics": 0.01,
            "transform": 0.02,
            "transform_wall": 0.024,
            "transform_fixed": 30.0,
            "evaluation": 0.2,
            "step_bfloat16": 80.0,
            "step_float32": 40.0,
            "fit_over_steps": 0.5,
            "masks": 25.0,
            "jpeg_bytes": 90_000,
            "mask_bytes": 10_000,
            "example_bytes": 100_000,
            "transformed_bytes": 20_000,
            "name_bytes": 150,
            "statistics_memory": 0.1,
            "transform_memory": 0.05,
            "readings_memory": 0.01,
        }.items()
    }
)
SMALL = Machine("small", 2, 16.0, None, None, "owned")
LARGE = Machine("large", 10, 64.0, 2.0, 1e8, "a list")
HERE = Shape("here", SMALL, 1, SMALL, measured=True)
CLUSTER = Shape("cluster", LARGE, 5, LARGE, own_job=True)
ASSUMED = Assumptions(efficiency=0.5, epochs=10, test_fraction=0.1, val_fraction=0.1, models=4)


def seconds(row):
    return {stage: None if hours is None else 3600 * hours for stage, hours in row.hours.items()}


def test_the_measured_machine_takes_what_the_clock_said():
    row = plan(10_000, HERE, INPUTS, ASSUMED)
    assert seconds(row) == pytest.approx(
        {
            "ingestion": 3 + 70,
            "statistics": 10_000 * 0.03 / 2,
            "Transform": 30 + 240,
            "fit": 8_000 * 10 / (80 * 0.5),
            "evaluation": 1_000 * 4 * 0.2 / 2,
        }
    )
    assert row.masks_hours * 3600 == pytest.approx(10_000 / 25)
    assert (row.dollars, row.masks_dollars) == (None, None)
    assert row.limits == ()
    assert row.longest == "fit"
    assert row.total * 3600 == pytest.approx(73 + 150 + 270 + 2000 + 400)


def test_a_cluster_divides_all_but_the_fit_and_each_stage_pays_for_its_own_machines():
    row = plan(10_000, CLUSTER, INPUTS, ASSUMED)
    # 50 vCPUs of which half the time is work; the fit has ten of them.
    assert seconds(row) == pytest.approx(
        {
            "ingestion": 3 + 100 / 25,
            "statistics": 300 / 25,
            "Transform": 30 + 200 / 25,
            "fit": 80_000 / (40 * 0.5 * 0.5 * 5),
            "evaluation": 800 / 25,
        }
    )
    on_all = (7 + 12 + 38 + 32) * 5 * 2.0
    assert row.dollars == pytest.approx((on_all + 1600 * 2.0) / 3600)
    assert row.masks_hours * 3600 == pytest.approx(10_000 * 2 / 25 / 25)
    assert row.masks_dollars == pytest.approx(row.masks_hours * 10)


def test_a_gpu_has_no_hours_until_its_speed_is_given():
    shape = dataclasses.replace(CLUSTER, gpu=True)
    row = plan(10_000, shape, INPUTS, ASSUMED)
    assert row.hours["fit"] is None
    assert row.dollars == pytest.approx((7 + 12 + 38 + 32) * 10 / 3600)
    assert "| not measured |" in markdown([row])
    given = plan(10_000, shape, INPUTS, dataclasses.replace(ASSUMED, gpu_images_per_second=1000.0))
    assert given.hours["fit"] * 3600 == pytest.approx(80)


def test_a_price_of_the_users_replaces_the_lists():
    assumed = dataclasses.replace(ASSUMED, prices={"large": 1.0})
    halved, listed = (plan(10_000, CLUSTER, INPUTS, each) for each in (assumed, ASSUMED))
    assert halved.dollars == pytest.approx(listed.dollars / 2)


def test_limits_come_where_they_are_passed_and_not_before():
    def first(photographs, **changes):
        assumed = dataclasses.replace(ASSUMED, **changes)
        return [limit.split(":")[0] for limit in plan(photographs, CLUSTER, INPUTS, assumed).limits]

    job = 200 * 10_000
    assert first(10_000, job_bytes=job) == []
    assert first(10_001, job_bytes=job) == ["ingestion's job"]
    large = {"job_bytes": 1e12}
    assert first(3_200_000, **large) == []  # 0.1 MiB each on five machines of 64 GiB: 62.5 GiB.
    assert first(3_400_000, **large) == ["memory of StatisticsGen"]
    assert first(7_000_000, **large) == [
        "memory of PhotographStatisticsGen",
        "memory of StatisticsGen",
        "memory of Transform",
    ]
    # 25 processor seconds a second are 2,500 photographs.
    assert first(10_000, requests_per_second=2501.0) == []
    assert first(10_000, requests_per_second=2499.0) == ["reads of the object store"]
    slow = dataclasses.replace(CLUSTER, machine=dataclasses.replace(LARGE, bytes_per_second=4.9e7))
    [network] = plan(10_000, slow, INPUTS, ASSUMED).limits
    assert network == "network: 50 MB/s a machine"


def test_storage_of_files_examples_and_transformed_examples():
    need = storage(1_000_000, INPUTS, ASSUMED)
    assert need["gigabytes"] == pytest.approx(100 + 100 + 0.9 * 20)
    assert need["dollars_a_month"] == pytest.approx(218 * 0.02)
    assert need["dollars_to_read"] == pytest.approx(2_000 * 0.0004)


def test_inputs_are_those_of_the_results():
    inputs = read_inputs()
    # (15.8 - 6.0) / 768 and (56.4 - 37.8) / 768.
    assert inputs.ingestion.value == pytest.approx(0.01276, abs=1e-5)
    assert inputs.transform_wall.value == pytest.approx(0.02422, abs=1e-5)
    # Two threads, three models: 2 * (159.45 - 26.86) / 896 / 3.
    assert inputs.evaluation.value == pytest.approx(0.09865, abs=1e-5)
    assert inputs.transform_fixed.value == pytest.approx(31.6, abs=0.01)
    assert inputs.statistics_memory.value == pytest.approx((1721 - 1441) / 2048)
    results = PAGE.parent.parent / "benchmarks" / "results"
    for figure in dataclasses.asdict(inputs).values():
        file = figure["source"].split(":")[0]
        if file.endswith(".json"):
            assert (results / file).is_file()


@pytest.mark.parametrize(
    ("page", "quote"),
    [
        ("docs/drift.md", "takes 20 ms of one core"),
        ("docs/drift.md", "photographs: 93 MiB above"),
        ("docs/drift.md", "1,024: 103 MiB"),
        ("README.md", "The U-Nets were fitted in 38 and"),
    ],
)
def test_pages_that_inputs_are_quoted_from_still_say_so(page, quote):
    assert quote in " ".join((PAGE.parent.parent / page).read_text().split())


class TestPage:
    @pytest.fixture(scope="class")
    @staticmethod
    def page():
        return PAGE.read_text()

    def test_holds_the_table_that_the_script_prints(self, page):
        inputs, assumed = read_inputs(), Assumptions()
        rows = [plan(n, shape, inputs, assumed) for n in PHOTOGRAPHS for shape in SHAPES]
        [table] = page.split("<!-- python -m benchmarks.scale_plan -->\n")[1:]
        assert table.split("\n<!-- end -->")[0] == markdown(rows)

    def test_names_every_input_with_its_value_and_source(self, page):
        for figure in dataclasses.asdict(read_inputs()).values():
            assert f"| {figure['name']} | {figure['value']:.4g} | {figure['source']} |" in page

    def test_names_every_price_with_its_source(self, page):
        for machine in MACHINES.values():
            if machine.dollars_per_hour is not None:
                row = f"| `{machine.name}` | {machine.vcpus} | {machine.memory_gib:g} |"
                assert f"{row} {machine.dollars_per_hour} | {machine.source} |" in page

    def test_says_what_is_kept(self, page):
        for count in PHOTOGRAPHS:
            need = storage(count, read_inputs(), Assumptions())
            assert f"{count:,} photographs: {need['gigabytes']:,.1f} GB" in page


class TestCommand:
    @staticmethod
    def call(*arguments):
        return CliRunner().invoke(main, arguments)

    def test_prints_a_row_per_shape(self):
        result = self.call("--photographs", "1000")
        assert result.exit_code == 0
        assert [line.split(" | ")[1] for line in result.output.splitlines()[2:-1]] == [
            shape.name for shape in SHAPES
        ]
        assert result.output.splitlines()[-1].startswith("1,000 photographs: 0.2 GB kept")

    def test_json_has_rows_inputs_and_what_was_asked_for(self):
        flags = ("--efficiency", "0.5", "--price", "g5.xlarge=3", "--gpu-images-per-second", "500")
        told = json.loads(self.call("--json", "--epochs", "7", *flags).output)
        assert len(told["rows"]) == len(SHAPES) * len(PHOTOGRAPHS)
        assert told["assumed"]["epochs"] == 7
        assert told["assumed"]["efficiency"] == 0.5
        assert told["assumed"]["prices"] == {"g5.xlarge": 3.0}
        gpu = told["rows"][3]
        assert gpu["hours"]["fit"] == pytest.approx(5_088 * 0.7 * 7 / 500 / 3600)
        assert told["measured"]["masks"]["source"].startswith("server_throughput.json")

    @pytest.mark.parametrize(
        ("price", "message"),
        [
            ("large=1", "'large' is none of: measured, c5.4xlarge, g5.xlarge"),
            ("g5.xlarge", "'g5.xlarge': write NAME=DOLLARS_PER_HOUR, e.g. g5.xlarge=0.5"),
            ("g5.xlarge=-1", "write NAME=DOLLARS_PER_HOUR"),
        ],
    )
    def test_a_price_that_cannot_be_used_is_refused(self, price, message):
        result = self.call("--price", price)
        assert result.exit_code == 2
        assert message in " ".join(result.output.split())
