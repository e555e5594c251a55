"""What arrives at a Kubeflow Pipelines server when a pipeline is run or scheduled."""

import hashlib
import re

import pytest
import yaml

from pipeline.kubeflow.compiler import settings_task
from pipeline.kubeflow.server import submit as submit_module
from pipeline.kubeflow.server.pipelines_server import KubeflowAddress
from pipeline.kubeflow.server.refused import KubeflowRefused
from pipeline.kubeflow.server.submit import schedule, submit
from tests.pipeline.kubeflow.server.fake_pipelines_server import (
    API,
    FakePipelinesServer,
    Refusal,
    running,
)

UPLOAD = f"POST {API}/pipelines/upload_version"
SPEC = {
    "pipelineInfo": {"name": "studio-mask"},
    "root": {
        "inputDefinitions": {
            "parameters": {
                "data": {"parameterType": "STRING", "defaultValue": "gs://photos/span-{SPAN}"},
                "span": {"parameterType": "NUMBER_INTEGER", "defaultValue": -1},
            }
        }
    },
    "schemaVersion": "2.1.0",
}


@pytest.fixture
def fake():
    with running(FakePipelinesServer()) as server:
        yield server
    assert server.unknown == []


@pytest.fixture
def address(fake):
    return KubeflowAddress(fake.url)


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text("# compiled\n" + yaml.safe_dump(SPEC))
    return path


def version_name(package):
    return f"studio-mask-{hashlib.sha256(package.read_bytes()).hexdigest()[:12]}"


def test_a_new_pipeline_is_uploaded_and_run(fake, address, package, capsys):
    ran = submit(package, address, run_name="tuesday", arguments={"span": "3"})
    (made,) = fake.posted("pipelines")
    assert made == {"display_name": "studio-mask"}
    ((query, file, content),) = fake.uploads
    assert query == {"name": version_name(package), "pipelineid": "pipeline-1"}
    assert file == "pipeline.yaml"
    assert content == package.read_bytes()
    assert fake.posted("runs") == [
        {
            "display_name": "tuesday",
            "experiment_id": "experiment-0",
            "pipeline_version_reference": {
                "pipeline_id": "pipeline-1",
                "pipeline_version_id": "version-2",
            },
            "runtime_config": {"parameters": {"span": 3}},
        }
    ]
    assert fake.posted("experiments") == []
    assert (ran.run_id, ran.name, ran.version) == ("run-3", "tuesday", version_name(package))
    assert ran.url == f"{fake.url}/#/runs/details/run-3"
    assert capsys.readouterr() == ("", "")


def test_the_same_file_is_not_uploaded_again(fake, address, package):
    submit(package, address)
    submit(package, address)
    assert len(fake.uploads) == 1
    assert len(fake.posted("pipelines")) == 1
    first, second = fake.posted("runs")
    assert first["pipeline_version_reference"] == second["pipeline_version_reference"]


def test_another_file_is_a_new_version_of_the_pipeline(fake, address, package):
    # More than a page of versions, and a pipeline that is only called similarly.
    fake.held["pipelines"] += [{"pipeline_id": "other", "display_name": "studio-mask-2"}]
    for number in range(5):
        package.write_text(package.read_text() + "\n" * number)
        submit(package, address)
        submit(package, address)
    names = [query["name"] for query, _, _ in fake.uploads]
    assert len(names) == len(set(names)) == 5
    assert {query["pipelineid"] for query, _, _ in fake.uploads} == {"pipeline-1"}
    assert len(fake.posted("runs")) == 10


def test_names_that_are_not_given(fake, address, package):
    ran = submit(package, address)
    assert re.fullmatch(r"studio-mask \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", ran.name)
    assert fake.posted("runs")[0]["display_name"] == ran.name
    assert fake.posted("runs")[0]["runtime_config"] in ({}, {"parameters": {}})


def test_an_experiment_is_made_once(fake, address, package):
    submit(package, address, experiment="cars")
    submit(package, address, experiment="cars")
    assert fake.posted("experiments") == [{"display_name": "cars"}]
    made = {run["experiment_id"] for run in fake.posted("runs")}
    assert made == {fake.held["experiments"][-1]["experiment_id"]} != {"experiment-0"}


def test_a_namespace_is_named_throughout(fake, package):
    fake.multi_user = True
    address = KubeflowAddress(fake.url, namespace="studio")
    submit(package, address, experiment="cars")
    schedule(package, address, "@daily", experiment="cars")
    (pipeline,), (experiment,) = fake.posted("pipelines"), fake.posted("experiments")
    (recurring,) = fake.posted("recurringruns")
    assert pipeline["namespace"] == experiment["namespace"] == recurring["namespace"] == "studio"


def test_every_request_bears_the_token(fake, package):
    fake.token = "secret"
    submit(package, KubeflowAddress(fake.url, token="secret"))
    assert len(fake.posted("runs")) == 1


def test_a_schedule(fake, address, package):
    made = schedule(package, address, "0 3 * * *", arguments={"data": "gs://new/span-{SPAN}"})
    assert fake.posted("recurringruns") == [
        {
            "display_name": "studio-mask",
            "experiment_id": "experiment-0",
            "mode": "ENABLE",
            "pipeline_version_reference": {
                "pipeline_id": "pipeline-1",
                "pipeline_version_id": "version-2",
            },
            "runtime_config": {"parameters": {"data": "gs://new/span-{SPAN}"}},
            "trigger": {"cron_schedule": {"cron": "0 0 3 * * *"}},
            "max_concurrency": "1",
            "no_catchup": True,
        }
    ]
    assert fake.posted("runs") == []
    assert (made.cron, made.replaced, made.name) == ("0 0 3 * * *", 0, "studio-mask")
    assert made.url == f"{fake.url}/#/recurringrun/details/{made.recurring_run_id}"


