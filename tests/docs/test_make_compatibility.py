"""The README's table of what the tests passed on."""

import json

import pytest

from docs.make_compatibility import README, RECORDS, merge, table, with_table

LIBRARIES = {"tfx": "1.21.0", "tensorflow": "2.21.0", "keras": "3.15.1", "apache-beam": "2.77.0"}


def record(**changes):
    return {
        "system": "Debian 13",
        "machine": "x86_64",
        "libc": "glibc 2.41",
        "python": "3.13.5",
        "versions": LIBRARIES,
        "tests": "not cluster",
        "passed": 12,
        "skipped": 0,
        "failed": 0,
        "date": "2026-01-02",
    } | changes


def test_a_row_says_where_with_what_and_how_it_went():
    assert table([record(skipped=2, failed=1)]).splitlines()[-1] == (
        "| Debian 13, glibc 2.41, x86_64 | 3.13.5 | 1.21.0 | 2.21.0 | 3.15.1 | 2.77.0 "
        "| `make test`: 12 passed, 1 failed, 2 skipped | 2026-01-02 |"
    )


def test_the_newer_record_takes_the_place_of_the_one_before():
    old = record(passed=11)
    new = record(python="3.13.9", date="2026-02-02")
    other_python = record(python="3.9.1")
    other_tests = record(tests="cluster")
    assert merge([old, other_python], [new, other_tests]) == [other_python, other_tests, new]
    assert merge([new, other_tests], [old, other_python]) == [other_python, other_tests, new]


@pytest.mark.parametrize(
    ("stays", "goes"),
    [
        ({"date": "2026-02-02"}, {"date": "2026-01-01"}),
        ({"date": "2026-02-02", "python": "3.13.5"}, {"date": "2026-01-01", "python": "3.13.10"}),
        ({"python": "3.13.10"}, {"python": "3.13.5"}),
    ],
)
def test_the_newest_record_stays_in_whatever_order_they_come(stays, goes):
    stays, goes = record(**stays), record(**goes)
    assert merge([stays], [goes]) == merge([goes], [stays]) == [stays]
    assert merge([], [stays, goes]) == merge([], [goes, stays]) == [stays]


def test_of_the_same_day_the_new_record_is_taken():
    assert merge([record(passed=11)], [record(passed=13)]) == [record(passed=13)]


def test_each_system_and_machine_has_its_row():
    records = [
        record(system="Debian 9"),
        record(machine="aarch64"),
        record(machine="x86_64"),
        record(system="Ubuntu 24.04"),
    ]
    assert merge([], records[::-1]) == records


def test_only_the_table_is_replaced():
    readme = "before\n<!-- Written by make compatibility. -->\nold\n<!-- Until here. -->\nafter\n"
    replaced = with_table(readme, [record()])
    assert replaced.startswith("before\n<!-- Written by make compatibility. -->\n| system |")
    assert replaced.endswith("2026-01-02 |\n<!-- Until here. -->\nafter\n")
    assert with_table(replaced, [record()]) == replaced
    with pytest.raises(ValueError, match="lacks the lines"):
        with_table("nothing", [])


def test_the_readme_shows_the_records():
    records = json.loads(RECORDS.read_text())
    assert table(records) in README.read_text()
    assert all(each["passed"] > 0 for each in records)
