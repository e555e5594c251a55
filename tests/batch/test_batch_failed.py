import pytest

from batch.batch_failed import BatchFailed, failure_in


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (BatchFailed("the disk is full"), "the disk is full"),
        (
            RuntimeError(
                "Traceback (most recent call last):\n  File x\n"
                "batch.batch_failed.BatchFailed: the disk is full: /a b\n\nDuring handling\n"
                "batch.batch_failed.BatchFailed: the disk is full: /a b [while running 'Write']\n"
            ),
            "the disk is full: /a b",
        ),
        (RuntimeError("BatchFailed: one\\n\\nTraceback"), "one"),
        (RuntimeError("BatchFailed: /a [1]/b.csv [while running 'Write']"), "/a [1]/b.csv"),
        (RuntimeError("BatchFailed: it matches [a-z]\\.jpg"), "it matches [a-z]\\.jpg"),
        (RuntimeError("something else"), None),
    ],
)
def test_the_message_is_found_whatever_beam_makes_of_it(error, message):
    assert failure_in(error) == message
