import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.folder_files import UnusableFolder
from components.span_pattern import SpanPattern, is_span_pattern, may_fit, with_wildcards


@pytest.mark.parametrize(
    ("text", "base", "names"),
    [
        ("span-{SPAN}", "", ("span-{SPAN}",)),
        ("photos/span-{SPAN}/", "photos", ("span-{SPAN}",)),
        ("/{SPAN}", "/", ("{SPAN}",)),
        ("/a/{SPAN:3}/v{VERSION}/kaggle", "/a", ("{SPAN:3}", "v{VERSION}", "kaggle")),
        ("gs://b/p/{YYYY}/{MM}-{DD}", "gs://b/p", ("{YYYY}", "{MM}-{DD}")),
    ],
)
def test_a_pattern_is_taken_apart(text, base, names):
    pattern = SpanPattern.parse(text)
    assert (pattern.base, pattern.names) == (base, names)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("{SPAN}", "007", (7, None)),
        ("span-{SPAN:3}", "span-012", (12, None)),
        ("{SPAN}/v{VERSION}", "3/v10", (3, 10)),
        ("v{VERSION}/{SPAN}", "v10/3", (3, 10)),
        ("{SPAN:2}{VERSION}", "0345", (3, 45)),
        ("{YYYY}{MM}{DD}", "19700102", (1, None)),
        ("{DD}.{MM}.{YYYY}-{VERSION}", "01.03.2024-2", (19783, 2)),
        ("a.b[1]-{SPAN}", "a.b[1]-5", (5, None)),
    ],
)
def test_numbers_are_read(text, path, expected):
    assert SpanPattern.parse(text).span_and_version(path) == expected


@given(st.dates(datetime.date(1970, 1, 1)))
def test_the_span_of_a_date_is_that_of_tfx(date):
    from tfx.components.example_gen.utils import date_to_span_number

    pattern = SpanPattern.parse("{YYYY}-{MM}-{DD}")
    expected = date_to_span_number(date.year, date.month, date.day)
    assert pattern.span_and_version(date.isoformat()) == (expected, None)


@pytest.mark.parametrize(
    ("text", "path", "fault"),
    [
        ("span-{SPAN}", "span-old", "span-old is not numbered like that"),
        ("span-{SPAN}", "span-", "is not numbered"),
        ("span-{SPAN:3}", "span-12", "is not numbered"),
        ("span-{SPAN:3}", "span-1234", "is not numbered"),
        ("{SPAN}", "\u0663", "is not numbered"),
        ("{YYYY}-{MM}-{DD}", "2024-02-30", "2024-02-30 is no date: day is out of range"),
        ("{YYYY}-{MM}-{DD}", "1969-12-31", "lies before 1970-01-01"),
    ],
)
def test_wrong_numbers_are_refused(text, path, fault):
    with pytest.raises(UnusableFolder, match=f"^{re.escape(text)}: .*{re.escape(fault)}"):
        SpanPattern.parse(text).span_and_version(path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{SPN}", "{SPN} is no placeholder; there are {SPAN}, {VERSION}, {YYYY}, {MM}, {DD}"),
        ("{SPAN}/{SPAN}", "{SPAN} may stand there only once"),
        ("{SPAN}/{VERSION}{VERSION:2}", "{VERSION} may stand there only once"),
        ("{YYYY}-{MM}", "a date needs {YYYY}, {MM} and {DD}"),
        ("{SPAN}-{YYYY}-{MM}-{DD}", "no {SPAN} beside them"),
        ("v{VERSION}", "{VERSION} needs {SPAN} or a date beside it"),
        ("{SPAN}/*", "holds a *"),
        ("{SPAN:}", "{SPAN:} has no such width"),
        ("{SPAN:0}", "has no such width"),
        ("{SPAN:x}", "has no such width"),
        ("{YYYY:4}-{MM}-{DD}", "{YYYY:4} has no such width"),
        ("{SPAN}{VERSION}", "nothing tells where {SPAN} ends"),
        ("gs://{SPAN}/photos", "must not stand for the bucket"),
    ],
)
def test_bad_patterns_are_refused(text, fault):
    with pytest.raises(UnusableFolder, match=f"^{re.escape(text)}: .*{re.escape(fault)}"):
        SpanPattern.parse(text)


def test_is_span_pattern():
    assert is_span_pattern("photos/{SPAN:3}")
    assert is_span_pattern("photos/{SPN}")
    assert not is_span_pattern("photos/{2024}/{abc}")


def test_may_fit_and_wildcards():
    assert may_fit("span-old.x", "span-{SPAN}.x")
    assert not may_fit("span-1yx", "span-{SPAN}.x")
    assert with_wildcards("a{SPAN:3}-{VERSION}?", lambda text: text.replace("?", "[?]")) == (
        "a*-*[?]"
    )
