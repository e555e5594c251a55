"""Finds the ML Metadata store that knows where a model comes from."""

import os
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2

from pipeline.metadata_check import check_file, check_server
from pipeline.metadata_connection import MetadataServer, UnusableMetadata, sqlite_connection

_FILE = "metadata.sqlite"
# A version withdrawn from serving lies four levels below its workdir, no model lies deeper.
_LEVELS = 6


def open_store(folder: str, given: str | None) -> metadata_store_pb2.ConnectionConfig | None:
    """Returns the connection to the store of the workdir that a folder lies in, for reading.

    Args:
        folder: Of a model, anywhere in a workdir; or a URL, of which no store can be guessed.
        given: What the user named instead: an SQLite file, a workdir, or the address of a server,
            see ``pipeline.metadata_connection``.

    Returns:
        The connection; None where nothing was named and the folder lies in no workdir.

    Raises:
        UnusableMetadata: If what was named, or found, cannot be used.
    """
    if given and "://" in given:
        server = MetadataServer.parse(given)
        server.share_password()
        check_server(server)
        return server.connection()
    path = _named(given) if given else _above(folder)
    if path is None:
        return None
    connection = sqlite_connection(path, read_only=True)
    check_file(connection)
    return connection


def _named(given: str) -> Path:
    path = Path(given)
    path = path / _FILE if path.is_dir() else path
    if not path.is_file():
        raise UnusableMetadata(
            f"--metadata {given}: there is no {path}; name the {_FILE} of a workdir, or a server's "
            "address"
        )
    return path.absolute()


def _above(folder: str) -> Path | None:
    if "://" in folder:
        return None
    above = Path(os.path.abspath(folder)).parents[:_LEVELS]
    return next((each / _FILE for each in above if (each / _FILE).is_file()), None)
