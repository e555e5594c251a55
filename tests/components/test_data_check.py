import json
import re
from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx

from components.data_check import DataCheck, UnusableData, check_quarantine, check_splits
from components.quarantine import Quarantine
from pipeline import features
from pipeline.config import DATA_CONFIG, DataConfig
from pipeline.overrides import apply_overrides
from pipeline.presets import SAMPLE


@pytest.fixture
def quarantine(artifact):
    """Writes a quarantine artifact with some good and some bad photographs."""

    def write(good, bad):
        made = artifact(Quarantine, "quarantine")
        counts = {
            "photographs": {"train": good, "val": 0, "test": 0},
            "quarantined": {"empty mask": bad} if bad else {},
        }
        lines = [
            {"file": f"/data/train/car{n}_01.jpg", "reason": "empty mask", "detail": f"detail {n}"}
            for n in range(bad)
        ]
        Path(made.uri, "counts.json").write_text(json.dumps(counts))
        Path(made.uri, "quarantine.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines)
        )
        return made

    return write


class TestQuarantine:
    @pytest.mark.parametrize(("good", "bad"), [(0, 0), (10, 0), (99, 1), (198, 2)])
    def test_up_to_the_limit_all_is_well(self, quarantine, good, bad):
        check_quarantine(quarantine(good, bad).uri, DataConfig(max_quarantine_fraction=0.01))

    @pytest.mark.parametrize(("good", "bad"), [(98, 1), (0, 1), (196, 2)])
    def test_past_the_limit_the_run_stops(self, quarantine, good, bad):
        with pytest.raises(UnusableData, match=f"{bad} of {good + bad} photographs cannot be used"):
            check_quarantine(quarantine(good, bad).uri, DataConfig(max_quarantine_fraction=0.01))

    def test_the_message_names_files_reasons_and_the_list(self, quarantine):
        made = quarantine(8, 2)
        with pytest.raises(UnusableData) as caught:
            check_quarantine(made.uri, DataConfig(max_quarantine_fraction=0.05))
        assert str(caught.value).splitlines() == [
            "2 of 10 photographs cannot be used, more than the allowed 5.0%:",
            "  car0_01.jpg: empty mask: detail 0",
            "  car1_01.jpg: empty mask: detail 1",
            f"All are listed in {made.uri}/quarantine.jsonl. Mend them, or allow more with "
            "--set data.max_quarantine_fraction=0.21",
        ]

    def test_a_long_list_is_cut(self, quarantine):
        with pytest.raises(UnusableData) as caught:
            check_quarantine(quarantine(0, 13).uri, DataConfig())
        lines = str(caught.value).splitlines()
        assert lines[10:12] == ["  car9_01.jpg: empty mask: detail 9", "  ... and 3 more"]

    def test_files_that_are_no_photographs_do_not_count(self, quarantine):
        made = quarantine(98, 1)
        counts = json.loads(Path(made.uri, "counts.json").read_text())
        counts["quarantined"] |= {"neither photograph nor mask": 50, "mask without photograph": 50}
        Path(made.uri, "counts.json").write_text(json.dumps(counts))
        with Path(made.uri, "quarantine.jsonl").open("a") as file:
            stray = {"file": "/data/train/Thumbs.db", "detail": "expected *.jpg"}
            file.write(json.dumps(stray | {"reason": "neither photograph nor mask"}) + "\n")
        check_quarantine(made.uri, DataConfig(max_quarantine_fraction=0.02))
        with pytest.raises(UnusableData, match="^1 of 99 photographs") as caught:
            check_quarantine(made.uri, DataConfig(max_quarantine_fraction=0.01))
        assert "Thumbs.db" not in str(caught.value)

    @pytest.mark.parametrize(("good", "bad"), [(2, 1), (1, 2), (198, 3), (0, 1), (997, 994)])
    def test_what_it_proposes_to_set_lets_the_run_pass(self, quarantine, good, bad):
        made = quarantine(good, bad)
        with pytest.raises(UnusableData) as caught:
            check_quarantine(made.uri, DataConfig())
        [proposal] = re.findall(r"--set (\S+)", str(caught.value))
        check_quarantine(made.uri, apply_overrides(SAMPLE, [proposal]).data)


