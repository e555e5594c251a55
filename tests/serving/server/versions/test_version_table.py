"""Lending versions, and freeing them only when nobody holds them."""

import threading

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.versions.version_table import VersionTable
from serving.version_status import VersionState, VersionStatus


class _Loaded:
    """Stands in for a Servable: a table only lends it."""

    def __init__(self, version):
        self.version = version


@pytest.fixture
def table():
    table = VersionTable("mask")
    for version in (3, 12):
        table.set(VersionStatus(version, VersionState.AVAILABLE), _Loaded(version))
    return table


def test_the_newest_is_lent_unless_a_version_is_named(table):
    with table.borrow() as newest, table.borrow(3) as named:
        assert (newest.version, named.version) == (12, 3)


def test_what_is_not_there_is_not_lent(table):
    with pytest.raises(ServingError) as caught, table.borrow(9):
        pass
    assert caught.value.code is StatusCode.NOT_FOUND
    assert caught.value.message == "Servable not found for request: Specific(mask, 9)"
    with pytest.raises(ServingError) as caught, VersionTable("empty").borrow():
        pass
    assert caught.value.message == "Servable not found for request: Latest(empty)"


@pytest.mark.parametrize("state", [state for state in VersionState if state.name != "AVAILABLE"])
def test_only_an_available_version_is_lent(table, state):
    table.set(VersionStatus(12, state))
    with table.borrow() as newest:
        assert newest.version == 3
    with pytest.raises(ServingError, match="Specific"), table.borrow(12):
        pass
    assert table.available() == [3]


def test_a_version_is_taken_back_when_the_last_borrower_returns_it(table):
    taken = []
    with table.borrow() as first:
        with table.borrow() as second:
            table.set(VersionStatus(12, VersionState.UNLOADING))
            taking = threading.Thread(target=lambda: taken.append(table.take_back(12)))
            taking.start()
            with table.borrow() as after:
                assert after.version == 3
            assert first is second
        taking.join(timeout=0.1)
        assert not taken
    taking.join(timeout=10)
    assert taken == [first]


def test_a_borrower_that_fails_gives_back_too(table):
    with pytest.raises(RuntimeError, match="request"), table.borrow(12):
        raise RuntimeError("request")
    table.set(VersionStatus(12, VersionState.UNLOADING))
    assert table.take_back(12).version == 12


def test_every_version_seen_stays_in_the_statuses_newest_first(table):
    error = ServingError(StatusCode.DATA_LOSS, "damaged")
    table.set(VersionStatus(7, VersionState.END, error))
    table.set(VersionStatus(3, VersionState.END))
    assert table.statuses() == [
        VersionStatus(12, VersionState.AVAILABLE),
        VersionStatus(7, VersionState.END, error),
        VersionStatus(3, VersionState.END),
    ]


def test_changes_are_told_with_the_name_of_the_model():
    seen = []
    table = VersionTable("mask", lambda name, status: seen.append((name, status.state.name)))
    table.set(VersionStatus(1, VersionState.LOADING))
    table.set(VersionStatus(1, VersionState.AVAILABLE), _Loaded(1))
    assert seen == [("mask", "LOADING"), ("mask", "AVAILABLE")]
