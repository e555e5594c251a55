"""All figures of a batch run, counted from its manifests."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from batch.manifest import Manifest, ManifestRow, StageSeconds
from components.quarantine import QuarantinedFile, Reason

_BANDS = 10


@dataclass
class BatchSummary:
    """Adds up shards.

    Attributes:
        masks: Photographs that have one.
        empty: Of those, without a pixel of the object.
        areas: How many masks cover how much of their photograph, by tenths: the first is below 0.1.
        quarantined: Photographs without a mask, by reason.
        stages: Where workers' time went, over all runs into this folder.
    """

    masks: int = 0
    empty: int = 0
    areas: list[int] = field(default_factory=lambda: [0] * _BANDS)
    quarantined: Counter[str] = field(default_factory=Counter)
    stages: StageSeconds = StageSeconds()

    def add(self, manifest: Manifest) -> None:
        """Counts a shard."""
        self.stages += manifest.seconds
        for row in manifest.photographs:
            if row.reason:
                self.quarantined[row.reason] += 1
                continue
            self.masks += 1
            self.empty += row.area == 0
            share = row.area / max(1, row.height * row.width)
            self.areas[min(int(share * _BANDS), _BANDS - 1)] += 1

    def add_unopened(self, file: QuarantinedFile) -> None:
        """Counts a file that was set aside by its name."""
        self.quarantined[file.reason.value] += 1

    @property
    def files(self) -> int:
        """Files that were looked at, those among them that are no photographs."""
        return self.masks + self.quarantined.total()

    def json(self, **more: Any) -> bytes:
        """Returns the file's content.

        Args:
            more: Further fields.
        """
        bands = {
            f"{index / _BANDS:.1f}-{(index + 1) / _BANDS:.1f}": count
            for index, count in enumerate(self.areas)
        }
        content = {
            "files": self.files,
            "masks": self.masks,
            "empty_masks": self.empty,
            "mask_area_histogram": bands,
            "quarantined": dict(sorted(self.quarantined.items())),
            "worker_seconds": {
                name: round(seconds, 3) for name, seconds in asdict(self.stages).items()
            },
            **more,
        }
        return (json.dumps(content, indent=2) + "\n").encode()


def quarantine_line(file: QuarantinedFile) -> str:
    """Returns a line of the quarantine list, as the pipeline writes it."""
    return json.dumps(asdict(file) | {"reason": file.reason.value}) + "\n"


def quarantined_row(row: ManifestRow) -> QuarantinedFile:
    """Returns what a manifest says of a photograph without a mask."""
    return QuarantinedFile(row.path, Reason(row.reason), row.detail)
