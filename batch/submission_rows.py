"""Reads the rows of a submission, or of a sample of one, from wherever it lies."""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from batch.batch_failed import BatchFailed
from batch.whole_file import open_as_it_is


def submission_rows(path: str) -> Iterator[tuple[int, list[str]]]:
    """Reads a csv file row by row.

    Args:
        path: Local, or a URL; gzipped if its name ends in .gz.

    Yields:
        The number of a row's last line, from 1, and its fields. The first row is the header.

    Raises:
        BatchFailed: If it cannot be read.
    """
    # The limit is the whole process's: whoever reads another file later shall find the usual one.
    usual = csv.field_size_limit(sys.maxsize)
    try:
        with open_as_it_is(path) as file:
            content = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if path.endswith(".gz") else file
            with io.TextIOWrapper(content, encoding="utf-8-sig", newline="") as text:
                rows = csv.reader(text)
                for row in rows:
                    yield rows.line_num, row
    except FileNotFoundError as error:
        raise BatchFailed(f"{path} cannot be read: there is no such file") from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
        raise BatchFailed(f"{path} cannot be read: {error}") from error
    finally:
        csv.field_size_limit(usual)
