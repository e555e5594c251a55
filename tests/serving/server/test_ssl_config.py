"""The file of --ssl_config_file."""

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.ssl_config import read_ssl_config
from serving.server.ssl_options import SslOptions


@pytest.fixture
def read(tmp_path):
    def from_text(text):
        path = tmp_path / "ssl.pbtxt"
        path.write_text(text)
        return read_ssl_config(path)

    return from_text


def test_key_certificate_and_authority(read):
    options = read(
        r"""
        server_key: "KEY\n"
          "more\n"
        server_cert: "CERT\n"
        custom_ca: "CA\n"
        client_verify: true
        """
    )
    assert options == SslOptions("KEY\nmore\n", "CERT\n", "CA\n", True)


def test_clients_need_no_certificate_unless_it_says_so(read):
    assert read('server_key: "K" server_cert: "C"') == SslOptions("K", "C", "", False)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ('server_cert: "C"', "has no server_key"),
        ('server_key: "K"', "has no server_cert"),
        ('server_key: "K" server_cert: "C" client_verify: true', "but no custom_ca"),
    ],
)
def test_what_is_missing_is_named(read, tmp_path, text, missing):
    with pytest.raises(ServingError, match=missing) as caught:
        read(text)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message.startswith(str(tmp_path / "ssl.pbtxt"))
