"""Continuous retraining as docs/retraining.md tells it: three spans, a bad one, and a rollback."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pipeline.metadata_connection import sqlite_connection
from pipeline.run_record import RunRecord, last_run
from serving.client.mask_client import MaskClient
from serving.command_line import main
from serving.server.embedded_server import EmbeddedServer
from serving.version_status import VersionState
from studio.config import StudioConfig
from studio.dataset import render_dataset
from tests.forked_runs import ForkedRuns
from tests.test_end_to_end import FAST

pytestmark = [pytest.mark.slow, pytest.mark.cluster]

SHIFT = 24  # pixels of 96
SETTINGS = (
    *FAST,
    "data.spans.window=0",
    "warm_start=true",
    "unet_fit.epochs=4",
    # Few epochs on a few photographs: the next model may well be worse.
    "gate.blessed_tolerance=1",
    # Of a span twice as much: more than such a model errs by, and less than the shift, a quarter.
    "gate.max_offset=0.08",
)


class Story:
    """What happened, span by span; everything lies below one folder."""

    def __init__(self, folder: Path, runs: ForkedRuns) -> None:
        self.folder = folder
        self.workdir = folder / "workdir"
        self.base = self.workdir / "serving_models" / "mask"
        self._runs = runs

    def arrive(self, span: int, shift: int = 0) -> Path:
        """Renders a span of other cars; moves its masks to the right."""
        config = StudioConfig(cars=12, test_cars=0, poses=4, width=96, height=64, seed=span)
        hidden = render_dataset(self.folder / f".span-{span}", config)
        for path in (hidden / "train_masks").iterdir() if shift else ():
            with Image.open(path) as opened:
                mask = np.asarray(opened.convert("L"))
            moved = np.zeros_like(mask)
            moved[:, shift:] = mask[:, :-shift]
            Image.fromarray(moved).save(path.with_suffix(".png"))
            path.unlink()
        return self.show(span)

    def hide(self, span: int) -> Path:
        """Takes a span away, as if it had not come yet."""
        return (self.folder / f"span-{span}").rename(self.folder / f".span-{span}")

    def show(self, span: int) -> Path:
        """Gives a span the name that runs look for."""
        return (self.folder / f".span-{span}").rename(self.folder / f"span-{span}")

    def retrain(self, *changes: str) -> tuple[str, dict, RunRecord]:
        """Runs the pipeline as cron does; returns screen, summary and record."""
        ended = self._runs.run(f"{self.folder}/span-{{SPAN}}", self.workdir, (*SETTINGS, *changes))
        assert ended.code == 0, ended.screen
        summary = json.loads((self.workdir / "summary.json").read_text())
        store = sqlite_connection(self.workdir / "metadata.sqlite", read_only=True)
        return ended.screen, summary, last_run(store)

    def versions(self) -> list[int]:
        return sorted(int(each.name) for each in self.base.iterdir() if each.name.isdigit())


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retraining")
    with ForkedRuns(folder) as runs:
        yield Story(folder, runs)


def test_from_the_first_span_to_a_rollback(story):
    photographs = story.arrive(1)
    photograph = min((photographs / "train").iterdir()).read_bytes()
    _, first, first_run = story.retrain()
    assert first["blessed_dice"] is None
    [one] = story.versions()
    with (
        EmbeddedServer(story.base, file_system_poll_wait_seconds=0.1) as server,
        MaskClient(server.target) as client,
    ):
        masks = {one: served(client, one, photograph)}

        # A second span: from the served model's weights, compared with it, pushed, swapped.
        story.arrive(2)
        _, second, second_run = story.retrain()
        assert second["blessed_dice"] is not None
        assert started_from(second_run) == first_run.uris["Trainer.unet", "model"]
        assert compared_with(story, second_run) == [first_run.uris["Trainer.unet", "model"]]
        before, two = story.versions()
        assert before == one
        masks[two] = served(client, two, photograph)
        assert masks[two] != masks[one]

        # A third, whose masks are shifted: the gate says so, and nothing changes for the server.
        story.arrive(3, SHIFT)
        screen, third, third_run = story.retrain()
        assert "The U-Net is rejected" in screen
        failed = {each["name"]: each for each in third["reasons"] if not each["passed"]}
        assert failed.keys() - {"no systematic offset"} == {"no span with shifted masks"}
        shifted = failed["no span with shifted masks"]
        assert shifted["reason"].startswith("span 3, the candidate's masks -")
        assert shifted["numbers"]["span 3 unet"] == pytest.approx(SHIFT / 96, abs=0.1)
        assert started_from(third_run) == second_run.uris["Trainer.unet", "model"]
        assert compared_with(story, third_run) == [second_run.uris["Trainer.unet", "model"]]
        assert story.versions() == [one, two]
        assert available(client) == [two]
        assert client.mask(photograph) == masks[two]

        tells_where_it_comes_from(story, two, one)

        # The second turns out to be bad after all.
        printed = command("rollback", story.base, "--reason", "wheels cut off")
        assert f"Version {one} was blessed: pushed by the run" in printed
        assert served(client, one, photograph) == masks[one]
        assert "wheels cut off" in command("rollback", story.base, "--list")

        # The same photographs make the same model, and it stays withdrawn.
        story.hide(3)
        screen, again, again_run = story.retrain()
        assert again_run.uris["Trainer.unet", "model"] == second_run.uris["Trainer.unet", "model"]
        assert again_run.states["Pusher"] == "CACHED"
        assert again["blessed"]
        assert again["pushed"] is None
        assert f"version {two} was withdrawn on" in again["withdrawn"]
        assert "It is not pushed again" in screen
        assert story.versions() == [one]
        story.show(3)

        # The next fit starts from the model that is served now, and is compared with that.
        _, _, last = story.retrain()
        assert last.states["Trainer.unet"] == "COMPLETE"
        assert started_from(last) == first_run.uris["Trainer.unet", "model"]
        assert compared_with(story, last) == [first_run.uris["Trainer.unet", "model"]]
        assert available(client) == [one]
        assert client.mask(photograph) == masks[one]

        command("rollback", story.base, "--restore", str(two))
        assert served(client, two, photograph) == masks[two]


def tells_where_it_comes_from(story, version, parent):
    """Asks for the lineage of the second version, on the screen and as JSON."""
    place = story.base / str(version)
    printed = command("lineage", place)
    assert f"span 2: {story.folder}/span-2" in printed
    assert str(story.base / str(parent)) in printed.partition("Parent")[2]
    told = json.loads(command("lineage", place, "--json"))["lineage"]
    [data] = told["data"]
    assert data["path"] == f"{story.folder}/span-{{SPAN}}"
    assert [each["number"] for each in json.loads(data["properties"]["spans"])] == [1, 2]
    assert data["counts"]["groups"] == {"train": 11, "val": 6, "test": 7}
    assert data["counts"]["photographs"] == {"train": 44, "val": 24, "test": 28}
    assert told["trainer"]["fit"]["epochs"] == 4
    assert [each["destination"] for each in told["parent"]["pushes"]] == [
        str(story.base / str(parent))
    ]
    [older] = told["parent"]["data"]
    assert [each["number"] for each in json.loads(older["properties"]["spans"])] == [1]
    assert told["parent"]["parent"] is None


def command(*arguments):
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def started_from(record):
    """Returns the model whose weights the fit began with."""
    fit = json.loads(Path(record.uris["Trainer.unet", "model_run"], "fit.json").read_text())
    return str(Path(fit["started_from"]).parent)


def compared_with(story, record):
    """Returns the models that the gate got as the last blessed one."""
    from ml_metadata import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    store = metadata_store.MetadataStore(
        sqlite_connection(story.workdir / "metadata.sqlite", read_only=True)
    )
    uri = record.uris["Gate", "evaluation"]
    [evaluation] = store.get_artifacts_by_uri(uri)
    gate = min(event.execution_id for event in store.get_events_by_artifact_ids([evaluation.id]))
    inputs = [
        event.artifact_id
        for event in store.get_events_by_execution_ids([gate])
        if event.type == metadata_store_pb2.Event.INPUT and event.path.steps[0].key == "blessed"
    ]
    return [artifact.uri for artifact in store.get_artifacts_by_id(inputs)]


def available(client):
    return [each.version for each in client.status() if each.state is VersionState.AVAILABLE]


def served(client, version, photograph):
    """Waits until a version is all that the server has, and returns its mask."""
    deadline = time.monotonic() + 60
    while available(client) != [version]:
        assert time.monotonic() < deadline, f"version {version} is not served"
        time.sleep(0.1)
    return client.mask(photograph)
