import json

import pytest
from click.testing import CliRunner

from pipeline.kubeflow.blessed_record import BlessedRecord, read_records
from pipeline.kubeflow.container.keep_record import main


def told(pushed, **more):
    artifacts = {
        "model": {"uri": "minio://b/model"},
        "pushed_model": {"uri": "minio://b/pushed", "metadata": pushed},
        **more,
    }
    settings = {"data": "/photos", "fingerprint": "f00", "identity": "ba7", "config": "{}"}
    return json.dumps(
        {
            "inputs": {
                "parameterValues": settings,
                "artifacts": {name: {"artifacts": [each]} for name, each in artifacts.items()},
            }
        }
    )


@pytest.fixture
def serving(tmp_path):
    folder = tmp_path / "serving" / "mask"
    (folder / "1795463863").mkdir(parents=True)
    return str(folder)


def kept(serving, step):
    flags = ["--serving_directory", serving, "--executor_input", step]
    result = CliRunner().invoke(main, flags, catch_exceptions=False)
    assert result.exit_code == 0
    return read_records(serving)


# As Kubeflow's store gives it back: what TFX wrote as a number is a double.
PUSHED = {"pushed": 1.0, "pushed_version": "1795463863", "pushed_destination": "/s/1795463863"}
RECORD = BlessedRecord(
    version=1795463863,
    model="minio://b/model",
    statistics="minio://b/statistics",
    fingerprint="f00",
    identity="ba7",
    data="/photos",
    config="{}",
)


def test_a_pushed_model_is_remembered(serving):
    assert kept(serving, told(PUSHED, statistics={"uri": RECORD.statistics})) == (RECORD,)


def test_a_make_classifier_has_no_statistics(serving):
    (record,) = kept(serving, told(PUSHED))
    assert (record.model, record.statistics) == (RECORD.model, "")


@pytest.mark.parametrize("pushed", [{"pushed": 0.0}, {}])
def test_a_rejected_one_is_not(serving, pushed):
    assert kept(serving, told(pushed)) == ()
