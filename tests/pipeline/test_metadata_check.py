"""ML Metadata on real servers, where the system has them."""

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ml_metadata import metadata_store

from pipeline.lineage import lineage_of_model, lineage_of_push
from pipeline.metadata_check import check_file, check_server
from pipeline.metadata_connection import MetadataServer, UnusableMetadata, sqlite_connection
from pipeline.metadata_graph import read_only
from pipeline.run_record import last_run
from tests.pipeline.database_servers import PASSWORD, free_port, mariadb, postgresql
from tests.pipeline.recorded_runs import RecordedRuns

PROJECT = Path(__file__).parents[2]


class ServerRuns(RecordedRuns):
    """Records runs of a pipeline of any name in any store."""

    def __init__(self, connection, pipeline):
        self.connection = connection
        self.pipeline = pipeline
        self.store = metadata_store.MetadataStore(connection)

    def _context(self, kind, name):
        is_run = kind == "pipeline_run"
        return super()._context(kind, name if is_run else name.replace("mask", self.pipeline, 1))


@pytest.fixture(scope="module")
def postgresql_server():
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def mariadb_server():
    with mariadb() as server:
        yield server


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    found = request.getfixturevalue(f"{request.param}_server")
    if found is None:
        pytest.skip(f"{request.param} is not installed here")
    return found


@pytest.fixture
def mysql(mariadb_server):
    if mariadb_server is None:
        pytest.skip("mariadb is not installed here")
    return mariadb_server


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    for name in ("MYSQL_PWD", "PGPASSWORD", "PGCONNECT_TIMEOUT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def database(server):
    """An empty database; returns its name."""
    name = f"runs_{time.monotonic_ns()}"
    server.sql(f"CREATE DATABASE {name};")
    return name


@pytest.fixture
def opened(server, database, monkeypatch):
    """The empty database, after the check that every run begins with."""
    monkeypatch.setenv(server.variable, PASSWORD)
    found = MetadataServer.parse(server.url(database))
    found.share_password()
    check_server(found)
    return found


def refusal(url):
    """Returns the line that says why a store cannot be used, and how long that took."""
    server = MetadataServer.parse(url)
    server.share_password()
    started = time.monotonic()
    with pytest.raises(UnusableMetadata) as raised:
        check_server(server, seconds=2)
    message = str(raised.value)
    # Also for a busy machine, on which the import alone takes seconds.
    assert time.monotonic() - started < 20
    assert "\n" not in message
    assert message.startswith(f"--metadata {server.name}: ")
    return message.removeprefix(f"--metadata {server.name}: ")


def test_runs_that_a_server_keeps(opened):
    runs = ServerRuns(opened.connection(), "mask-a")
    model = runs.model("run 1", "/models/a", "/photographs")
    runs.push("run 1", runs.judge("run 1", model), "/mask/17")
    connection = read_only(opened.connection())

    lineage = lineage_of_model(connection, "/models/a")
    assert (lineage.run, lineage.step) == ("run 1", "Trainer.unet")
    assert lineage_of_push(connection, "17").run == "run 1"
    record = last_run(connection, "mask-a")
    assert record.states["Trainer.unet"] == record.states["Pusher"] == "COMPLETE"
    assert record.uris["Trainer.unet", "model"] == "/models/a"
    assert record.properties["Pusher", "pushed_model"]["pushed_destination"] == "/mask/17"


def test_pipelines_in_one_store_are_kept_apart(opened):
    for pipeline, run, model in (("mask-a", "run 1", "/a"), ("mask-b", "run 2", "/b")):
        ServerRuns(opened.connection(), pipeline).model(run, model, "/photographs")
    for pipeline, model in (("mask-a", "/a"), ("mask-b", "/b")):
        assert last_run(opened.connection(), pipeline).uris["Trainer.unet", "model"] == model
    # Of a store of one's own it is simply the newest.
    assert last_run(opened.connection()).uris["Trainer.unet", "model"] == "/b"
    with pytest.raises(LookupError, match="no pipeline run of mask-c"):
        last_run(opened.connection(), "mask-c")


def test_who_may_only_read_can_follow_a_lineage(opened, server):
    ServerRuns(opened.connection(), "mask").model("run 1", "/models/a", "/photographs")
    reader, name = f"reader_{opened.database}", opened.database
    server.sql(
        {
            "mysql": f"CREATE USER {reader} IDENTIFIED BY '{PASSWORD}';"
            f"GRANT SELECT ON {name}.* TO {reader};",
            "postgresql": f"CREATE ROLE {reader} LOGIN PASSWORD '{PASSWORD}';"
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader};",
        }[server.kind],
        name,
    )
    connection = MetadataServer.parse(server.url(name, reader)).connection()
    assert lineage_of_model(read_only(connection), "/models/a").run == "run 1"
    with pytest.raises(Exception, match="(?i)denied"):
        ServerRuns(connection, "mask").model("run 2", "/models/b", "/photographs")


def test_a_password_in_the_address(server, database):
    quoted = PASSWORD.translate({ord(sign): f"%{ord(sign):02X}" for sign in "@:/?# "})
    url = server.url(database).replace("@", f":{quoted}@", 1)
    found = MetadataServer.parse(url)
    assert PASSWORD not in f"{found} {found.connection()}"
    found.share_password()
    check_server(found)


