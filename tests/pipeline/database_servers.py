"""A PostgreSQL and a MariaDB server of the system's, started for a test and ended by it."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = "mlmd"
# Not one sign of it may stand in a URL as it is.
PASSWORD = "p@ss:w/r?d #1"


@dataclass(frozen=True)
class DatabaseServer:
    """A running server.

    Attributes:
        kind: As in a URL.
        port: On 127.0.0.1.
        variable: Environment variable of the password.
        admin: Command that runs SQL with all rights; a database and the SQL come after it.
    """

    kind: str
    port: int
    variable: str
    admin: tuple[str, ...]

    def text(self, database: str) -> str:
        """Returns all properties of all executions that a PostgreSQL database keeps."""
        found = self.sql("SELECT * FROM executionproperty;", database)
        assert "string_value" in found
        return found

    def sql(self, text: str, database: str = "") -> str:
        """Runs SQL with all rights; returns what it prints."""
        done = subprocess.run(
            [*self.admin, database or {"mysql": "mysql"}.get(self.kind, "postgres")],
            input=text,
            env=os.environ | {"PGPASSWORD": PASSWORD, "MYSQL_PWD": ""},
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def url(self, database: str, user: str = USER) -> str:
        """Returns an address without a password."""
        return f"{self.kind}://{user}@127.0.0.1:{self.port}/{database}"


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def postgresql() -> Iterator[DatabaseServer | None]:
    """Runs PostgreSQL; yields None where it is not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[4]))
    path = os.pathsep.join([*map(str, reversed(places)), os.environ["PATH"]])
    found = {name: shutil.which(name, path=path) for name in ("initdb", "postgres", "psql")}
    if not all(found.values()):
        yield None
        return
    with _folder("postgres") as (folder, identity):
        (folder / "password").write_text(PASSWORD)
        subprocess.run(
            [found["initdb"], "-D", folder / "data", "-U", USER, "-A", "scram-sha-256", "-N"]
            + ["-E", "UTF8", "--locale=C", f"--pwfile={folder / 'password'}"],
            check=True,
            capture_output=True,
            cwd=folder,
            **identity,
        )
        port = free_port()
        command = [found["postgres"], "-D", folder / "data", "-p", str(port), "-F"]
        command += ["-k", folder, "-c", "listen_addresses=127.0.0.1"]
        client = ["-h", "127.0.0.1", "-p", str(port), "-U", USER, "-q", "-v", "ON_ERROR_STOP=1"]
        server = DatabaseServer("postgresql", port, "PGPASSWORD", (found["psql"], *client))
        with _running(command, folder, identity, server):
            yield server


@contextlib.contextmanager
def mariadb() -> Iterator[DatabaseServer | None]:
    """Runs MariaDB, with TLS for who asks for it; yields None where it is not installed."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])
    names = ("mariadb-install-db", "mariadbd", "mariadb", "openssl")
    found = {name: shutil.which(name, path=path) for name in names}
    if not all(found.values()):
        yield None
        return
    with _folder("mysql") as (folder, identity):
        certificate = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
        for command in (
            [found["mariadb-install-db"], "--no-defaults", f"--datadir={folder / 'data'}"]
            + ["--auth-root-authentication-method=normal", "--skip-test-db"],
            [found["openssl"], "req", "-x509", "-newkey", "rsa:2048", "-nodes", *certificate]
            + ["-subj", "/CN=localhost"],
        ):
            subprocess.run(command, check=True, capture_output=True, cwd=folder, **identity)
        port = free_port()
        admin = (found["mariadb"], "--no-defaults", "-uroot", f"--socket={folder / 's'}")
        server = DatabaseServer("mysql", port, "MYSQL_PWD", admin)
        command = [found["mariadbd"], "--no-defaults", f"--datadir={folder / 'data'}"]
        command += [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}"]
        command += [f"--ssl-key={folder / 'key.pem'}", f"--pid-file={folder / 'pid'}"]
        command += [f"--ssl-cert={folder / 'certificate.pem'}", "--innodb-buffer-pool-size=16M"]
        with _running(command, folder, identity, server):
            server.sql(
                f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';"
                f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;"
            )
            yield server


@contextlib.contextmanager
def _folder(owner: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yields a folder, and as whom to run: both servers refuse to be run by root."""
    # Not in pytest's folder, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix=f"{owner}-"))
    identity: dict[str, Any] = {}
    if os.getuid() == 0:
        user = pwd.getpwnam(owner)
        os.chown(folder, user.pw_uid, user.pw_gid)
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        yield folder, identity
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _running(
    command: list[Any], folder: Path, identity: dict[str, Any], server: DatabaseServer
) -> Iterator[None]:
    """Runs the server until it is no longer needed."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=folder, **identity
        )
    try:
        for _ in range(300):
            assert process.poll() is None, (folder / "log").read_text()
            try:
                server.sql("SELECT 1;")
                break
            except RuntimeError:
                time.sleep(0.1)
        else:
            raise AssertionError((folder / "log").read_text())
        yield
    finally:
        # The fast way to shut down, in both.
        process.send_signal(2 if server.kind == "postgresql" else 15)
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()
