import io
import json

from rich.console import Console

from batch.batch_summary import BatchSummary, quarantine_line, quarantined_row
from batch.closing import print_summary
from batch.manifest import Manifest, ManifestRow, StageSeconds
from batch.output_folder import OutputFolder
from batch.submission import SubmissionCounts
from components.quarantine import QuarantinedFile, Reason


def summary():
    found = BatchSummary()
    rows = (
        ManifestRow("a", "/a", 10, 10, 0),
        ManifestRow("b", "/b", 10, 10, 9),
        ManifestRow("c", "/c", 10, 10, 10),
        ManifestRow("d", "/d", 10, 10, 100),
        ManifestRow("e", "/e", reason="truncated image", detail="why"),
    )
    found.add(Manifest("0", rows[:2], StageSeconds(1.0, 2.0, 3.0)))
    found.add(Manifest("1", rows[2:], StageSeconds(0.5, 0.5, 0.5)))
    found.add_unopened(QuarantinedFile("/f", Reason.STRAY_FILE, "why"))
    return found


def test_shards_add_up():
    content = json.loads(summary().json(more=7))
    assert content == {
        "files": 6,
        "masks": 4,
        "empty_masks": 1,
        "mask_area_histogram": {
            f"{band / 10:.1f}-{(band + 1) / 10:.1f}": count
            for band, count in enumerate([2, 1, 0, 0, 0, 0, 0, 0, 0, 1])
        },
        "quarantined": {"neither photograph nor mask": 1, "truncated image": 1},
        "worker_seconds": {"read": 1.5, "model": 2.5, "write": 3.5},
        "more": 7,
    }


def test_a_line_of_the_quarantine_list():
    file = quarantined_row(ManifestRow("a", "/\udcff.jpg", reason="truncated image", detail="why"))
    assert file == QuarantinedFile("/\udcff.jpg", Reason.TRUNCATED_IMAGE, "why")
    line = quarantine_line(file)
    assert line.isascii()
    assert json.loads(line) == {
        "file": "/\udcff.jpg",
        "reason": "truncated image",
        "detail": "why",
    }


def test_the_screen():
    screen = io.StringIO()
    names = tuple(f"{index}.jpg" for index in range(5))
    print_summary(
        Console(file=screen, width=200),
        summary(),
        OutputFolder("/far/out", "rle"),
        SubmissionCounts(9, names, 1),
        {"mask": 2.0, "put_together": 0.5},
        gzip=True,
    )
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert lines[0] == "4 masks, 1 of them empty"
    assert lines[3:6] == [
        "    0-10 % ############################## 2",
        "   10-20 % ###############                1",
        "   20-30 %                                0",
    ]
    assert "Without a mask: neither photograph nor mask 1, truncated image 1" in lines
    assert (
        "Seconds of this run: mask 2.0, put together 0.5; of the workers, all runs: read 1.5, "
        "model 2.5, write 3.5" in lines
    )
    assert "Submission: /far/out/submission.csv.gz, 9 rows" in lines
    assert (
        "Warning: 5 rows have an empty mask, because there is no mask of 0.jpg, 1.jpg, 2.jpg and "
        "2 more" in lines
    )
