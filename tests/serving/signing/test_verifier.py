import base64
import json
import shutil

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.embedded_server import EmbeddedServer
from serving.signing.signer import SIGNATURE_FILE, sign_version
from serving.signing.verifier import signature_verifier
from serving.version_status import VersionState


@pytest.fixture
def signed(version, keys):
    sign_version(version, keys.private)
    return version


@pytest.fixture
def refusal(keys):
    """Returns with what a version is refused."""

    def refusal(version, public_key=None):
        with pytest.raises(ServingError) as refused:
            signature_verifier(public_key or keys.public)(version)
        return refused.value.code, refused.value.message

    return refusal


def test_what_was_signed_passes(signed, keys):
    signature_verifier(keys.public)(signed)


def test_it_passes_in_another_place_and_under_another_name(signed, keys, tmp_path):
    moved = shutil.copytree(signed, tmp_path / "elsewhere" / "18")
    signature_verifier(keys.public)(moved)


def test_an_unsigned_version(version, refusal):
    code, text = refusal(version)
    assert code is StatusCode.FAILED_PRECONDITION
    assert text.startswith(f"{version} is not signed: it holds no model.sig. Push it anew")


def test_another_key(signed, refusal, key_pair):
    other = key_pair().public
    code, text = refusal(signed, other)
    assert code is StatusCode.FAILED_PRECONDITION
    assert text == f"{signed} is signed, but not with the key that {other} belongs to."


def test_a_version_that_somebody_else_signed(version, refusal, key_pair):
    sign_version(version, key_pair().private)
    assert refusal(version)[0] is StatusCode.FAILED_PRECONDITION


def _change(version):
    (version / "saved_model.pb").write_bytes(b"other")


def _flip_a_bit(version):
    (version / "variables" / "variables.index").write_bytes(b"indey")


def _remove(version):
    (version / "variables" / "variables.index").unlink()


def _add(version):
    (version / "assets.extra").mkdir()
    (version / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"")


def _add_what_git_ignores(version):
    (version / ".git").mkdir()
    (version / ".git" / "config").write_bytes(b"")


def _rename(version):
    (version / "saved_model.pb").rename(version / "saved_model.pbtxt")


def _link(version):
    (version / "saved_model.pb").rename(version.parent / "outside.pb")
    (version / "saved_model.pb").symlink_to(version.parent / "outside.pb")


@pytest.mark.parametrize(
    ("alter", "what"),
    [
        (_change, "changed saved_model.pb"),
        (_flip_a_bit, "changed variables/variables.index"),
        (_remove, "missing variables/variables.index"),
        (_add, "added assets.extra/tf_serving_warmup_requests"),
        (_add_what_git_ignores, "added .git/config"),
        (_rename, "missing saved_model.pb; added saved_model.pbtxt"),
    ],
)
def test_what_was_altered_is_named(signed, refusal, alter, what):
    alter(signed)
    code, text = refusal(signed)
    assert code is StatusCode.DATA_LOSS
    assert text == f"{signed} is not as it was signed: {what}."


def test_a_link_in_place_of_a_file_is_refused_whatever_it_points_to(signed, refusal):
    _link(signed)
    code, text = refusal(signed)
    assert code is StatusCode.DATA_LOSS
    assert "saved_model.pb' because it is a symlink" in text


def test_many_differences_are_cut(signed, refusal):
    for number in range(8):
        (signed / f"{number}").write_bytes(b"")
    assert refusal(signed)[1].endswith("added 0, 1, 2, 3, 4 and 3 more.")


def _forge(signed, edit):
    """Rewrites the statement and keeps the signature."""
    path = signed / SIGNATURE_FILE
    bundle = json.loads(path.read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    edit(statement["predicate"])
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    bundle["dsseEnvelope"]["payload"] = payload
    path.write_text(json.dumps(bundle))


def test_a_forged_statement(signed, refusal):
    # The files are as the statement says; only the signature is not.
    _remove(signed)
    _forge(signed, lambda predicate: predicate["resources"].pop())
    code, text = refusal(signed)
    assert code is StatusCode.DATA_LOSS
    assert text.startswith(f"{signed / 'model.sig'} was altered: it is not what the key ")


def test_a_forged_list_of_files_to_pass_over(signed, refusal):
    _change(signed)
    _forge(
        signed,
        lambda predicate: predicate["serialization"].update(ignore_paths=["saved_model.pb"]),
    )
    assert refusal(signed)[0] is StatusCode.DATA_LOSS


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"null", b"\xff\xfe"])
def test_a_damaged_signature(signed, refusal, content):
    (signed / SIGNATURE_FILE).write_bytes(content)
    code, text = refusal(signed)
    assert code is StatusCode.DATA_LOSS
    assert text.startswith(f"{signed} is not as it was signed: ")


def test_a_key_that_cannot_be_used_is_said_at_once(tmp_path):
    with pytest.raises(ServingError) as refused:
        signature_verifier(tmp_path / "no.pub")
    assert refused.value.code is StatusCode.INVALID_ARGUMENT
    assert "cannot read the public key" in refused.value.message


def test_a_key_that_went_away_lets_nothing_pass(signed, keys, tmp_path):
    public = shutil.copy(keys.public, tmp_path / "signing.pub")
    verify = signature_verifier(public)
    verify(signed)
    public.unlink()
    with pytest.raises(ServingError, match="INVALID_ARGUMENT: cannot read the public key"):
        verify(signed)


def test_a_server_refuses_what_was_altered_and_keeps_the_old_version(
    affine_models, keys, push, tmp_path, eventually
):
    base = tmp_path / "served" / "affine"
    base.mkdir(parents=True)

    def arrive(version, alter=lambda directory: None):
        prepared = shutil.copytree(affine_models[version], tmp_path / f"{version}")
        sign_version(prepared, keys.private)
        alter(prepared)
        push(prepared, base / str(version))

    arrive(1)
    with EmbeddedServer(
        base,
        "affine",
        verify=signature_verifier(keys.public),
        file_system_poll_wait_seconds=0.05,
        max_num_load_retries=0,
    ) as server:

        def states():
            return {each.version: each for each in server.models.statuses("affine")}

        def flip(directory):
            path = directory / "saved_model.pb"
            path.write_bytes(path.read_bytes() + b"\0")

        arrive(2, flip)
        eventually(lambda: 2 in states() and states()[2].error is not None)
        assert states()[2].state is VersionState.END
        assert states()[2].error.code is StatusCode.DATA_LOSS
        assert "changed saved_model.pb" in states()[2].error.message
        assert states()[1].state is VersionState.AVAILABLE

        arrive(3)
        eventually(lambda: 3 in states() and states()[3].state is VersionState.AVAILABLE)
