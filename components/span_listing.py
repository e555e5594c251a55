"""Lists the photographs of all spans that a run takes, as one collection.

A photograph that is in several spans counts once, from the newest of them: whoever corrects a mask
delivers the photograph again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from components.folder_files import UnusableFolder
from components.photograph_folder import Photograph, fingerprint, list_folder, read_metadata
from components.quarantine import QuarantinedFile, Reason
from components.spans import Span


@dataclass(frozen=True)
class RecordFile:
    """A TFRecord file that follows the data contract.

    Attributes:
        path: A local path or a URL.
        span: Number of its span.
    """

    path: str
    span: int = 0


@dataclass(frozen=True)
class SpanListing:
    """What the spans hold.

    Attributes:
        photographs: Those whose names are in order, sorted by id; each id once.
        records: TFRecord files, oldest span first; their ids are not known yet.
        quarantined: Files that cannot be used.
        groups_without_metadata: Cars that no metadata.csv knows, sorted.
    """

    photographs: tuple[Photograph, ...]
    records: tuple[RecordFile, ...]
    quarantined: tuple[QuarantinedFile, ...]
    groups_without_metadata: tuple[str, ...]


def list_spans(spans: Sequence[Span]) -> SpanListing:
    """Lists spans.

    Args:
        spans: See ``components.spans.resolve_spans``; the newest is the last.

    Returns:
        What was found. Of a car that several metadata.csv know, the newest counts.

    Raises:
        UnusableFolder: If a span holds nothing, or some hold photographs and some TFRecord files.
    """
    metadata: dict[str, tuple[str, str, int]] = {}
    for span in spans:
        metadata |= read_metadata(span.path)
    listings = [list_folder(span.path, metadata) for span in spans]
    of_records = [bool(listing.records) for listing in listings]
    if any(of_records) and not all(of_records):
        photographs, records = (spans[of_records.index(each)].path for each in (False, True))
        raise UnusableFolder(
            f"{photographs} holds photographs, {records} TFRecord files: one run takes one kind; "
            "set another data.spans.window"
        )

    newest: dict[str, tuple[Photograph, Span]] = {}
    quarantined: list[QuarantinedFile] = []
    for span, listing in zip(spans, listings, strict=True):
        quarantined += listing.quarantined
        for photograph in listing.photographs:
            older, _ = newest.get(photograph.image_id, (None, None))
            if older is not None:
                quarantined.append(
                    QuarantinedFile(older.image_path, Reason.SUPERSEDED, superseded_by(span.number))
                )
            newest[photograph.image_id] = photograph, span
    return SpanListing(
        photographs=tuple(newest[image_id][0] for image_id in sorted(newest)),
        records=tuple(
            RecordFile(path, span.number)
            for span, listing in zip(spans, listings, strict=True)
            for path in listing.records
        ),
        quarantined=tuple(quarantined),
        groups_without_metadata=tuple(
            sorted({group for listing in listings for group in listing.groups_without_metadata})
        ),
    )


def superseded_by(span: int) -> str:
    """Returns the quarantine's detail of a photograph that a newer span has too."""
    return f"span {span} has one of the same id"


def spans_fingerprint(spans: Sequence[Span]) -> str:
    """Returns a digest of all names, sizes and times of change, to notice changed data.

    Args:
        spans: As for ``list_spans``.

    Returns:
        64 hex digits; the same as long as the spans are the same and nothing in them was added,
        removed or rewritten.
    """
    digest = hashlib.sha256()
    for span in spans:
        digest.update(f"{span.number}\0{span.version}\0{fingerprint(span.path)}\n".encode())
    return digest.hexdigest()
