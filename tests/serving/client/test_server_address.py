"""What a user may give as the address of a server."""

import pytest

from serving.client.server_address import ServerAddress
from serving.client.tls import Tls

_TLS = Tls(ca_file="ca.pem")


@pytest.mark.parametrize(
    ("given", "protocol", "target", "tls"),
    [
        ((None,), "grpc", "127.0.0.1:8500", None),
        ((None, "rest"), "rest", "http://127.0.0.1:8501", None),
        (("host:9",), "grpc", "host:9", None),
        (("host:9", "grpc", _TLS), "grpc", "host:9", _TLS),
        (("unix:/run/model.sock",), "grpc", "unix:/run/model.sock", None),
        (("host:9", "rest"), "rest", "http://host:9", None),
        (("host:9", "rest", _TLS), "rest", "https://host:9", _TLS),
        (("[::1]:9", "rest"), "rest", "http://[::1]:9", None),
        (("http://host:9/",), "rest", "http://host:9", None),
        (("https://host/masks/", "grpc"), "rest", "https://host/masks", Tls()),
        (("https://host", "rest", _TLS), "rest", "https://host", _TLS),
    ],
)
def test_an_address(given, protocol, target, tls):
    address = ServerAddress.resolve(*given)
    assert address == ServerAddress(protocol, target, tls)
    assert str(address) == target


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("ftp://host:9",), "ftp://host:9 is no address of a model server"),
        (("http://",), "is no address"),
        (("http://host:9?x=1",), "is no address"),
        (("http://host:port",), "is no address"),
        (("http://host:9", "rest", _TLS), "write https, or give no tls"),
        (("host:9", "thrift"), "protocol is 'thrift': use 'grpc' or 'rest'"),
    ],
)
def test_what_is_no_address(given, text):
    with pytest.raises(ValueError, match=text):
        ServerAddress.resolve(*given)


@pytest.mark.parametrize(
    ("target", "is_loopback"),
    [
        ("127.0.0.1:8500", True),
        ("localhost:8500", True),
        ("[::1]:8500", True),
        ("http://127.0.0.1:8501", True),
        ("https://localhost:8501", True),
        ("http://localhost", True),
        ("unix:/run/model.sock", True),
        ("masks.studio:8500", False),
        ("http://masks.studio/127.0.0.1:1", False),
        ("localhost.studio:8500", False),
    ],
)
def test_no_proxy_stands_before_this_machine(target, is_loopback):
    assert ServerAddress.resolve(target).is_loopback is is_loopback
