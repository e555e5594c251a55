"""The sample pipeline, run the way a user runs it, with ML Metadata on a server."""

import os
from pathlib import Path

import pytest

from pipeline.lineage import lineage_of_push
from pipeline.metadata_connection import MetadataServer
from pipeline.metadata_graph import read_only
from pipeline.run_record import last_run
from studio.dataset import render_dataset
from tests.pipeline.database_servers import PASSWORD, postgresql
from tests.test_end_to_end import COMPONENTS, RESOLVERS, STUDIO, Runner

pytestmark = [pytest.mark.slow, pytest.mark.cluster]


@pytest.fixture(scope="module")
def server():
    # The harder of the two: it is where ML Metadata stumbles over backslashes.
    with postgresql() as running:
        if running is None:
            pytest.skip("PostgreSQL is not installed here")
        yield running


def test_the_sample_on_a_server(server, tmp_path, monkeypatch):
    server.sql("CREATE DATABASE studio;")
    monkeypatch.setenv(server.variable, PASSWORD)
    photographs = render_dataset(tmp_path / "photographs", STUDIO)
    runner = Runner(photographs, tmp_path / "run")
    flags = ("--metadata", server.url("studio"))
    for expected in ("COMPLETE", "CACHED"):
        done = runner.run(flags=flags)
        assert done.returncode == 0, done.stdout + done.stderr
        name = (runner.workdir / "pipeline_name").read_text().strip()
        record = last_run(MetadataServer.parse(server.url("studio")).connection(), name)
        assert set(record.states) == set(COMPONENTS)
        states = {record.states[step] for step in set(COMPONENTS) - RESOLVERS}
        assert states == {expected}

    assert not (runner.workdir / "metadata.sqlite").exists()
    [version] = runner.versions()
    connection = read_only(MetadataServer.parse(server.url("studio")).connection())
    lineage = lineage_of_push(connection, version)
    assert lineage.step == "Trainer.unet"
    page = (runner.workdir / "report" / "index.html").read_text()
    assert f"Trainer.unet in run {lineage.run}" in page

    # Neither the logs, nor what TFX notes, nor the database itself.
    for folder, _, files in os.walk(runner.workdir):
        for file in files:
            assert PASSWORD.encode() not in Path(folder, file).read_bytes(), file
    assert PASSWORD not in server.text("studio")
