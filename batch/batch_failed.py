"""What ends a batch run before it is through.

Beam hands errors of its workers over as text, on most runners with a traceback around it. The
message is found in that text by the name of the class, so that the user reads one line.
"""

import re


class BatchFailed(Exception):
    """The run cannot go on; the message is one line that says why and what to do."""


# Up to the end of its line, which may have been escaped; Beam adds the step.
_IN_TEXT = re.compile(rf"{BatchFailed.__name__}: (.+?)(?: \[while running |\\n|\n|$)")


def failure_in(error: BaseException) -> str | None:
    """Returns the message of the BatchFailed that an error is, or tells of; None if of none.

    Args:
        error: What running a pipeline raised.
    """
    if isinstance(error, BatchFailed):
        return str(error)
    found = _IN_TEXT.findall(str(error))
    return found[-1].strip() if found else None
