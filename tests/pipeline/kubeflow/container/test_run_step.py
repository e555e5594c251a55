import copy
import json
from pathlib import Path

import pytest

from pipeline.kubeflow.blessed_record import nothing_at
from pipeline.kubeflow.container import launcher_paths
from pipeline.kubeflow.container.run_step import StepCommand

TYPE = {"instanceSchema": "title: tfx.Model"}
SPEC = {"artifacts": {"candidate": {"artifactType": TYPE}, "blessed": {"artifactType": TYPE}}}
STEP = {
    "inputs": {
        "parameterValues": {"config": "{}"},
        "artifacts": {
            "candidate": {"artifacts": [{"name": "3", "uri": "minio://bucket/v2/trainer/model"}]},
            "blessed": {"artifacts": [{"name": "4", "uri": nothing_at("minio://bucket/v2")}]},
        },
    },
    "outputs": {
        "artifacts": {"blessing": {"artifacts": [{"uri": "s3://b/gate/blessing", "type": TYPE}]}},
        "outputFile": "/tmp/out.json",
    },
}


def arguments(step=STEP):
    return [
        "--executor_class_path",
        "components.gate.Gate_Executor",
        "--json_serialized_invocation_args",
        json.dumps(step),
        "--json_serialized_inputs_spec_args",
        json.dumps(SPEC),
        "--direct_num_workers=0",
    ]


def test_tfx_gets_typed_copies_of_the_inputs_there_are():
    given = arguments()
    told = StepCommand.parse(["--local_copies", *given]).for_tfx()
    assert told[:3] == given[:3]
    assert told[4:] == given[4:]
    assert json.loads(told[3]) == {
        "inputs": {
            "parameterValues": {"config": "{}"},
            "artifacts": {
                "candidate": {
                    "artifacts": [
                        {"name": "3", "uri": "/minio/bucket/v2/trainer/model", "type": TYPE}
                    ]
                }
            },
        },
        "outputs": {
            "artifacts": {
                "blessing": {"artifacts": [{"uri": "/s3/b/gate/blessing", "type": TYPE}]}
            },
            "outputFile": "/tmp/out.json",
        },
    }


def test_without_copies_artifacts_stay_where_they_are():
    told = json.loads(StepCommand.parse(arguments()).for_tfx()[3])
    (candidate,) = told["inputs"]["artifacts"]["candidate"]["artifacts"]
    assert candidate["uri"] == "minio://bucket/v2/trainer/model"
    (blessing,) = told["outputs"]["artifacts"]["blessing"]["artifacts"]
    assert blessing["uri"] == "s3://b/gate/blessing"


def test_a_type_that_the_launcher_tells_is_kept():
    step = copy.deepcopy(STEP)
    step["inputs"]["artifacts"]["candidate"]["artifacts"][0]["type"] = {"schemaTitle": "x"}
    told = json.loads(StepCommand.parse(arguments(step)).for_tfx()[3])
    assert told["inputs"]["artifacts"]["candidate"]["artifacts"][0]["type"] == {"schemaTitle": "x"}


def test_a_step_without_inputs():
    step = {"outputs": {"outputFile": "/tmp/out.json"}}
    assert json.loads(StepCommand.parse(["--local_copies", *arguments(step)]).for_tfx()[3]) == {
        "inputs": {"artifacts": {}},
        "outputs": {"outputFile": "/tmp/out.json"},
    }


def test_the_launcher_reads_urls(tmp_path):
    path = tmp_path / "output_metadata.json"
    written = {
        "artifacts": {"model": {"artifacts": [{"uri": "/gcs/b/model", "metadata": {"a": 1.0}}]}}
    }
    path.write_text(json.dumps(written))
    StepCommand(()).name_by_url(str(path))
    assert json.loads(path.read_text()) == {
        "artifacts": {"model": {"artifacts": [{"uri": "gs://b/model", "metadata": {"a": 1.0}}]}}
    }


class TestSharedCopies:
    @pytest.fixture
    def launcher(self, tmp_path, monkeypatch):
        folders = {"minio://": f"{tmp_path}/minio/", "s3://": f"{tmp_path}/s3/"}
        monkeypatch.setattr(launcher_paths, "_FOLDERS", folders)
        model = tmp_path / "minio/bucket/v2/trainer/model"
        model.mkdir(parents=True)
        (model / "weights").write_text("w")
        return tmp_path

    @pytest.fixture
    def command(self, launcher):
        shared = f"{launcher}/volume"
        return StepCommand.parse(["--local_copies", "--shared_copies", shared, *arguments()])

    def test_other_machines_see_the_inputs(self, launcher, command):
        command.share_inputs()
        told = json.loads(command.for_tfx()[3])
        (candidate,) = told["inputs"]["artifacts"]["candidate"]["artifacts"]
        assert candidate["uri"] == f"{launcher}/volume{launcher}/minio/bucket/v2/trainer/model"
        assert Path(candidate["uri"], "weights").read_text() == "w"

    def test_the_launcher_sees_the_outputs(self, launcher, command):
        command.share_inputs()
        (blessing,) = json.loads(command.for_tfx()[3])["outputs"]["artifacts"]["blessing"][
            "artifacts"
        ]
        Path(blessing["uri"]).mkdir(parents=True)
        Path(blessing["uri"], "BLESSED").touch()
        written = launcher / "output_metadata.json"
        written.write_text(json.dumps({"artifacts": {"blessing": {"artifacts": [blessing]}}}))
        command.name_by_url(str(written))
        command.take_outputs()
        told = json.loads(written.read_text())["artifacts"]["blessing"]["artifacts"]
        assert told[0]["uri"] == "s3://b/gate/blessing"
        assert (launcher / "s3/b/gate/blessing/BLESSED").exists()
        assert not [path for path in (launcher / "volume").rglob("*") if path.is_file()]
