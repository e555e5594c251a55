"""The statistics of a run's examples, held to those of the folder that they were made from."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tfx import v1 as tfx

from components.folder_files import UnusableFolder
from components.photograph_example_gen import PhotographExampleGen
from components.photograph_statistics import PhotographStatisticsGen
from components.quarantine import Quarantine, QuarantinedFile, Reason
from components.split import split_of
from pipeline.config import DATA_CONFIG, DataConfig
from report.data.data_sections import data_sections
from report.data.data_statistics import MEASURES
from report.data.read_statistics import read_statistics
from report.data.stored_statistics import stored_statistics

Examples = tfx.types.standard_artifacts.Examples
_CONFIG = DATA_CONFIG.dump_json(DataConfig()).decode()


@pytest.fixture(scope="module")
def statistics_of(run_component):
    """Runs the step on examples."""

    def run(examples, quarantine, data="", config=_CONFIG):
        outputs = run_component(
            PhotographStatisticsGen,
            {"examples": examples, "quarantine": quarantine},
            data=str(data),
            fingerprint="0123",
            config=config,
            code="any",
        )
        return outputs["statistics"]

    return run


@pytest.fixture(scope="module")
def examples_of(artifact, write_records):
    """Writes examples by split, and the quarantine artifact beside them."""

    def write(lines=(), **splits):
        examples = artifact(Examples, "examples")
        for split in ("train", "val", "test"):
            write_records(Path(examples.uri, f"Split-{split}", "data.gz"), splits.get(split, []))
        examples.span = 3
        examples.set_string_custom_property("input_fingerprint", "f00")
        quarantine = artifact(Quarantine, "quarantine")
        counts = {"photographs": {name: len(of) for name, of in splits.items()}}
        Path(quarantine.uri, "counts.json").write_text(json.dumps(counts))
        Path(quarantine.uri, "quarantine.jsonl").write_text(
            "".join(
                json.dumps({"file": file, "reason": reason.value, "detail": "x"}) + "\n"
                for file, reason in lines
            )
        )
        return examples, quarantine

    return write


@pytest.fixture(scope="module")
def both(folder_of, image_file, mask_file, run_component, statistics_of):
    """The statistics of a folder with something of everything: as explored, and as in a run."""
    cars = ["<b>Café 7", "a", "b", "c", "d", "e", "f"]
    ids = [f"{car}_{pose:02}" for car in cars for pose in (1, 2, 16)]
    # Under another car's id, and so in another split.
    twin = next(f"t{n}" for n in range(99) if _split(f"t{n}") != _split("a"))
    images = {f"{each}.jpg": image_file(60, 40, seed) for seed, each in enumerate(ids)}
    masks = {f"{each}_mask.gif": mask_file(60, 40, seed) for seed, each in enumerate(ids)}
    images |= {
        f"{twin}_01.jpg": images["a_01.jpg"],
        "flat_01.png": image_file(61, 40, 1, "PNG"),
        "name.jpg": image_file(),
        "text_01.jpg": b"text",
    }
    masks |= {
        f"{twin}_01_mask.gif": masks["a_01_mask.gif"],
        "flat_01_mask.png": mask_file(61, 40, 1, "PNG"),
        "text_01_mask.gif": mask_file(),
    }
    metadata = [
        {"id": car, "make": f"<i>{car}", "model": "M & M", "year": str(2000 + n)}
        for n, car in enumerate(cars[:4])
    ]
    folder = folder_of(images, masks, metadata)
    (folder / "test").mkdir()
    for name in ("a_01.jpg", "z_02.jpg", "<u>.txt"):
        (folder / "test" / name).touch()
    run = run_component(
        PhotographExampleGen, {}, data=str(folder), fingerprint="", config=_CONFIG, code=""
    )
    stored = statistics_of(run["examples"], run["quarantine"], folder)
    return read_statistics(str(folder), DataConfig(), 2), stored_statistics(stored.uri)


def _split(group_id):
    return split_of(group_id, DataConfig())


def _without_paths(photographs):
    return [
        dataclasses.replace(
            each, photograph=dataclasses.replace(each.photograph, image_path="", mask_path="")
        )
        for each in photographs
    ]


def test_a_run_knows_what_explore_knows(both):
    explored, stored = both
    assert len(stored.photographs) == 23
    assert list(stored.photographs) == _without_paths(explored.photographs)
    assert stored.average_masks.keys() == explored.average_masks.keys() == {None, 1, 2, 16}
    for pose, mask in stored.average_masks.items():
        np.testing.assert_array_equal(mask, explored.average_masks[pose])
    assert len(stored.near_duplicates) > 0
    assert stored.near_duplicates == explored.near_duplicates
    assert stored.unlabelled is not None
    assert stored.unlabelled == explored.unlabelled
    assert stored.metadata
    assert explored.metadata
    assert len(stored.samples) == 12
    assert stored.samples == explored.samples
    assert len(stored.extremes) == 6
    assert stored.extremes == explored.extremes
    assert sorted(stored.quarantined, key=str) == sorted(explored.quarantined, key=str)


def test_a_run_gets_the_sections_that_explore_gets(both):
    explored, stored = both
    for one, other in zip(data_sections(stored), data_sections(explored), strict=True):
        assert one == other, one.identity


def test_no_metadata_no_test_folder_one_car(examples_of, statistics_of, raw_example, tmp_path):
    unknown = {"make": b"", "model": b"", "year": -1}
    examples, quarantine = examples_of(train=[raw_example(**unknown)])
    (tmp_path / "train").mkdir()
    for data in ("", tmp_path):
        found = stored_statistics(statistics_of(examples, quarantine, data).uri)
        assert not found.metadata
        assert found.unlabelled is None
        assert [each.photograph.image_id for each in found.photographs] == ["car_01"]
        assert len(found.samples) == 1


def test_a_place_that_cannot_be_listed_is_no_place_without_photographs(
    examples_of, statistics_of, raw_example
):
    # The next run would find the wrong counts in the cache.
    with pytest.raises(UnusableFolder, match="nosuchscheme"):
        statistics_of(*examples_of(train=[raw_example()]), "nosuchscheme://bucket/photographs")


def test_examples_that_bring_their_metadata(examples_of, statistics_of, raw_example):
    examples, quarantine = examples_of(train=[raw_example(make=b"", model=b"", year=2012)])
    assert stored_statistics(statistics_of(examples, quarantine).uri).metadata


def test_which_photographs_these_are_is_on_the_artifact(examples_of, statistics_of, raw_example):
    made = statistics_of(*examples_of(test=[raw_example()]), data="/photographs")
    assert made.get_string_custom_property("data") == "/photographs"
    assert made.get_string_custom_property("fingerprint") == "f00"
    assert made.get_int_custom_property("measures") == MEASURES
    assert made.get_int_custom_property("span") == 3


def test_examples_without_a_mask_and_of_one_pixel(examples_of, statistics_of, raw_example, file_of):
    pixel = file_of(np.full((1, 1, 3), 77, np.uint8), "PNG")
    dot = file_of(np.full((1, 1), 255, np.uint8), "PNG")
    tiny = [
        raw_example("a_02", image=pixel, mask=dot),
        raw_example("a_03", image=pixel, mask=None),
    ]
    for example in tiny:
        for side in ("height", "width"):
            example.features.feature[side].int64_list.value[0] = 1
    examples, quarantine = examples_of(train=[raw_example("a_01", mask=None), *tiny])
    found = stored_statistics(statistics_of(examples, quarantine).uri)
    assert [each.mask_area for each in found.photographs] == [None, 1.0, None]
    assert [each.brightness for each in found.photographs][1:] == [77, 77]
    assert list(found.average_masks) == [None, 2]
    assert data_sections(found)


def test_no_photograph_at_all(examples_of, statistics_of):
    found = stored_statistics(statistics_of(*examples_of()).uri)
    assert found.photographs == ()
    assert found.samples == ()
    assert found.average_masks == {}
    assert data_sections(found)


def test_what_cannot_be_decoded_is_set_aside(examples_of, statistics_of, raw_example):
    examples, quarantine = examples_of(
        [("/data/<x>.jpg", Reason.NAME)],
        val=[raw_example("a_01", image=b"text"), raw_example("a_02")],
    )
    found = stored_statistics(statistics_of(examples, quarantine).uri)
    assert [each.photograph.image_id for each in found.photographs] == ["a_02"]
    known, undecodable = found.quarantined
    assert known == QuarantinedFile("/data/<x>.jpg", Reason.NAME, "x")
    assert undecodable.file.endswith("/Split-val/data.gz#a_01")
    assert undecodable.reason is Reason.UNDECODABLE_IMAGE


def test_nothing_but_the_statistics_stays(examples_of, statistics_of, raw_example):
    made = statistics_of(*examples_of(train=[raw_example()], test=[raw_example("b_01")]))
    assert sorted(path.name for path in Path(made.uri).iterdir()) == [
        "average_masks.npz",
        "near_duplicates.jsonl",
        "photographs.jsonl",
        "pictures.json",
        "quarantine.jsonl",
        "statistics.json",
    ]
    rows = Path(made.uri, "photographs.jsonl").read_text().splitlines()
    assert json.loads(rows[0])["image_id"] == "b_01"
