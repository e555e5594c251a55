import os

import pytest
from google.protobuf import json_format

from pipeline.metadata_connection import MetadataServer, UnusableMetadata, sqlite_connection
from pipeline.metadata_graph import read_only

SECRET = "geheim"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    for name in ("MYSQL_PWD", "PGPASSWORD", "PGCONNECT_TIMEOUT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def fields(url):
    return json_format.MessageToDict(
        MetadataServer.parse(url).connection(), preserving_proto_field_name=True
    )


def test_every_part_of_an_address_arrives():
    assert fields("mysql://ann@db:3307/runs?ssl_ca=%2Fca.pem&ssl_verify_server_cert=false") == {
        "mysql": {
            "host": "db",
            "port": "3307",
            "user": "ann",
            "database": "runs",
            "skip_db_creation": True,
            "ssl_options": {"ca": "/ca.pem", "verify_server_cert": False},
        }
    }
    assert fields("postgresql://a%40nn@[::1]:5433/runs?sslmode=disable") == {
        "postgresql": {
            "host": "::1",
            "port": "5433",
            "user": "a@nn",
            "dbname": "runs",
            "skip_db_creation": True,
            "ssloption": {"sslmode": "disable"},
        }
    }


def test_what_an_address_leaves_out():
    assert fields("mysql://ann@localhost/runs")["mysql"]["port"] == "3306"
    # Else the client would look for a socket.
    assert fields("mysql://ann@localhost/runs")["mysql"]["host"] == "127.0.0.1"
    assert fields("postgres://ann@db/runs")["postgresql"]["port"] == "5432"
    assert fields("mysql://ann@/runs?socket=/run/s")["mysql"]["socket"] == "/run/s"
    assert "host" not in fields("mysql://ann@/runs?socket=/run/s")["mysql"]
    assert fields("postgresql://ann@/runs?socket=/run")["postgresql"]["host"] == "/run"


@pytest.mark.parametrize(
    ("kind", "variable"), [("mysql", "MYSQL_PWD"), ("postgresql", "PGPASSWORD")]
)
def test_the_password_goes_through_the_environment_only(kind, variable, tmp_path):
    server = MetadataServer.parse(f"{kind}://ann:{SECRET}%40%2F%3A@db/runs")
    assert SECRET not in f"{server} {server!r} {server.name} {server.connection()}"
    server.share_password()
    assert os.environ[variable] == f"{SECRET}@/:"

    (tmp_path / "password").write_text("from a file\nand more\n")
    MetadataServer.parse(
        f"{kind}://ann@db/runs?password_file={tmp_path / 'password'}"
    ).share_password()
    assert os.environ[variable] == "from a file"
    # Where the address has none, what is there stays.
    MetadataServer.parse(f"{kind}://ann@db/runs").share_password()
    assert os.environ[variable] == "from a file"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"sqlite://ann:{SECRET}@db/runs", "write mysql://user@host:3306/database or postgresql"),
        (f"mysql://ann:{SECRET}@db", "user, host or database is missing"),
        (f"mysql://:{SECRET}@db/runs", "user, host or database is missing"),
        (f"mysql://ann:{SECRET}@/runs", "user, host or database is missing"),
        (f"mysql://ann:{SECRET}@db:x/runs", "the port is no number"),
        (f"mysql://ann:{SECRET}@db:70000/runs", "the port is no number"),
        (f"mysql://ann:?{SECRET}@db/runs", "what follows the ? is no option"),
        (f"mysql://ann:x/{SECRET}@db/runs", "write @ as %40"),
        (f"mysql://ann:1/{SECRET}@db/runs", "write @ as %40"),
        (f"mysql://ann:{SECRET}@db/runs;drop", "letters, digits, _, $ and - only"),
        (f"mysql://ann:{SECRET}@db/runs?sslmode=x", "no option 'sslmode'; there are password_file"),
        (f"postgresql://ann:{SECRET}@db/runs?ssl_ca=x", "no option 'ssl_ca'"),
        (f"mysql://ann:{SECRET}@db/runs?ssl_verify_server_cert=1", "is true or false"),
        (f"mysql://ann:{SECRET}@db/runs?password_file=/no/such", "No such file"),
    ],
)
def test_an_address_that_cannot_be_used(url, message):
    with pytest.raises(UnusableMetadata) as raised:
        MetadataServer.parse(url)
    assert message in str(raised.value)
    assert SECRET not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_name_to_show():
    assert MetadataServer.parse(f"mysql://ann:{SECRET}@db/runs").name == "mysql://ann@db:3306/runs"
    assert (
        MetadataServer.parse("postgres://ann@[::1]:1/runs").name == "postgresql://ann@[::1]:1/runs"
    )


def test_a_file():
    connection = sqlite_connection("/runs/metadata.sqlite")
    assert connection.sqlite.filename_uri == "/runs/metadata.sqlite"
    assert connection.sqlite.connection_mode == connection.sqlite.READWRITE_OPENCREATE
    assert sqlite_connection("/runs/metadata.sqlite", read_only=True) == read_only(connection)