def test_a_schedule_replaces_those_of_its_name_in_its_experiment(fake, address, package):
    schedule(package, address, "0 3 * * *", run_name="weekly")
    schedule(package, address, "0 3 * * *", experiment="cars")
    for number in range(3):
        fake.held["recurringRuns"].append(
            {
                "recurring_run_id": f"old-{number}",
                "display_name": "studio-mask",
                "experiment_id": "experiment-0",
            }
        )
    fake.asked.clear()
    made = schedule(package, address, "0 4 * * *")
    assert made.replaced == 3
    left = fake.held["recurringRuns"]
    assert [each["display_name"] for each in left] == ["weekly", "studio-mask", "studio-mask"]
    assert left[-1]["trigger"] == {"cron_schedule": {"cron": "0 0 4 * * *"}}
    # The old ones go when the new one is there, so that a failure leaves a schedule.
    at = fake.asked.index(f"POST {API}/recurringruns")
    removed = [asked for asked in fake.asked if asked.startswith("DELETE")]
    assert removed == fake.asked[at + 1 :]
    assert len(removed) == 3


def test_a_schedule_that_is_refused_leaves_the_old_one(fake, address, package):
    schedule(package, address, "0 3 * * *")
    fake.refuse[f"POST {API}/recurringruns"] = Refusal(400, {"message": "cron is odd"})
    with pytest.raises(KubeflowRefused, match=r"refused the recurring run \(400\): cron is odd"):
        schedule(package, address, "0 4 * * *")
    (left,) = fake.held["recurringRuns"]
    assert left["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"


def test_a_schedule_that_cannot_be_removed_is_named(fake, address, package):
    old = schedule(package, address, "0 3 * * *").recurring_run_id
    fake.refuse[f"DELETE {API}/recurringruns/{old}"] = Refusal(403, {"message": "not yours"})
    with pytest.raises(KubeflowRefused, match=f"remove the recurring run {old}.*not yours"):
        schedule(package, address, "0 4 * * *")


@pytest.mark.parametrize(
    ("cron", "arguments", "said"),
    [
        ("0 3 * *", {}, "--schedule: '0 3 \\* \\*' has 4 fields"),
        ("0 3 * * *", {"span": "3"}, "takes the newest span: leave the parameter 'span' out"),
        ("0 3 * * *", {"spam": "3"}, "no parameter 'spam'"),
    ],
)
def test_nothing_is_sent_of_what_cannot_be_meant(fake, address, package, cron, arguments, said):
    with pytest.raises(KubeflowRefused, match=said):
        schedule(package, address, cron, arguments=arguments)
    assert fake.asked == []


def test_the_newest_span_may_be_said(fake, address, package):
    schedule(package, address, "@daily", arguments={"span": "-1"})
    assert fake.posted("recurringruns")[0]["runtime_config"] == {"parameters": {"span": -1}}
    assert submit_module._SPAN == settings_task.SPAN


def test_nothing_is_sent_of_another_file(fake, address, tmp_path):
    with pytest.raises(KubeflowRefused, match="cannot be read"):
        submit(tmp_path / "absent.yaml", address)
    assert fake.asked == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Refusal(400, {"error_message": "Failed", "error_details": "root is\nmissing"}),
            r"refused the package .*pipeline.yaml \(400\): root is missing",
        ),
        (Refusal(400, {"error_message": "Failed"}), r"\(400\): Failed"),
        (Refusal(400, {"error": "e", "code": 3, "message": "m"}), r"\(400\): m"),
        (Refusal(400, "too long a name", "text/plain"), r"\(400\): too long a name"),
        (Refusal(413, "", "text/plain"), r"\(413\): it did not say why"),
        (Refusal(500, "x" * 2000, "text/plain"), r"\(500\): x{500}\.\.\.$"),
        (Refusal(400, b"\xff\xfe", "text/plain"), "is no Kubeflow Pipelines"),
        (Refusal(200, "<html>", "text/html"), "is no Kubeflow Pipelines"),
        (Refusal(200, {"pipeline_id": "pipeline-1"}), "is no Kubeflow Pipelines"),
    ],
)
def test_a_package_that_is_refused(fake, address, package, answer, said):
    fake.refuse[UPLOAD] = answer
    with pytest.raises(KubeflowRefused, match=said) as refused:
        submit(package, address)
    assert "\n" not in str(refused.value)
    assert fake.posted("runs") == []


def test_after_a_refused_package_the_pipeline_is_used_again(fake, address, package):
    fake.refuse[UPLOAD] = Refusal(400, {"error_message": "Failed"})
    with pytest.raises(KubeflowRefused):
        submit(package, address)
    fake.refuse.clear()
    submit(package, address)
    assert len(fake.posted("pipelines")) == 1


def test_a_run_that_is_refused(fake, address, package):
    fake.refuse[f"POST {API}/runs"] = Refusal(400, {"message": "input parameter is odd"})
    with pytest.raises(KubeflowRefused, match=r"refused the run \(400\): input parameter is odd"):
        submit(package, address)
