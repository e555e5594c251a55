"""The folder that everything a local run writes lies below."""

import contextlib
import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import DataConfig
from studio.config import StudioConfig
from studio.dataset import holds_rendering

_SPLIT_FILE = "split.json"


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

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other runs away while this one works.

        Raises:
            WorkdirError: If another run is at work here.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
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

    def schema(self, source: Path) -> Path:
        """Copies the schema to a path that changes with its content, because TFX caches by path.

        Args:
            source: The checked-in schema.

        Returns:
            The copy.
        """
        content = source.read_bytes()
        copy = self.path / "schema" / hashlib.sha256(content).hexdigest()[:16] / source.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
        return copy

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
        path = self.path / _SPLIT_FILE
        if not path.exists() or (self.served_version() is None and not warm_start):
            return
        pushed = json.loads(path.read_text())
        if pushed != _shares(config):
            raise WorkdirError(
                f"the models pushed from {self.path} were fitted with {pushed}, this run asks for "
                f"{_shares(config)}: they could not be compared. Take another --workdir"
            )

    def remember_split(self, config: DataConfig) -> None:
        """Writes down the split that the pushed models were fitted on."""
        (self.path / _SPLIT_FILE).write_text(json.dumps(_shares(config)) + "\n")


def _shares(config: DataConfig) -> dict[str, float]:
    return {"val_fraction": config.val_fraction, "test_fraction": config.test_fraction}
