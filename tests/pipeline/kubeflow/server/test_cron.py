"""What Kubeflow is given for what a user writes."""

import pytest

from pipeline.kubeflow.server.cron import InvalidCron, cron_with_seconds


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("0 3 * * *", "0 0 3 * * *"),
        ("  */15   8-18 * *  mon-fri ", "0 */15 8-18 * * mon-fri"),
        ("30 0 3 ? * 1", "30 0 3 ? * 1"),
        ("0 5/20 0 1,15 JAN,jul *", "0 5/20 0 1,15 JAN,jul *"),
        ("0 0 29 2 *", "0 0 0 29 2 *"),
        ("0 0 31 2 mon", "0 0 0 31 2 mon"),
        ("0 0 31 2,3 *", "0 0 0 31 2,3 *"),
        ("@daily", "@daily"),
        ("@every 1h30m", "@every 1h30m"),
    ],
)
def test_usable(written, sent):
    assert cron_with_seconds(written) == sent


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "0 fields"),
        ("0 3 * *", "4 fields; write five"),
        ("0 0 0 3 * * *", "7 fields"),
        ("60 3 * * *", "'60' is no minute: they go from 0 to 59"),
        ("0 24 * * *", "'24' is no hour"),
        ("0 0 0 * *", "'0' is no day of month: they go from 1 to 31"),
        ("0 0 * 13 *", "'13' is no month"),
        ("0 0 * * 7", "'7' is no day of week: they go from 0 to 6, Sunday is 0"),
        ("0 0 * * monday", "'monday' is no day of week"),
        ("61 0 0 * * *", "'61' is no second"),
        ("*/0 * * * *", r"'\*/0' is no minute"),
        ("30-10 * * * *", "'30-10' is no minute"),
        ("1-2-3 * * * *", "'2-3' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
        ("-5 * * * *", "'' is no minute"),
        ("*-5 * * * *", r"'\*' is no minute"),
        ("٣ * * * *", "'٣' is no minute"),
        ("0 0 30 2 *", "never comes: day 30 of month 2"),
        ("0 0 31 4,6,9,11 ?", "never comes"),
        ("@fortnightly", "'@fortnightly' is none of @yearly"),
        ("@every", "is none of"),
        ("@every 0h", "is none of"),
        ("@every soon", "is none of"),
    ],
)
def test_refused(written, said):
    with pytest.raises(InvalidCron, match=said):
        cron_with_seconds(written)