class TestSplits:
    def test_groups_apart_are_well(self):
        check_splits({"train": {"a", "b"}, "val": {"c"}, "test": {"d"}})

    def test_empty_splits_are_named_with_all_sizes(self):
        with pytest.raises(UnusableData) as caught:
            check_splits({"train": {"a", "b"}, "val": set(), "test": set()})
        assert str(caught.value).startswith(
            "split val and test got no car (cars: train 2, val 0, test 0). "
        )
        assert "--set data.val_fraction=" in str(caught.value)

    def test_every_leaked_group_is_named_with_its_splits(self):
        with pytest.raises(UnusableData) as caught:
            check_splits({"train": {"a", "b", "c"}, "val": {"b"}, "test": {"d", "c", "b"}})
        assert str(caught.value) == (
            "2 cars are in more than one split: b in train and val and test; c in train and test"
        )


class TestComponent:
    """The whole step, over artifacts as the steps before it leave them."""

    @pytest.fixture
    def check(self, artifact, quarantine, raw_example, write_records, run_component):
        def check(groups, reports=None):
            examples = artifact(tfx.types.standard_artifacts.Examples, "examples")
            anomalies = artifact(tfx.types.standard_artifacts.ExampleAnomalies, "anomalies")
            for split in features.SPLITS:
                for number, group in enumerate(groups[split]):
                    write_records(
                        Path(examples.uri, f"Split-{split}", f"data-{number}.gz"),
                        [raw_example(f"{group}_{pose:02}") for pose in (1, 2)],
                    )
                report = (reports or {}).get(split, anomalies_pb2.Anomalies())
                file = Path(anomalies.uri, f"Split-{split}", "SchemaDiff.pb")
                file.parent.mkdir(parents=True)
                file.write_bytes(report.SerializeToString())
            run_component(
                DataCheck,
                {
                    "examples": examples,
                    "quarantine": quarantine(6, 0),
                    "anomalies": anomalies,
                },
                config=DATA_CONFIG.dump_json(DataConfig()).decode(),
                code="",
            )

        return check

    GOOD = {"train": ["a", "Citroën"], "val": ["c"], "test": ["d"]}

    def test_good_data_passes(self, check):
        check(self.GOOD)

    def test_a_group_in_two_splits_is_found_in_the_records(self, check):
        with pytest.raises(
            UnusableData, match="^1 cars are in more than one split: Citroën in train and test$"
        ):
            check({**self.GOOD, "test": ["d", "Citroën"]})

    def test_a_split_without_records_is_found(self, check):
        with pytest.raises(UnusableData, match=r"split val got no car \(cars: train 2, val 0"):
            check({**self.GOOD, "val": []})

    def test_anomalies_are_named_with_split_and_feature(self, check):
        report = anomalies_pb2.Anomalies()
        report.anomaly_info["pose"].short_description = "Out-of-range values"
        report.anomaly_info["pose"].description = "Unexpectedly large value: 99."
        report.anomaly_info["mask"].short_description = "Column dropped"
        report.anomaly_info["mask"].description = "Column is completely missing"
        no_examples = anomalies_pb2.Anomalies()
        no_examples.dataset_anomaly_info.description = "Low num examples in dataset."
        with pytest.raises(UnusableData) as caught:
            check(self.GOOD, {"train": report, "test": no_examples})
        assert str(caught.value).splitlines() == [
            "the examples do not match pipeline/schema/schema.pbtxt:",
            "  train: mask: Column dropped. Column is completely missing",
            "  train: pose: Out-of-range values. Unexpectedly large value: 99.",
            "  test: Low num examples in dataset.",
        ]
