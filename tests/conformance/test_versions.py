"""Versions: which are served, and how they come and go."""

import shutil
import threading
import time

import numpy as np
import pytest

# Time between the server's looks at its folders, and some more for a load.
A_FEW_LOOKS_S = 2.5


@pytest.mark.parametrize(
    ("model", "available"),
    [
        pytest.param("half_plus_two", [123], id="leading zeros; what is no number"),
        pytest.param("two_latest", [3, 2], id="latest"),
        pytest.param("all_versions", [3, 2, 1], id="all"),
        pytest.param("chosen_versions", [3, 1], id="specific"),
    ],
)
def test_policies(states, model, available):
    assert states(model) == dict.fromkeys(available, "AVAILABLE")


@pytest.mark.parametrize(("model", "version"), [("two_latest", 1), ("chosen_versions", 2)])
def test_what_a_policy_leaves_out_is_not_served(predict, refusal, model, version):
    assert refusal(predict, model, version=version) == (
        "NOT_FOUND",
        f"Servable not found for request: Specific({model}, {version})",
    )


def test_a_swap_loses_no_request(served, push, predict, refusal, states, rest, eventually):
    answers, errors, seen = [], [], []
    stopping = threading.Event()

    def ask():
        while not stopping.is_set():
            try:
                answers.append(predict("swapped").outputs["y"].float_val[0])
            except Exception as error:
                errors.append(error)

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        push("half_plus_2", served / "swapped" / "2")

        def is_swapped():
            seen.append(states("swapped"))
            return seen[-1] == {2: "AVAILABLE", 1: "END"}

        eventually(is_swapped)
        time.sleep(0.2)
    finally:
        stopping.set()
        for client in clients:
            client.join()
    assert not errors
    assert set(answers) == {1.5, 2.5}
    # The old version answers until the new one does.
    assert all(sample[1] == "AVAILABLE" or sample.get(2) == "AVAILABLE" for sample in seen)
    assert list(seen[-1]) == [2, 1]
    assert refusal(predict, "swapped", version=1) == (
        "NOT_FOUND",
        "Servable not found for request: Specific(swapped, 1)",
    )
    rows = rest.get("/v1/models/swapped").json()["model_version_status"]
    assert [(row["version"], row["state"]) for row in rows] == [("2", "AVAILABLE"), ("1", "END")]


def test_deleting_the_newest_version_brings_back_the_one_before(
    served, predict, states, eventually
):
    assert states("rolled_back") == {2: "AVAILABLE"}
    shutil.rmtree(served / "rolled_back" / "2")
    eventually(lambda: states("rolled_back") == {2: "END", 1: "AVAILABLE"})
    assert predict("rolled_back").outputs["y"].float_val[0] == 1.5


def test_deleting_all_versions_ends_the_model(served, predict, refusal, states, rest, eventually):
    assert predict("emptied").model_spec.version.value == 1
    shutil.rmtree(served / "emptied" / "1")
    eventually(lambda: states("emptied") == {1: "END"})
    assert refusal(predict, "emptied") == (
        "NOT_FOUND",
        "Servable not found for request: Latest(emptied)",
    )
    reply = rest.post("/v1/models/emptied:predict", json={"instances": [[1.0]]})
    assert reply.status_code == 404


def test_deleting_the_base_path_changes_nothing(served, predict, states):
    shutil.rmtree(served / "uprooted")
    time.sleep(A_FEW_LOOKS_S)
    assert states("uprooted") == {1: "AVAILABLE"}
    assert predict("uprooted").outputs["y"].float_val[0] == 1.5


def test_a_negative_number_is_a_version(served, push, predict, states, eventually):
    push("half_plus_3", served / "negative" / "-5")
    eventually(lambda: states("negative") == {1: "AVAILABLE", -5: "AVAILABLE"})
    assert predict("negative").model_spec.version.value == 1
    assert predict("negative", version=-5).outputs["y"].float_val[0] == 3.5


@pytest.mark.parametrize(
    ("model", "code", "text"),
    [
        pytest.param(
            "half_copied", "OUT_OF_RANGE", "Read less bytes than requested", id="cut short"
        ),
        pytest.param("warmup_unknown_signature", None, "nosuch", id="warm-up: unknown signature"),
        pytest.param("warmup_too_many", None, "1000", id="warm-up: 1001 requests"),
        pytest.param("warmup_unreadable", None, "", id="warm-up: no TFRecord file"),
    ],
)
def test_a_bad_new_version_leaves_the_good_one(
    served, push, predict, rest, eventually, model, code, text
):
    def row(version):
        rows = rest.get(f"/v1/models/{model}").json()["model_version_status"]
        return next((each for each in rows if each["version"] == str(version)), {})

    push(model, served / model / "2")
    eventually(lambda: row(2).get("state") == "END")
    assert row(2)["status"]["error_code"] != "OK"
    assert code in (None, row(2)["status"]["error_code"])
    assert text in row(2)["status"]["error_message"]
    assert row(1)["state"] == "AVAILABLE"
    assert predict(model).outputs["y"].float_val[0] == 1.5


def test_a_deadline_ends_the_work(served, predict, refusal, states, eventually):
    steps = {"steps": np.int64([2_000_000_000])}
    begin = time.monotonic()
    got = refusal(predict, "deadline", steps, signature="spin", timeout=0.5)
    assert got[0] == "DEADLINE_EXCEEDED"
    assert time.monotonic() - begin < 5
    # A version is freed when nothing runs in it any more.
    shutil.rmtree(served / "deadline" / "1")
    eventually(lambda: states("deadline") == {1: "END"}, timeout_s=15)
