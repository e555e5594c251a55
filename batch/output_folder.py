"""Where a batch run writes what, and how a later run knows that it goes on with the same.

run.json             what was asked for; another run is refused
quarantine.jsonl     photographs without a mask, each with its reason
summary.json         all figures
submission.csv[.gz]  all run lengths, where those were asked for
masks/, cutouts/, composites/   or else the pictures, named after the photographs
shards/              for each shard that is done its manifest, and its run lengths
"""

import contextlib
import fcntl
import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apache_beam.io.filesystems import FileSystems

from batch.batch_failed import BatchFailed
from batch.manifest import MANIFEST, Manifest, manifest_json
from batch.masking import OutputFormat
from batch.shard import shard_name
from batch.whole_file import read_whole, remove, write_whole
from components.folder_files import UnusableFolder, files_in, is_local

_PICTURES = {"png": "masks", "cutout": "cutouts", "composite": "composites"}
_SHARDS = "shards"
_MANIFEST_FILE = re.compile(r"(\d+)-of-(\d+)\.json")
# Of ``serving.atomic_file``, and of a submission that is put together.
_PARTIAL = re.compile(r"\..+\.\d+\.partial")
_STAMPS = "sizes"
_MODEL_FOLDERS = "model_folders"


@dataclass(frozen=True)
class OutputFolder:
    """Names the places of a run.

    Attributes:
        path: The folder, local or a URL; absolute.
        kind: Which results are written.
    """

    path: str
    kind: OutputFormat

    @property
    def quarantine(self) -> str:
        """The list of photographs without a mask."""
        return self._at("quarantine.jsonl")

    @property
    def summary(self) -> str:
        """All figures."""
        return self._at("summary.json")

    @property
    def pictures(self) -> str:
        """The folder of the results, where they are pictures."""
        return self._at(_PICTURES[self.kind])

    def submission(self, *, gzip: bool) -> str:
        """The file of all run lengths."""
        return self._at("submission.csv.gz" if gzip else "submission.csv")

    def picture(self, name: str, suffix: str) -> str:
        """The result of a photograph."""
        relative = os.path.splitext(name)[0] + suffix
        return FileSystems.join(self.pictures, *relative.split("/"))

    def runs(self, index: int, count: int) -> str:
        """The run lengths of a shard."""
        return self._at(_SHARDS, f"{shard_name(index, count)}.csv")

    def save(self, manifest: Manifest) -> None:
        """Writes a shard's manifest: from then on the shard is done."""
        write_whole(self._at(_SHARDS, f"{manifest.shard}.json"), manifest_json(manifest))

    def forget(self, indices: Iterable[int], count: int) -> None:
        """Makes shards count as not done, and removes what was put together from all shards.

        Without that, a run that is killed while it does a shard again would leave new results under
        an old manifest, and an older submission that nobody could tell from a finished one.

        Args:
            indices: Of the shards.
            count: Of all shards.
        """
        for path in (
            self.submission(gzip=False),
            self.submission(gzip=True),
            self.summary,
            self.quarantine,
        ):
            remove(path)
        for name in self._shard_files().intersection(
            f"{shard_name(index, count)}.json" for index in indices
        ):
            remove(self._at(_SHARDS, name))

    def done(self, count: int) -> set[int]:
        """Returns which shards have a manifest, and the run lengths that it stands for."""
        names = self._shard_files()
        matches = [match for name in names if (match := _MANIFEST_FILE.fullmatch(name))]
        found = {int(match[1]) for match in matches if int(match[2]) == count}
        if self.kind == "rle":
            found = {index for index in found if f"{shard_name(index, count)}.csv" in names}
        return found

    def manifest(self, index: int, count: int) -> Manifest:
        """Reads a manifest that is there.

        Raises:
            BatchFailed: If it cannot be read; says what to do.
        """
        path = self._at(_SHARDS, f"{shard_name(index, count)}.json")
        try:
            # Not by Pydantic, which takes no name that is no text.
            return MANIFEST.validate_python(json.loads(read_whole(path) or b""))
        except ValueError as error:
            raise BatchFailed(f"{path} is no manifest: remove it, and run again") from error

    @property
    def may_lack_pictures(self) -> bool:
        """Whether pictures are looked for at all; that is done where it is cheap."""
        return self.kind != "rle" and is_local(self.path)

    def lacks_pictures(self, manifest: Manifest, suffix: str) -> bool:
        """Whether pictures of a shard that is done have gone."""
        return self.may_lack_pictures and any(
            not os.path.exists(self.picture(row.name, suffix))
            for row in manifest.photographs
            if not row.reason
        )

    def claim(
        self, asked: Mapping[str, Any], stamps: Sequence[str], model_folders: Sequence[str] = ()
    ) -> int:
        """Writes down what is asked for, or makes sure that it is what was asked for before.

        What an earlier run had begun to write when it was killed is removed.

        Args:
            asked: What the results depend on.
            stamps: Of each shard, see ``Shard.stamp``. A shard whose stamp has changed is not done
                any more.
            model_folders: Where the models lie; written down for whoever is refused later.

        Returns:
            How many shards have changed.

        Raises:
            BatchFailed: If the folder holds another run, or something else.
        """
        path = self._at("run.json")
        notes = {_STAMPS: list(stamps), _MODEL_FOLDERS: list(model_folders)}
        record = (json.dumps({**asked, **notes}, indent=2) + "\n").encode()
        content = read_whole(path)
        if content is None:
            if self._holds_something():
                raise BatchFailed(f"{self.path} holds other things than a run: choose another one")
            write_whole(path, record)
            return 0
        try:
            before = dict(json.loads(content))
            stamps_before = list(before.pop(_STAMPS))
            folders_before = list(before.pop(_MODEL_FOLDERS, ()))
        except (ValueError, KeyError, TypeError) as error:
            raise BatchFailed(f"{path} is no record of a run: choose another --output") from error
        names = dict.fromkeys((*asked, *before))
        differs = [name for name in names if before.get(name) != asked.get(name)]
        if len(stamps_before) != len(stamps) and not differs:
            differs = [_STAMPS]
        if differs:
            raise BatchFailed(
                f"{self.path} holds another run: {', '.join(differs)} "
                f"{'differs' if len(differs) == 1 else 'differ'} ({path}); choose another --output"
                f"{_begun_with(folders_before) if 'models' in differs else ''}"
            )
        self._remove_partial_files()
        changed = [
            index
            for index, (now, then) in enumerate(zip(stamps, stamps_before, strict=True))
            if now != then
        ]
        if changed:
            self.forget(changed, len(stamps))
        if record != content:
            write_whole(path, record)
        return len(changed)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other runs away while this one works, where the folder is local.

        Raises:
            BatchFailed: If another run is at work here, or the folder cannot be written.
        """
        if not is_local(self.path):
            yield
            return
        try:
            Path(self.path).mkdir(parents=True, exist_ok=True)
            lock = open(os.path.join(self.path, ".lock"), "w")  # noqa: SIM115
        except OSError as error:
            raise BatchFailed(f"{self.path} cannot be written: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BatchFailed(f"another run is at work in {self.path}; wait for it") from error
            except OSError as error:
                raise BatchFailed(
                    f"{self.path} cannot be locked: {error.strerror}; choose an --output on a file "
                    "system with locks"
                ) from error
            yield

    def _shard_files(self) -> set[str]:
        try:
            return {os.path.basename(file.path) for file in files_in(self._at(_SHARDS))}
        except UnusableFolder as error:
            raise BatchFailed(str(error)) from error

    def _remove_partial_files(self) -> None:
        """Removes what runs that were killed had begun to write, where the folder is local."""
        if not is_local(self.path):
            return
        for folder, _, names in os.walk(self.path):
            for name in filter(_PARTIAL.fullmatch, names):
                remove(os.path.join(folder, name))

    def _holds_something(self) -> bool:
        if is_local(self.path):
            return any(not name.startswith(".") for name in os.listdir(self.path))
        return any(True for _ in files_in(self.path))

    def _at(self, *names: str) -> str:
        return str(FileSystems.join(self.path, *names))


def _begun_with(folders: Sequence[str]) -> str:
    """Says how a run goes on whose models are not those that are asked for now."""
    if not folders:
        return ""
    flags = " ".join(f"--model {shlex.quote(folder)}" for folder in folders)
    return f", or go on with the same command and {flags}"
