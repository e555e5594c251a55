import dataclasses
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components import photograph_example_gen
from components.data_check import UnusableData, check_splits
from components.folder_files import UnusableFolder
from components.photograph_example_gen import PhotographExampleGen
from components.span_listing import list_spans
from components.split import split_of
from pipeline import features
from pipeline.config import DATA_CONFIG, DataConfig, SpanConfig
from tests.components.memory_file_system import MemoryFileSystem

CONFIG = DataConfig(val_fraction=0.3, test_fraction=0.3)


@pytest.fixture(scope="module")
def generate(run_component):
    """Runs the component on a folder; returns its artifacts."""

    def generate(folder, **config):
        return run_component(
            PhotographExampleGen,
            {},
            data=str(folder),
            fingerprint="any",
            config=DATA_CONFIG.dump_json(dataclasses.replace(CONFIG, **config)).decode(),
            code="any",
        )

    return generate


def examples_of(outputs):
    """The features of each example, by split."""
    splits = {}
    for split in features.SPLITS:
        files = sorted(Path(outputs["examples"].uri, f"Split-{split}").glob("*.gz"))
        records = tf.data.TFRecordDataset([str(file) for file in files], "GZIP")
        splits[split] = [
            tf.train.Example.FromString(record).features.feature
            for record in records.as_numpy_iterator()
        ]
    return splits


def text(feature, name):
    return feature[name].bytes_list.value[0].decode()


def ids_of(outputs):
    return {
        split: sorted(text(each, features.IMAGE_ID) for each in examples)
        for split, examples in examples_of(outputs).items()
    }


def counts_of(outputs):
    return json.loads(Path(outputs["quarantine"].uri, "counts.json").read_text())


def quarantine_of(outputs):
    """The reason of each file of the list, by file name."""
    lines = Path(outputs["quarantine"].uri, "quarantine.jsonl").read_text().splitlines()
    return {os.path.basename(line["file"]): line["reason"] for line in map(json.loads, lines)}


def by_split(ids):
    """What must end up where, by the split's own rule."""
    return {
        split: sorted(each for each in ids if split_of(each.rpartition("_")[0], CONFIG) == split)
        for split in features.SPLITS
    }


CARS = tuple(f"Car {number}" for number in range(8))


@pytest.fixture(scope="module")
def faulty_folder(folder_of, image_file, mask_file, file_of, pixels_of_mask):
    """Eight cars in two poses each, and a photograph with every fault there is."""
    good = [f"{car}_{pose:02}" for car in CARS for pose in (1, 16)]
    images = {f"{each}.jpg": image_file(seed=i) for i, each in enumerate(good)}
    masks = {f"{each}_mask.gif": mask_file(seed=i) for i, each in enumerate(good)}
    empty = file_of(0 * pixels_of_mask(), "PNG")
    three_values = pixels_of_mask()
    three_values[0, 0] = 9
    faults = {
        "truncated_01": (image_file()[:-200], mask_file()),
        "zero_01": (b"", mask_file()),
        "text_01": (b"<html>404</html>", mask_file()),
        "animation_01": (image_file(kind="GIF"), mask_file()),
        "size_01": (image_file(), mask_file(16, 16)),
        "values_01": (image_file(), file_of(three_values, "PNG")),
        "blank_01": (image_file(), empty),
        "broken_01": (image_file(), b"GIF89a"),
    }
    for name, (image, mask) in faults.items():
        images[f"{name}.jpg"], masks[f"{name}_mask.png"] = image, mask
    images |= {"maskless_01.jpg": image_file(), "badname.jpg": image_file()}
    images["Car 0_01.png"] = image_file(kind="PNG")
    masks["orphan_01_mask.gif"] = mask_file()
    metadata = [
        {"id": car, "year": "2012", "make": "Acme", "model": "Roadster"} for car in CARS[2:]
    ]
    return folder_of(images, masks, metadata)


