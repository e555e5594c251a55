"""Validates a submission: the header, every name once, and masks that are masks."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from batch.submission_rows import submission_rows

_HEADER = ["img", "rle_mask"]
_RUNS = re.compile(r"\d+ \d+(?: \d+ \d+)*", re.ASCII)
# No image has more pixels; a number with more digits would not fit into 64 bits.
_LONGEST_NUMBER = re.compile(r"\d{16}", re.ASCII)


@dataclass(frozen=True)
class SubmissionCheck:
    """What was found.

    Attributes:
        rows: In the file.
        empty: Of those, without a mask.
        faults: One line each, in the order of the file; those of the whole file last.
    """

    rows: int
    empty: int
    faults: tuple[str, ...]


def check_submission(
    path: str, height: int, width: int, names: Collection[str] | None = None
) -> SubmissionCheck:
    """Reads a submission as whoever scores it does.

    Args:
        path: The csv file, local or a URL; gzipped if its name ends in .gz.
        height: Of the masks, pixels.
        width: Of the masks, pixels.
        names: Those that must be there, each once; None takes those that are.

    Returns:
        Every fault.

    Raises:
        BatchFailed: If the file cannot be read.
    """
    faults: list[str] = []
    seen: set[str] = set()
    wanted = None if names is None else set(names)
    empty = count = 0
    for line, row in submission_rows(path):
        if line == 1:
            if row != _HEADER:
                shown = ",".join(row)[:60]
                faults.append(f"line 1: the header is {shown!r}, not {','.join(_HEADER)!r}")
            continue
        count += 1
        if len(row) != 2:
            faults.append(f"line {line}: {len(row)} fields, not 2")
            continue
        name, runs = row
        if name in seen:
            faults.append(f"line {line}: {name} is there more than once")
        seen.add(name)
        if wanted is not None and name not in wanted:
            faults.append(f"line {line}: {name} is not in the sample")
        empty += not runs
        fault = runs_fault(runs, height, width)
        if fault:
            faults.append(f"line {line}: {name}: {fault}")
    if not count and not faults:
        faults.append("it is empty")
    if wanted is not None:
        faults += [f"{name} is missing" for name in sorted(wanted - seen)]
    return SubmissionCheck(count, empty, tuple(faults))


def runs_fault(runs: str, height: int, width: int) -> str:
    """Says what is wrong with run lengths; empty if nothing is.

    Args:
        runs: "start length" pairs; empty for an empty mask.
        height: Of the mask, pixels.
        width: Of the mask, pixels.
    """
    if not runs:
        return ""
    if not _RUNS.fullmatch(runs):
        return "no start-length pairs, with one blank between two numbers"
    if _LONGEST_NUMBER.search(runs):
        return f"a run leaves the {width}x{height} image"
    numbers = np.fromstring(runs, dtype=np.int64, sep=" ")
    starts, lengths = numbers[::2], numbers[1::2]
    ends = starts + lengths
    if (lengths < 1).any():
        return "a run has no pixels"
    if (starts[1:] < starts[:-1]).any():
        return "its pairs are not sorted"
    if (starts[1:] < ends[:-1]).any():
        return "runs overlap"
    if starts[0] < 1 or ends[-1] > height * width + 1:
        return f"a run leaves the {width}x{height} image"
    return ""
