import dataclasses

import pytest

from pipeline.kubeflow.blessed_record import (
    BlessedRecord,
    is_nothing,
    nothing_at,
    read_records,
    records_directory,
    write_record,
)

RECORD = BlessedRecord(
    version=7,
    model="minio://b/model",
    statistics="minio://b/statistics",
    fingerprint="f00",
    identity="ba7",
    data="/photographs",
    config="{}",
)


@pytest.fixture
def serving(tmp_path):
    folder = tmp_path / "serving" / "mask"
    for version in (7, 12):
        (folder / str(version)).mkdir(parents=True)
    return str(folder)


def test_there_are_none_before_the_first_push(serving):
    assert read_records(serving) == ()


def test_the_newest_is_the_last(serving):
    newer = dataclasses.replace(RECORD, version=12, model="minio://b/newer")
    for record in (newer, RECORD):
        write_record(serving, record)
    assert read_records(serving) == (RECORD, newer)


def test_a_version_that_was_rolled_back_is_not_served(serving, tmp_path):
    write_record(serving, RECORD)
    write_record(serving, dataclasses.replace(RECORD, version=12))
    (tmp_path / "serving/mask/12").rename(tmp_path / "withdrawn")
    assert read_records(serving) == (RECORD,)


def test_what_was_remembered_stays(serving):
    write_record(serving, RECORD)
    write_record(serving, dataclasses.replace(RECORD, model="minio://b/other"))
    assert read_records(serving) == (RECORD,)


def test_a_record_cut_short_is_named(serving, tmp_path):
    write_record(serving, RECORD)
    path = tmp_path / "serving/blessed/mask/7.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(ValueError, match=f"{path} is no record of a pushed model"):
        read_records(serving)


def test_a_half_written_one_does_not_count(serving, tmp_path):
    write_record(serving, RECORD)
    (tmp_path / "serving/blessed/mask/.12.json").write_text("{")
    assert read_records(serving) == (RECORD,)


def test_records_lie_where_no_server_looks():
    assert records_directory("gs://b/serving/mask/") == "gs://b/serving/blessed/mask"


def test_no_model_is_told_from_a_model():
    assert is_nothing(nothing_at("minio://bucket/v2/"))
    assert not is_nothing("minio://bucket/v2/studio-mask/run-1/trainer-unet/model")
