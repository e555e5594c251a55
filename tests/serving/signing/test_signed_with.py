import pytest

from serving.signing.signed_with import is_signed_with
from serving.signing.signer import sign_version


@pytest.fixture
def version(tmp_path):
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


def test_only_the_key_that_signed_it(version, key_pair):
    ours, other = key_pair(), key_pair()
    assert not is_signed_with(version, ours.private)
    sign_version(version, ours.private)
    assert is_signed_with(version, ours.private)
    assert not is_signed_with(version, other.private)


def test_not_what_was_changed_since(version, key_pair):
    ours = key_pair()
    sign_version(version, ours.private)
    (version / "saved_model.pb").write_bytes(b"grapf")
    assert not is_signed_with(version, ours.private)


def test_a_key_that_is_none(version, tmp_path):
    with pytest.raises(FileNotFoundError):
        is_signed_with(version, tmp_path / "gone.key")
    (tmp_path / "signing.key").write_text("no key")
    with pytest.raises(ValueError, match="PEM|key"):
        is_signed_with(version, tmp_path / "signing.key")
