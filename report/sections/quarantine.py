"""What a run would set aside, and why: nothing disappears without a word."""

import os
from collections import Counter

from report.data.data_statistics import DataStatistics
from report.section import Section
from report.template import render

_SHOWN = 50


def quarantine(statistics: DataStatistics) -> Section:
    """Builds the section.

    Args:
        statistics: Of the data.
    """
    files = sorted(statistics.quarantined, key=lambda file: (file.reason.value, file.file))
    reasons = Counter(file.reason.value for file in files)
    shown = [(_place(file.file), file.reason.value, file.detail) for file in files[:_SHOWN]]
    html = render("quarantine.html", reasons=reasons.most_common(), shown=shown, total=len(files))
    return Section("quarantine", "Set aside", html)


def _place(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(os.path.basename(folder), name)