def test_a_wrong_password(server, database, monkeypatch):
    asked = f"Give the password in {server.variable}, or add ?password_file=PATH to the address"
    for password in ("wrong", ""):
        monkeypatch.setenv(server.variable, password)
        message = refusal(server.url(database))
        assert "password" in message.removesuffix(asked)
        assert message.endswith(asked)


def test_a_database_that_does_not_exist(server, monkeypatch):
    monkeypatch.setenv(server.variable, PASSWORD)
    for _ in range(2):  # Nothing was made by the first attempt.
        message = refusal(server.url("nowhere"))
        assert message.endswith(
            "Create it with CREATE DATABASE nowhere and give 'mlmd' all rights on it"
        )


def test_a_user_without_rights(server, database, monkeypatch):
    user = f"user_{database}"
    server.sql(
        {
            "mysql": f"CREATE USER {user} IDENTIFIED BY '{PASSWORD}';",
            "postgresql": f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}';",
        }[server.kind]
    )
    monkeypatch.setenv(server.variable, PASSWORD)
    message = refusal(server.url(database, user))
    assert "denied" in message
    assert message.endswith(f"Give '{user}' all rights on the database '{database}'")


@pytest.mark.parametrize(("version", "relation"), [(99, "greater"), (5, "older")])
def test_a_store_of_another_schema(opened, server, version, relation):
    server.sql(
        {
            "mysql": f"UPDATE MLMDEnv SET schema_version = {version};",
            "postgresql": f"UPDATE mlmdenv SET schema_version = {version};",
        }[server.kind],
        opened.database,
    )
    message = refusal(server.url(opened.database))
    assert f"MLMD database version {version} is {relation} than library version" in message
    assert "Take another database, or one release for all who use it" in message


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_nobody_answers(kind):
    message = refusal(f"{kind}://ann@127.0.0.1:{free_port()}/runs")
    assert "refused" in message
    assert message.endswith("Is the server running, and are host and port right?")


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_a_server_that_is_silent(kind):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        message = refusal(f"{kind}://ann@127.0.0.1:{silent.getsockname()[1]}/runs")
    assert "expired" in message or "no answer within 2 seconds" in message
    assert message.endswith("Is the server running, and are host and port right?")


@pytest.mark.parametrize("kind", ["mysql", "postgresql"])
def test_a_host_that_nobody_knows(kind):
    message = refusal(f"{kind}://ann@nowhere.invalid/runs")
    assert "not known" in message or "resolution" in message
    assert message.endswith("Is the server running, and are host and port right?")


def test_tls_to_mysql_encrypts_and_cannot_verify(mysql, monkeypatch):
    name = f"tls_{time.monotonic_ns()}"
    mysql.sql(
        f"CREATE DATABASE {name}; CREATE USER {name} IDENTIFIED BY '{PASSWORD}' REQUIRE SSL;"
        f"GRANT ALL ON {name}.* TO {name};"
    )
    monkeypatch.setenv("MYSQL_PWD", PASSWORD)
    url = mysql.url(name, name)
    # This account is let in by TLS only.
    assert "Access denied" in refusal(url)
    check_server(MetadataServer.parse(f"{url}?ssl_verify_server_cert=false"))
    message = refusal(f"{url}?ssl_verify_server_cert=true")
    assert "this release of ML Metadata was seen to refuse every certificate" in message


def test_postgresql_without_tls():
    message = refusal(f"postgresql://ann@127.0.0.1:{free_port()}/runs?sslmode=require")
    assert "reaches PostgreSQL without TLS only" in message


def test_a_file_of_another_schema(tmp_path):
    connection = sqlite_connection(tmp_path / "metadata.sqlite")
    check_file(connection)
    assert not (tmp_path / "metadata.sqlite").exists()
    metadata_store.MetadataStore(connection)
    check_file(connection)
    with contextlib.closing(sqlite3.connect(connection.sqlite.filename_uri)) as file, file:
        file.execute("UPDATE MLMDEnv SET schema_version = 99")
    with pytest.raises(UnusableMetadata, match="another release of ML Metadata wrote this store"):
        check_file(connection)


@pytest.mark.slow
def test_two_pipelines_run_at_once_in_one_new_store(server, database, tmp_path, monkeypatch):
    names = ("mask-a", "mask-b")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.pipeline.two_steps"]
            + [server.url(database), name, str(tmp_path / name)],
            cwd=PROJECT,
            env=os.environ | {server.variable: PASSWORD, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    errors = [process.communicate(timeout=500)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], "\n".join(errors)

    found = MetadataServer.parse(server.url(database))
    monkeypatch.setenv(server.variable, PASSWORD)
    for name in names:
        record = last_run(found.connection(), name)
        # The second run took everything from its own first one, nothing from the other's.
        assert record.states == {"Fitter": "CACHED", "Judge": "CACHED"}
        for uri in record.uris.values():
            assert uri.startswith(f"{tmp_path / name}/")
        [seen] = Path(record.uris["Judge", "blessing"]).glob("seen")
        assert seen.read_text() == r'{"trainer": "{\"model\": \"unet\"}"}'
        lineage = lineage_of_model(found.connection(), record.uris["Fitter", "model"])
        assert lineage.step == "Fitter"