@pytest.fixture(scope="module")
def outputs(faulty_folder, generate):
    """What the component makes of it."""
    return generate(faulty_folder)


class TestFolder:
    def test_every_good_photograph_is_written_and_every_bad_one_listed(self, outputs):
        expected = by_split([f"{car}_{pose}" for car in CARS for pose in ("01", "16")])
        assert all(expected.values())  # Else this would not test the splits.
        assert ids_of(outputs) == expected
        assert quarantine_of(outputs) == {
            "truncated_01.jpg": "truncated image",
            "zero_01.jpg": "undecodable image",
            "text_01.jpg": "undecodable image",
            "animation_01.jpg": "undecodable image",
            "size_01.jpg": "mask of another size",
            "values_01.jpg": "mask is not two-valued",
            "blank_01.jpg": "empty mask",
            "broken_01.jpg": "undecodable mask",
            "maskless_01.jpg": "missing mask",
            "badname.jpg": "name does not parse",
            "Car 0_01.png": "duplicate id",
            "orphan_01_mask.gif": "mask without photograph",
        }
        assert counts_of(outputs) == {
            "photographs": {split: len(ids) for split, ids in expected.items()},
            "groups": {split: len(ids) // 2 for split, ids in expected.items()},
            "quarantined": {
                "duplicate id": 1,
                "empty mask": 1,
                "mask is not two-valued": 1,
                "mask of another size": 1,
                "mask without photograph": 1,
                "missing mask": 1,
                "name does not parse": 1,
                "truncated image": 1,
                "undecodable image": 3,
                "undecodable mask": 1,
            },
            # Cars of photographs that turn out unusable are told too: only names were read.
            "groups_without_metadata": sorted(
                ["Car 0", "Car 1", "truncated", "zero", "text", "animation"]
                + ["size", "values", "blank", "broken"]
            ),
        }

    def test_examples_carry_the_files_and_the_metadata(self, faulty_folder, outputs):
        everything = {
            text(each, features.IMAGE_ID): each
            for examples in examples_of(outputs).values()
            for each in examples
        }
        for image_id, feature in everything.items():
            image = (faulty_folder / "train" / f"{image_id}.jpg").read_bytes()
            assert feature[features.IMAGE].bytes_list.value[0] == image
            assert text(feature, features.GROUP_ID) == image_id[:-3]
            known = image_id[:-3] in CARS[2:]
            assert text(feature, features.MAKE) == ("Acme" if known else "")
            assert feature[features.YEAR].int64_list.value[0] == (2012 if known else -1)

    def test_artifact_tells_tfx_how_to_read_it(self, outputs):
        examples = outputs["examples"]
        assert isinstance(examples, tfx.types.standard_artifacts.Examples)
        assert json.loads(examples.split_names) == ["train", "val", "test"]
        assert examples.get_string_custom_property("file_format") == "tfrecords_gzip"
        assert examples.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"

    def test_nothing_usable_still_leaves_lists(self, folder_of, generate):
        outputs = generate(folder_of({"a_01.jpg": b""}, {"a_01_mask.gif": b""}))
        assert ids_of(outputs) == {"train": [], "val": [], "test": []}
        assert counts_of(outputs)["photographs"] == {"train": 0, "val": 0, "test": 0}
        assert quarantine_of(outputs) == {"a_01.jpg": "undecodable image"}

    def test_a_file_that_vanishes_after_the_listing_is_set_aside(
        self, folder_of, generate, image_file, mask_file, monkeypatch
    ):
        folder = folder_of(
            {"a_01.jpg": image_file(), "b_01.jpg": image_file()},
            {"a_01_mask.gif": mask_file(), "b_01_mask.gif": mask_file()},
        )

        def list_and_lose(spans):
            listing = list_spans(spans)
            (folder / "train_masks" / "a_01_mask.gif").unlink()
            return listing

        monkeypatch.setattr(photograph_example_gen, "list_spans", list_and_lose)
        outputs = generate(folder)
        assert quarantine_of(outputs) == {"a_01.jpg": "unreadable file"}
        assert [id for ids in ids_of(outputs).values() for id in ids] == ["b_01"]

    def test_a_link_that_leads_nowhere_is_set_aside(
        self, folder_of, generate, image_file, mask_file
    ):
        folder = folder_of(
            {"a_01.jpg": image_file()}, {"a_01_mask.gif": mask_file(), "b_01_mask.gif": mask_file()}
        )
        (folder / "train" / "b_01.jpg").symlink_to("nowhere.jpg")
        outputs = generate(folder)
        assert quarantine_of(outputs) == {"b_01.jpg": "unreadable file"}
        assert sum(ids_of(outputs).values(), []) == ["a_01"]

    def test_the_smallest_photographs_and_the_oddest_names(self, folder_of, generate, file_of):
        odd = ["<b>x<b>_01", "車 и é_02", "a'b\"&amp;_03"]
        photograph = file_of(np.zeros((1, 2, 3), np.uint8), "JPEG")
        images = {f"{name}.jpg": photograph for name in odd}
        mask = file_of(np.array([[0, 255]], np.uint8), "PNG")
        masks = {f"{name}_mask.png": mask for name in odd}
        # The mask of a photograph of one pixel has one value: car or nothing.
        images["one_04.jpg"] = file_of(np.zeros((1, 1, 3), np.uint8), "JPEG")
        masks["one_04_mask.png"] = file_of(np.array([[255]], np.uint8), "PNG")
        outputs = generate(folder_of(images, masks))
        assert sorted(sum(ids_of(outputs).values(), [])) == sorted(odd)
        assert quarantine_of(outputs) == {"one_04.jpg": "mask is not two-valued"}
        assert counts_of(outputs)["groups_without_metadata"] == sorted(
            [*(name[:-3] for name in odd), "one"]
        )

    def test_a_header_that_asks_for_too_much_is_set_aside_before_it_is_decoded(
        self, folder_of, generate, image_file, mask_file, monkeypatch
    ):
        bomb = bytearray(image_file(40, 30, kind="PNG"))
        bomb[16:24] = struct.pack(">II", 60_000, 60_000)

        def never(*_, **__):
            raise AssertionError("decoded")

        monkeypatch.setattr(tf.io, "decode_png", never)
        outputs = generate(folder_of({"a_01.png": bytes(bomb)}, {"a_01_mask.gif": mask_file()}))
        assert quarantine_of(outputs) == {"a_01.png": "image over the limits"}

    def test_one_car_only_is_refused_by_the_data_check(
        self, folder_of, generate, image_file, mask_file
    ):
        ids = [f"car_{pose:02}" for pose in range(1, 5)]
        outputs = generate(
            folder_of(
                {f"{each}.jpg": image_file() for each in ids},
                {f"{each}_mask.gif": mask_file() for each in ids},
            )
        )
        groups = {
            split: {text(each, features.GROUP_ID) for each in examples}
            for split, examples in examples_of(outputs).items()
        }
        with pytest.raises(UnusableData, match="got no car .* Add cars, or give it a larger share"):
            check_splits(groups)

    @pytest.mark.parametrize("shards", [0, 1, 3])
    def test_shards(self, faulty_folder, generate, outputs, shards):
        sharded = generate(faulty_folder, shards=shards)
        count = shards or 1  # There are fewer than 64 photographs.
        for split in features.SPLITS:
            names = [
                file.name for file in Path(sharded["examples"].uri, f"Split-{split}").iterdir()
            ]
            assert sorted(names) == [
                f"data_tfrecord-{shard:05}-of-{count:05}.gz" for shard in range(count)
            ]
        assert ids_of(sharded) == ids_of(outputs)
        assert counts_of(sharded) == counts_of(outputs)
        assert len(os.listdir(sharded["examples"].uri)) == len(features.SPLITS)


class TestSpans:
    @pytest.fixture
    def spans(self, tmp_path, image_file, mask_file):
        """Two spans of local folders; photograph ``a_01`` is in both."""
        for span, ids in ((1, ["a_01", "b_01"]), (3, ["a_01", "c_01"])):
            for place, ending, make in (
                ("train", ".jpg", image_file),
                ("train_masks", "_mask.gif", mask_file),
            ):
                folder = tmp_path / f"span-{span}" / "v2" / place
                folder.mkdir(parents=True)
                for name in ids:
                    (folder / f"{name}{ending}").write_bytes(make(seed=span))
        return f"{tmp_path}/span-{{SPAN}}/v{{VERSION}}"

    def test_the_newest_span_alone(self, spans, generate):
        outputs = generate(spans)
        assert sorted(sum(ids_of(outputs).values(), [])) == ["a_01", "c_01"]
        assert quarantine_of(outputs) == {}

    def test_a_window_of_spans(self, spans, generate, image_file):
        outputs = generate(spans, spans=SpanConfig(window=2))
        assert sorted(sum(ids_of(outputs).values(), [])) == ["a_01", "b_01", "c_01"]
        [newer] = [
            each
            for examples in examples_of(outputs).values()
            for each in examples
            if text(each, features.IMAGE_ID) == "a_01"
        ]
        assert newer[features.IMAGE].bytes_list.value[0] == image_file(seed=3)
        assert counts_of(outputs)["quarantined"] == {"superseded by a newer span": 1}

    def test_tfx_finds_the_span(self, spans, generate):
        outputs = generate(spans, spans=SpanConfig(window=0))
        examples = outputs["examples"]
        assert (examples.span, examples.version) == (3, 2)
        assert examples.get_int_custom_property("span") == 3
        assert examples.get_int_custom_property("version") == 2
        assert examples.get_string_custom_property("input_fingerprint") == "any"
        named = json.loads(examples.get_string_custom_property("spans"))
        assert [(span["number"], span["version"]) for span in named] == [(1, 2), (3, 2)]
        assert named[0]["path"] == spans.format(SPAN=1, VERSION=2)

        older = generate(spans, spans=SpanConfig(span=1))["examples"]
        strategy = tfx.dsl.experimental.SpanRangeStrategy(
            tfx.proto.RangeConfig(rolling_range=tfx.proto.RollingRange(num_spans=1))
        )
        resolved = strategy.resolve_artifacts(None, {"examples": [older, examples]})
        assert resolved == {"examples": [examples]}

    def test_a_plain_folder_is_span_0(self, outputs):
        examples = outputs["examples"]
        assert examples.span == examples.get_int_custom_property("span") == 0
        assert not examples.has_custom_property("version")

    def test_of_records_the_newest_spans_count(
        self, tmp_path, raw_example, write_records, generate
    ):
        newer, other = raw_example("a_01", seed=2), raw_example("b_01")
        write_records(tmp_path / "1" / "x.tfrecord.gz", [raw_example("a_01", seed=1), other])
        write_records(tmp_path / "2" / "x.tfrecord.gz", [newer, *2 * [raw_example("c_01")]])
        outputs = generate(f"{tmp_path}/{{SPAN}}", spans=SpanConfig(window=2))
        assert sorted(sum(ids_of(outputs).values(), [])) == ["a_01", "b_01"]
        written = [dict(each) for examples in examples_of(outputs).values() for each in examples]
        assert dict(newer.features.feature) in written
        assert counts_of(outputs)["quarantined"] == {
            "duplicate id": 2,
            "superseded by a newer span": 1,
        }


class TestRemote:
    """What comes over ``gs://``, ``s3://`` or ``hdfs://`` comes by the same way."""

    def test_photographs(self, faulty_folder, generate, outputs, monkeypatch):
        files = {
            f"memory://bucket/span-7/{path.relative_to(faulty_folder)}": path.read_bytes()
            for path in faulty_folder.rglob("*")
            if path.is_file()
        }
        monkeypatch.setattr(MemoryFileSystem, "files", files)
        remote = generate("memory://bucket/span-{SPAN}")
        assert ids_of(remote) == ids_of(outputs)
        assert counts_of(remote) == counts_of(outputs)
        assert quarantine_of(remote) == quarantine_of(outputs)
        assert remote["examples"].span == 7

    def test_records(self, tmp_path, raw_example, write_records, generate, monkeypatch):
        examples = [raw_example(f"Car {number}_01") for number in range(4)]
        content = write_records(tmp_path / "a.gz", examples).read_bytes()
        files = {"memory://bucket/records/a_tfrecord-00000-of-00001.gz": content}
        monkeypatch.setattr(MemoryFileSystem, "files", files)
        outputs = generate("memory://bucket/records")
        assert sorted(sum(ids_of(outputs).values(), [])) == [f"Car {n}_01" for n in range(4)]

    def test_nothing_there(self, generate, monkeypatch):
        monkeypatch.setattr(MemoryFileSystem, "files", {})
        with pytest.raises(UnusableFolder, match="memory://bucket/photos: no photographs in train"):
            generate("memory://bucket/photos")


class TestRecords:
    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "records").mkdir()
        return tmp_path / "records"

    def test_examples_come_through_unchanged_and_faults_are_listed(
        self, folder, raw_example, write_records, generate
    ):
        good = [raw_example(f"Car {number}_01", seed=number) for number in range(8)]
        write_records(folder / "a.tfrecord.gz", [*good[:5], raw_example("twice_01")])
        with tf.io.TFRecordWriter(str(folder / "b.tfrecord")) as writer:
            for example in (
                *good[5:],
                raw_example("twice_01", seed=9),
                raw_example("thin_01", mask=None),
            ):
                writer.write(example.SerializeToString())
            writer.write(b"no example")
            writer.write(raw_example("gif_01", image=b"GIF89a").SerializeToString())
            latin = raw_example("latin_01")
            latin.features.feature["image_id"].bytes_list.value[:] = [b"Citro\xebn_01"]
            writer.write(latin.SerializeToString())

        outputs = generate(folder)
        assert ids_of(outputs) == by_split([f"Car {number}_01" for number in range(8)])
        written = [each for examples in examples_of(outputs).values() for each in examples]
        for example in good:
            assert any(dict(each) == dict(example.features.feature) for each in written)
        lines = Path(outputs["quarantine"].uri, "quarantine.jsonl").read_text().splitlines()
        assert sorted(
            (os.path.basename(line["file"]), line["reason"]) for line in map(json.loads, lines)
        ) == [
            ("a.tfrecord.gz#twice_01", "duplicate id"),
            ("b.tfrecord#?", "example breaks the contract"),
            ("b.tfrecord#?", "example breaks the contract"),
            ("b.tfrecord#gif_01", "undecodable image"),
            ("b.tfrecord#thin_01", "missing mask"),
            ("b.tfrecord#twice_01", "duplicate id"),
        ]
        counts = counts_of(outputs)
        assert sum(counts["photographs"].values()) == sum(counts["groups"].values()) == 8
        assert counts["quarantined"] == {
            "duplicate id": 2,
            "example breaks the contract": 2,
            "missing mask": 1,
            "undecodable image": 1,
        }
        assert counts["groups_without_metadata"] == []

    def test_split_is_that_of_the_group_not_of_the_id(
        self, folder, raw_example, write_records, generate
    ):
        examples = [raw_example(f"photograph {n}_01", group_id=b"one car") for n in range(6)]
        write_records(folder / "a.tfrecord.gz", examples)
        ids = ids_of(generate(folder))
        assert len(ids[split_of("one car", CONFIG)]) == 6
