import pytest

from components.photograph_file import read_photograph_file
from components.quarantine import Reason, UnusablePhotograph
from tests.components.memory_file_system import MemoryFileSystem


def test_it_returns_what_the_file_holds(tmp_path):
    path = tmp_path / "räd cår_01.jpg"
    path.write_bytes(b"\xff\xd8\x00\r\n")

    assert read_photograph_file(str(path)) == b"\xff\xd8\x00\r\n"


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(UnusablePhotograph, match="car_01.jpg: ") as raised:
        read_photograph_file(str(tmp_path / "car_01.jpg"))

    assert raised.value.reason is Reason.UNREADABLE


@pytest.mark.parametrize(
    ("error", "detail"),
    [(LookupError("404:\n no such object"), "404: no such object"), (LookupError(), "LookupError")],
)
def test_a_store_may_raise_what_its_client_does(monkeypatch, error, detail):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(MemoryFileSystem, "open", fail)
    with pytest.raises(UnusablePhotograph) as raised:
        read_photograph_file("memory://box/car_01.jpg")
    assert raised.value.reason is Reason.UNREADABLE
    assert raised.value.detail == f"car_01.jpg: {detail}"
