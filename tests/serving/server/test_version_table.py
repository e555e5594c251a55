"""Lending versions, and freeing them only when nobody holds them."""

import threading

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.version_status import VersionState, VersionStatus
from serving.server.version_table import VersionTable


class _Loaded:
    """Stands in for a Servable: a table only lends it and closes it."""

    def __init__(self, version):
        self.version = version
        self.is_closed = False

    def close(self):
        self.is_closed = True


@pytest.fixture
def table():
    table = VersionTable("mask")
    for version in (3, 12):
        table.set(VersionStatus(version, VersionState.AVAILABLE), _Loaded(version))
    return table


def test_the_newest_is_lent_unless_a_version_is_named(table):
    with table.borrow("mask") as newest, table.borrow("mask", 3) as named:
        assert (newest.version, named.version) == (12, 3)


@pytest.mark.parametrize(
    ("name", "version", "asked"),
    [
        ("nope", None, "Latest(nope)"),
        ("nope", 3, "Specific(nope, 3)"),
        ("mask", 9, "Specific(mask, 9)"),
    ],
)
def test_what_is_not_there_is_not_lent(table, name, version, asked):
    with pytest.raises(ServingError) as caught, table.borrow(name, version):
        pass
    assert caught.value.code is StatusCode.NOT_FOUND
    assert caught.value.message == f"Servable not found for request: {asked}"


def test_a_version_is_freed_when_the_last_borrower_gives_it_back(table):
    with table.borrow("mask") as first:
        with table.borrow("mask") as second:
            retirement = threading.Thread(target=table.retire, args=(12,))
            retirement.start()
            while table.statuses("mask", 12)[0].state is not VersionState.UNLOADING:
                pass
            with table.borrow("mask") as after:
                assert after.version == 3
            assert first is second
        assert not first.is_closed
    retirement.join(timeout=10)
    assert first.is_closed
    assert table.statuses("mask", 12) == [VersionStatus(12, VersionState.END)]
    with pytest.raises(ServingError, match="Specific"), table.borrow("mask", 12):
        pass


def test_a_borrower_that_fails_gives_back_too(table):
    with pytest.raises(RuntimeError, match="request"), table.borrow("mask"):
        raise RuntimeError("request")
    table.retire(12)


def test_every_version_seen_stays_in_the_statuses_newest_first(table):
    table.retire(3)
    states = [(status.version, status.state.name) for status in table.statuses("mask")]
    assert states == [(12, "AVAILABLE"), (3, "END")]
    assert [status.version for status in table.statuses("mask", 3)] == [3]


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("nope", None, "Could not find any versions of model nope"),
        ("mask", 9, "Could not find version 9 of model mask"),
    ],
)
def test_statuses_of_what_was_never_seen(table, name, version, message):
    with pytest.raises(ServingError) as caught:
        table.statuses(name, version)
    assert caught.value.code is StatusCode.NOT_FOUND
    assert caught.value.message == message


def test_changes_are_told_in_their_order():
    seen = []
    table = VersionTable("mask", seen.append)
    table.set(VersionStatus(1, VersionState.LOADING))
    table.set(VersionStatus(1, VersionState.AVAILABLE), _Loaded(1))
    table.retire(1)
    assert [status.state.name for status in seen] == ["LOADING", "AVAILABLE", "UNLOADING", "END"]
