"""Finds out before any work whether ML Metadata's store can be used, and in words why not.

ML Metadata itself waits a minute for a MySQL server that is silent and for ever for PostgreSQL, and
prints the reason of a failure where Python cannot read it. So the store is first opened in a
process of its own, which can be ended and whose last words can be read.
"""

import os
import re
import subprocess
import sys

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.metadata_connection import MetadataServer, UnusableMetadata
from pipeline.mysql_login import LoginRefused, log_in

# Reads the connection as a proto; makes the tables of a database that is empty.
_OPEN = """
import sys
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
config = metadata_store_pb2.ConnectionConfig.FromString(sys.stdin.buffer.read())
try:
    metadata_store.MetadataStore(config).get_artifact_types()
except Exception as error:
    sys.exit(f"ML Metadata: {error}")
"""
_PATIENCE = 10.0
_UPGRADE = (
    "another release of ML Metadata wrote this store. Take another database, or one release for "
    "all who use it; docs/metadata.md says how to bring a store up to date"
)


def check_server(server: MetadataServer, seconds: float = _PATIENCE) -> None:
    """Opens a server's store once; in an empty database the tables are made.

    Args:
        server: Its password must have been shared, see ``MetadataServer.share_password``.
        seconds: How long to wait for an answer; ML Metadata's import comes on top.

    Raises:
        UnusableMetadata: If the store cannot be used: nobody answers, a wrong password, no such
            database, no right to make tables, another schema.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", _OPEN],
            input=server.connection().SerializeToString(),
            env=os.environ | {"PGCONNECT_TIMEOUT": str(max(2, round(seconds)))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # PostgreSQL's library is late by up to a second.
            timeout=seconds + 5,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _unusable(server, f"no answer within {seconds:g} seconds") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        why = _why_mysql(server, said, seconds) if server.kind == "mysql" else _why_postgresql(said)
        raise _unusable(server, why)


def check_file(connection: metadata_store_pb2.ConnectionConfig) -> None:
    """Opens an SQLite file once.

    Args:
        connection: To the file.

    Raises:
        UnusableMetadata: If it cannot be opened, or was written with another schema.
    """
    path = connection.sqlite.filename_uri
    if not os.path.exists(path):
        return
    try:
        metadata_store.MetadataStore(connection).get_artifact_types()
    except Exception as error:
        why = _UPGRADE if "MLMD database version" in str(error) else str(error)
        raise UnusableMetadata(f"{path}: {why}") from error


def _unusable(server: MetadataServer, why: str) -> UnusableMetadata:
    return UnusableMetadata(f"--metadata {server.name}: {why}{_advice(server, why)}")


def _advice(server: MetadataServer, why: str) -> str:
    """Returns what to do about what the server said; the first that fits."""
    name, user, variable = server.database, server.user, server.password_variable
    advice = {
        "MLMD database version": f". That is, {_UPGRADE}",
        "database .* does not exist|Unknown database": f". Create it with CREATE DATABASE {name} "
        f"and give {user!r} all rights on it",
        "password|Access denied for user .*using": f". Give the password in {variable}, or add "
        "?password_file=PATH to the address",
        "permission denied|denied": f". Give {user!r} all rights on the database {name!r}",
        "ECONNREFUSED|refused|no answer|timed out|expired|route|resolve|translate|not known|"
        "No such file": ". Is the server running, and are host and port right?",
        "SSL support is not compiled in": ". This release of ML Metadata reaches PostgreSQL "
        "without TLS only: leave sslmode away, or go through a tunnel, see docs/metadata.md",
        "pg_hba": ". The server's pg_hba.conf must let this host in without TLS, which this "
        "release of ML Metadata cannot do with PostgreSQL; or go through a tunnel",
    }
    return next((text for sign, text in advice.items() if re.search(sign, why)), "")


def _why_postgresql(said: str) -> str:
    errors = re.findall(r"(?:PostgreSQL error|ERROR|FATAL|ML Metadata): *(.*)", said)
    if "is the server running" in said.lower():
        return "connection refused"
    # The first is the cause; later ones follow from it.
    return errors[0].removeprefix("FATAL:").strip() if errors else said.strip()[-300:]


def _why_mysql(server: MetadataServer, said: str, seconds: float) -> str:
    last = said.strip().splitlines()[-1].removeprefix("ML Metadata: ")
    if "mysql_real_connect failed" not in last:
        return re.sub(r".*error: ", "", last)
    config = server.connection().mysql
    try:
        log_in(
            config.socket or (config.host, config.port),
            server.user,
            os.environ.get(server.password_variable, ""),
            config.HasField("ssl_options"),
            seconds,
        )
    except LoginRefused as refused:
        return str(refused)
    if config.ssl_options.verify_server_cert:
        return (
            "the login works, but not with ssl_verify_server_cert=true: this release of ML "
            "Metadata was seen to refuse every certificate; leave it away, or go through a tunnel"
        )
    return "the login works, but not ML Metadata's own, which gives no reason"
