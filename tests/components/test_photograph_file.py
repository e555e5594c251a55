import pytest

from components.photograph_file import read_photograph_file
from components.quarantine import Reason, UnusablePhotograph


def test_it_returns_what_the_file_holds(tmp_path):
    path = tmp_path / "räd cår_01.jpg"
    path.write_bytes(b"\xff\xd8\x00\r\n")

    assert read_photograph_file(str(path)) == b"\xff\xd8\x00\r\n"


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(UnusablePhotograph, match="car_01.jpg: ") as raised:
        read_photograph_file(str(tmp_path / "car_01.jpg"))

    assert raised.value.reason is Reason.UNREADABLE
