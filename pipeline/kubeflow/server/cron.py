"""Checks a cron expression before it is sent to Kubeflow Pipelines.

Kubeflow's cron begins with the second. It also takes five fields, and then reads the minute as the
second: ``0 3 * * *``, meant as three in the morning, would start a run at 3 past every hour. So
five fields are read here as everywhere else, and get a second.

The language is that of robfig/cron 1 (https://pkg.go.dev/github.com/robfig/cron), which Kubeflow
uses.
"""

import calendar
import re
from typing import Final, NamedTuple


class InvalidCron(ValueError):
    """A cron expression that Kubeflow would refuse, or that never comes true."""


class _Field(NamedTuple):
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()


_MONTHS: Final = tuple(name.lower() for name in calendar.month_abbr[1:])
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY_OF_MONTH: Final = 3
_MONTH: Final = 4
_DAY_OF_WEEK: Final = 5
_FIELDS: Final = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)
_DESCRIPTORS: Final = (
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
)
# Go's durations, of whole units.
_EVERY: Final = re.compile(r"@every (?=\d)(\d+h)?(\d+m)?(\d+s)?")
# The longest each month can be.
_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def cron_with_seconds(text: str) -> str:
    """Returns the expression that means to Kubeflow what ``text`` means to cron.

    Args:
        text: Five fields (minute, hour, day of month, month, day of week), six (second first), or
            ``@daily`` and the like, or ``@every 6h``.

    Returns:
        Six fields, with second 0 where there was none; or ``text`` if it begins with ``@``.

    Raises:
        InvalidCron: If Kubeflow would refuse it, or no day is meant by it; says which field.
    """
    text = " ".join(text.split())
    if text.startswith("@"):
        every = _EVERY.fullmatch(text)
        if text not in _DESCRIPTORS and not (every and re.search("[1-9]", text)):
            raise InvalidCron(
                f"{text!r} is none of {', '.join(_DESCRIPTORS)} and no '@every 6h' or '@every 30m'"
            )
        return text
    fields = text.split()
    if len(fields) not in (5, 6):
        raise InvalidCron(
            f"{text!r} has {len(fields)} fields; write five (minute, hour, day of month, month, "
            "day of week) or six (second first), e.g. '0 3 * * *' for 3:00 every day"
        )
    fields = fields if len(fields) == 6 else ["0", *fields]
    meant = [_values(part, field) for part, field in zip(fields, _FIELDS, strict=True)]
    # With both days given, one of them suffices; a day of the week comes in every month.
    every_weekday = fields[_DAY_OF_WEEK][0] in "*?"
    if every_weekday and not any(
        min(meant[_DAY_OF_MONTH]) <= _LENGTHS[month - 1] for month in meant[_MONTH]
    ):
        raise InvalidCron(
            f"{text!r} never comes: day {fields[_DAY_OF_MONTH]} of month {fields[_MONTH]}"
        )
    return " ".join(fields)


def _values(text: str, field: _Field) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        low, dash, high = span.partition("-")
        step = _number(step_text, field) if slash else 1
        if low in ("*", "?") and not dash:
            first, last = field.lowest, field.highest
        else:
            first = _number(low, field)
            # As robfig/cron reads it, 5/15 is 5-59/15.
            last = _number(high, field) if dash else (field.highest if slash else first)
        if not field.lowest <= first <= last <= field.highest or step < 1:
            raise InvalidCron(
                f"{part!r} is no {field.name}: they go from {field.lowest} to {field.highest}"
                + (", Sunday is 0" if field.names is _DAYS else "")
            )
        found.update(range(first, last + 1, step))
    return found


def _number(text: str, field: _Field) -> int:
    if text.lower() in field.names:
        return field.names.index(text.lower()) + field.lowest
    if not re.fullmatch("[0-9]{1,4}", text):
        raise InvalidCron(f"{text!r} is no {field.name}")
    return int(text)
