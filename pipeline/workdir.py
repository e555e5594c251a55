"""The folder that everything a local run writes lies below."""

import contextlib
import errno
import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import DataConfig
from pipeline.schema_copy import write_schema_copy
from pipeline.writable import check_replaceable, check_writable
from serving.atomic_file import write_atomically
from studio.config import StudioConfig
from studio.dataset import holds_rendering

_SPLIT_FILE = "split.json"
_LOCK_FILE = ".lock"
_SPLIT_AT_WORK_FILE = "split_of_this_run.json"


class WorkdirError(ValueError):
    """The folder cannot be used for this run; the message says what to do."""


@dataclass(frozen=True)
class Workdir:
    """Names the places in a workdir.

    Attributes:
        path: The folder; absolute.
    """

    path: Path

    @property
    def log(self) -> Path:
        """The libraries' chatter."""
        return self.path / "logs" / "local_runner.log"

    @property
    def metadata(self) -> Path:
        """ML Metadata's SQLite file."""
        return self.path / "metadata.sqlite"

    @property
    def artifacts(self) -> Path:
        """The pipeline root."""
        return self.path / "pipeline"

    @property
    def serving_directory(self) -> Path:
        """TensorFlow Serving's --model_base_path: a directory per pushed version."""
        return self.path / "serving_models" / "mask"

    @property
    def make_serving_directory(self) -> Path:
        """The same for the make classifier."""
        return self.path / "serving_models" / "make"

    @property
    def report(self) -> Path:
        """The last finished run's page, and what lies beside it."""
        return self.path / "report"

    @property
    def summary(self) -> Path:
        """All figures of the last finished run."""
        return self.path / "summary.json"

    @property
    def first_mask(self) -> Path:
        """Pictures of the mask that a run asks for at its end."""
        return self.path / "first_mask"

    def served_version(self) -> Path | None:
        """Returns the version directory that a server loads; None before the first push."""
        if not self.serving_directory.is_dir():
            return None
        versions = [path for path in self.serving_directory.iterdir() if path.name.isdigit()]
        return max(versions, key=lambda path: int(path.name), default=None)

    def check_writable(self) -> None:
        """Makes sure, before any work, that a run can write here.

        Raises:
            NotWritable: If it cannot: the folder, or what an earlier run, perhaps somebody else's,
                left in it.
        """
        check_writable(str(self.path))
        folders = (self.log.parent, self.artifacts, self.serving_directory, self.report)
        for folder in (*folders, self.make_serving_directory, self.first_mask):
            if folder.exists():
                check_writable(str(folder))
        for file in (self.path / _LOCK_FILE, self.log, self.metadata, self.summary):
            check_replaceable(file)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other runs away while this one works.

        The lock is the process's own (POSIX, not ``flock``): it is gone when the process is, even
        if that was killed and a fork of it lives on.

        Raises:
            WorkdirError: If another run is at work here.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / _LOCK_FILE, "w") as lock:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN):
                    raise WorkdirError(f"{self.path} cannot be locked: {error.strerror}") from error
                raise WorkdirError(
                    f"another run is at work in {self.path}; wait for it or take another --workdir"
                ) from error
            yield

    def photographs(self, studio: StudioConfig) -> Path:
        """Returns where the rendered sample lies; removes one that another version rendered."""
        path = self.path / "photographs"
        if (path / "studio.json").is_file() and not holds_rendering(path, studio):
            shutil.rmtree(path)
        return path

    def schema(self) -> Path:
        """Writes the schema's copy for this run, and returns its path."""
        return write_schema_copy(self.path / "schema")

    def check_split(self, config: DataConfig, warm_start: bool) -> None:
        """Makes sure that the split is the one that the pushed models were fitted on.

        Other shares move cars from train to test. A model pushed before would then be scored on
        cars that it was fitted on, and look better than any candidate; and so would a candidate
        that starts from its weights, even where the pushed models were removed since.

        Args:
            config: Gives the shares.
            warm_start: Whether this run's model starts from an earlier one.

        Raises:
            WorkdirError: If they were fitted on another split.
        """
        self._settle_killed_run()
        path = self.path / _SPLIT_FILE
        if not path.exists() or (self.served_version() is None and not warm_start):
            return
        pushed = json.loads(path.read_text())
        if pushed != _shares(config):
            raise WorkdirError(
                f"the models pushed from {self.path} were fitted with {pushed}, this run asks for "
                f"{_shares(config)}: they could not be compared. Take another --workdir"
            )

    def announce_split(self, config: DataConfig) -> None:
        """Writes down, before anything can be pushed, the split that a push will have had.

        A run that is killed between its push and ``conclude_split`` would leave a model of which
        nobody knows the split.

        Args:
            config: Gives the shares.
        """
        told = {"shares": _shares(config), "served": self._served_name()}
        write_atomically(self.path / _SPLIT_AT_WORK_FILE, (json.dumps(told) + "\n").encode())

    def conclude_split(self, config: DataConfig, pushed: bool) -> None:
        """Writes down the split that the pushed models were fitted on, as the run ends.

        Args:
            config: Gives the shares.
            pushed: Whether this run's model is one of them.
        """
        if pushed:
            self._remember_split(_shares(config))
        (self.path / _SPLIT_AT_WORK_FILE).unlink(missing_ok=True)

    def _settle_killed_run(self) -> None:
        """Concludes for a run that did not get there: it pushed if a newer version is served."""
        path = self.path / _SPLIT_AT_WORK_FILE
        if not path.exists():
            return
        told = json.loads(path.read_text())
        served = self._served_name()
        if served is not None and int(served) > int(told["served"] or -1):
            self._remember_split(told["shares"])
        path.unlink()

    def _remember_split(self, shares: dict[str, float]) -> None:
        write_atomically(self.path / _SPLIT_FILE, (json.dumps(shares) + "\n").encode())

    def _served_name(self) -> str | None:
        served = self.served_version()
        return served.name if served else None


def _shares(config: DataConfig) -> dict[str, float]:
    return {"val_fraction": config.val_fraction, "test_fraction": config.test_fraction}
