"""Hand-made masks of the test split that are probably wrong, for somebody to look at."""

from collections.abc import Sequence

from evaluation.label_audit import Suspect
from report.section import Section
from report.template import render

_SHOWN = 30


def suspected_labels(suspects: Sequence[Suspect] | None) -> Section:
    """Builds the section.

    Args:
        suspects: Most suspect first; None where nobody looked for any.
    """
    html = render(
        "suspected_labels.html",
        looked=suspects is not None,
        shown=(suspects or ())[:_SHOWN],
        total=len(suspects or ()),
    )
    return Section("suspected-labels", "Suspected labels", html)
