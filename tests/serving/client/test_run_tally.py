"""The summary's counts."""

import pytest

from serving.client.run_tally import RunTally


@pytest.mark.parametrize(
    ("tally", "text"),
    [
        (RunTally(masked=3), "3 masked, 0 failed"),
        (RunTally(2, 7, 1, 0), "2 masked, 7 already there, 1 failed"),
        (RunTally(2, 0, 1, 4), "2 masked, 1 failed, 4 not done"),
    ],
)
def test_what_is_usual_is_not_mentioned(tally, text):
    assert str(tally) == text
