"""Where ML Metadata keeps what runs did: an SQLite file, or a MySQL or PostgreSQL server.

TFX logs the connection, and a step of the pipeline gets it as a parameter, which ML Metadata keeps.
So a connection never holds the password: that one goes through the environment variable that the
server's own client library reads, ``MYSQL_PWD`` or ``PGPASSWORD``.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from ml_metadata.proto import metadata_store_pb2

from pipeline.postgresql_text import mend_postgresql

_PORTS = {"mysql": 3306, "postgresql": 5432}
_PASSWORD_VARIABLES = {"mysql": "MYSQL_PWD", "postgresql": "PGPASSWORD"}
# Name in the URL to field of ML Metadata's SSL options.
_SSL_OPTIONS = {
    "mysql": {
        "ssl_ca": "ca",
        "ssl_capath": "capath",
        "ssl_cert": "cert",
        "ssl_key": "key",
        "ssl_cipher": "cipher",
        "ssl_verify_server_cert": "verify_server_cert",
    },
    "postgresql": {name: name for name in ("sslmode", "sslrootcert", "sslcert", "sslkey")},
}
_OTHER_OPTIONS = ("password_file", "socket")
_ENCODING = "in a password, write @ as %40, : as %3A, / as %2F, ? as %3F and # as %23"
_EXAMPLE = "mysql://user@host:3306/database or postgresql://user@host:5432/database"


class UnusableMetadata(ValueError):
    """The store cannot be used; the message says what to do and holds no password."""


@dataclass(frozen=True)
class MetadataServer:
    """A database of a server, as an address names it.

    Attributes:
        kind: ``mysql`` (MariaDB too) or ``postgresql``.
        user: Who logs in.
        host: Name or address; empty where a socket is used.
        port: Of the server.
        database: Its name; it must exist.
        options: ``socket``: path of MySQL's socket file, or the folder of PostgreSQL's; and the
            server's SSL options.
        password: None leaves it to the environment and to PostgreSQL's password file.
    """

    kind: str
    user: str
    host: str
    port: int
    database: str
    options: Mapping[str, str]
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "MetadataServer":
        """Reads an address.

        Args:
            url: ``mysql://user@host:3306/database?name=value`` or the same with ``postgresql``.
                Signs with a meaning in a URL are percent-encoded. ``password_file`` names a file
                whose first line is the password.

        Raises:
            UnusableMetadata: If it cannot be read.
        """
        # The last @ ends the password, whatever it holds.
        shown = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            # Its own message might show a part of the password.
            raise UnusableMetadata(
                f"{shown}: the port is no number from 0 to 65535; {_ENCODING}"
            ) from error
        kind = "postgresql" if parts.scheme == "postgres" else parts.scheme
        if kind not in _PORTS:
            raise UnusableMetadata(f"{shown}: write {_EXAMPLE}")
        options = _options(parts, kind, shown)
        database = unquote(parts.path.removeprefix("/"))
        host = parts.hostname or ""
        if not parts.username or not database or not (host or "socket" in options):
            raise UnusableMetadata(
                f"{shown}: user, host or database is missing; write {_EXAMPLE}; {_ENCODING}"
            )
        # ML Metadata puts the name into SQL and connection strings without quoting it.
        if not re.fullmatch(r"[A-Za-z0-9_$-]+", database):
            raise UnusableMetadata(
                f"{shown}: the database's name may hold letters, digits, _, $ and - only; "
                f"{_ENCODING}"
            )
        password = None if parts.password is None else unquote(parts.password)
        if "password_file" in options:
            password = _password_in(options.pop("password_file"), shown)
        return cls(
            kind, unquote(parts.username), host, port or _PORTS[kind], database, options, password
        )

    @property
    def name(self) -> str:
        """The address without password and options, to show."""
        host = f"[{self.host}]" if ":" in self.host else self.host or self.options["socket"]
        return f"{self.kind}://{self.user}@{host}:{self.port}/{self.database}"

    @property
    def password_variable(self) -> str:
        """The environment variable that the server's client library reads."""
        return _PASSWORD_VARIABLES[self.kind]

    def connection(self) -> metadata_store_pb2.ConnectionConfig:
        """Returns the connection, without the password; works where ``share_password`` was called.

        It creates no database: a mistyped name would be a new, empty one.
        """
        config = metadata_store_pb2.ConnectionConfig()
        if self.kind == "mysql":
            config.mysql.user = self.user
            config.mysql.database = self.database
            config.mysql.skip_db_creation = True
            if "socket" in self.options:
                config.mysql.socket = self.options["socket"]
            else:
                # MySQL's client takes "localhost" for a socket in a place of its own.
                config.mysql.host = "127.0.0.1" if self.host == "localhost" else self.host
                config.mysql.port = self.port
        else:
            mend_postgresql()
            config.postgresql.user = self.user
            config.postgresql.dbname = self.database
            config.postgresql.skip_db_creation = True
            config.postgresql.host = self.options.get("socket", self.host)
            config.postgresql.port = str(self.port)
        for name, option in _SSL_OPTIONS[self.kind].items():
            if name not in self.options:
                continue
            if self.kind == "postgresql":
                setattr(config.postgresql.ssloption, option, self.options[name])
            elif option == "verify_server_cert":
                config.mysql.ssl_options.verify_server_cert = self.options[name] == "true"
            else:
                setattr(config.mysql.ssl_options, option, self.options[name])
        return config

    def share_password(self) -> None:
        """Puts the password where this process's and its children's client libraries look."""
        if self.password is not None:
            os.environ[self.password_variable] = self.password
        # PostgreSQL's library would wait for ever.
        os.environ.setdefault("PGCONNECT_TIMEOUT", "10")


def sqlite_connection(path: Path, read_only: bool = False) -> metadata_store_pb2.ConnectionConfig:
    """Returns the connection to a file.

    Args:
        path: The file; made when it is first opened, unless for reading only.
        read_only: Whether it must stay as it is.
    """
    modes = metadata_store_pb2.SqliteMetadataSourceConfig
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = modes.READONLY if read_only else modes.READWRITE_OPENCREATE
    return config


def _options(parts: SplitResult, kind: str, shown: str) -> dict[str, str]:
    known = (*_OTHER_OPTIONS, *_SSL_OPTIONS[kind])
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options:
        if not re.fullmatch(r"\w+", name):
            raise UnusableMetadata(f"{shown}: what follows the ? is no option; {_ENCODING}")
        if name not in known:
            raise UnusableMetadata(f"{shown}: no option {name!r}; there are {', '.join(known)}")
    verify = options.get("ssl_verify_server_cert", "true")
    if verify not in ("true", "false"):
        raise UnusableMetadata(f"{shown}: ssl_verify_server_cert is true or false")
    return options


def _password_in(file: str, shown: str) -> str:
    try:
        return Path(file).read_text().split("\n", 1)[0].removesuffix("\r")
    except OSError as error:
        raise UnusableMetadata(f"{shown}: password_file: {error}") from error
