import base64
import json
import shutil
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tfx import v1 as tfx
from tfx.utils import io_utils, proto_utils

from components.atomic_pusher import PRIVATE_KEY, AtomicPusherExecutor
from serving.signing.verifier import signature_verifier

NOW = 1_700_000_000
MODEL_FILES = {
    "saved_model.pb": b"graph",
    "variables/variables.index": b"index",
    "assets.extra/tf_serving_warmup_requests": b"requests",
}


@pytest.fixture
def checked(artifact):
    """An InfraBlessing artifact as ServerCheck leaves it."""
    blessing = artifact(tfx.types.standard_artifacts.InfraBlessing, "infra_blessing")
    blessing.set_int_custom_property("blessed", 1)
    blessing.set_int_custom_property("has_model", 1)
    folder = Path(blessing.uri, "stamped_model")
    for name, content in MODEL_FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return blessing


@pytest.fixture
def base(tmp_path):
    return tmp_path / "serving" / "mask"


@pytest.fixture
def push(checked, artifact, base, monkeypatch):
    """Pushes at a time; returns the PushedModel artifact."""

    def push(blessed=True, now=NOW, serves=True, key=None):
        monkeypatch.setattr(time, "time", lambda: now + 0.5)
        blessing = artifact(tfx.types.standard_artifacts.ModelBlessing, "blessing")
        blessing.set_int_custom_property("blessed", int(blessed))
        if not serves:
            checked.set_int_custom_property("blessed", 0)
            checked.set_int_custom_property("has_model", 0)
            shutil.rmtree(Path(checked.uri, "stamped_model"))
        pushed = artifact(tfx.types.standard_artifacts.PushedModel, f"pushed{now}")
        destination = tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(base))
        )
        AtomicPusherExecutor().Do(
            {"model_blessing": [blessing], "infra_blessing": [checked]},
            {"pushed_model": [pushed]},
            {
                "push_destination": proto_utils.proto_to_json(destination),
                "custom_config": json.dumps({PRIVATE_KEY: str(key)} if key else {}),
            },
        )
        return pushed

    return push


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_blessed_model_becomes_a_whole_version(push, base):
    pushed = push()
    assert [path.name for path in base.iterdir()] == [str(NOW)]
    assert files(base / str(NOW)) == MODEL_FILES
    assert files(Path(pushed.uri)) == MODEL_FILES
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_destination") == str(base / str(NOW))
    assert pushed.get_string_custom_property("pushed_version") == str(NOW)


def test_a_rejected_model_is_not_pushed(push, base):
    pushed = push(blessed=False)
    assert list(base.iterdir()) == []
    assert pushed.get_int_custom_property("pushed") == 0
    assert not pushed.get_string_custom_property("pushed_destination")


def test_a_model_that_its_server_rejected_is_not_pushed(push, base):
    pushed = push(serves=False)
    assert list(base.iterdir()) == []
    assert pushed.get_int_custom_property("pushed") == 0


def test_a_rejected_model_leaves_the_served_versions_alone(push, base):
    push()
    push(blessed=False, now=NOW + 9)
    assert [path.name for path in base.iterdir()] == [str(NOW)]
    assert files(base / str(NOW)) == MODEL_FILES


def test_what_a_killed_push_left_is_cleaned(push, base):
    stale = base / ".incoming" / str(NOW)
    stale.mkdir(parents=True)
    (stale / "half").write_bytes(b"half a file")
    push()
    assert [path.name for path in base.iterdir()] == [str(NOW)]
    assert files(base / str(NOW)) == MODEL_FILES


@pytest.mark.parametrize("copy", ["copy_dir", "copy_file"])
def test_a_push_killed_half_way_leaves_no_version(push, base, monkeypatch, copy):
    class KilledError(BaseException):
        pass

    def killed(source, destination, *args, **kwargs):
        Path(destination).parent.mkdir(parents=True, exist_ok=True)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(io_utils, copy, killed)
        with pytest.raises(KilledError):
            push()
    assert [path.name for path in base.iterdir()] == [".incoming"]
    push(now=NOW + 1)
    assert [path.name for path in base.iterdir()] == [str(NOW + 1)]
    assert files(base / str(NOW + 1)) == MODEL_FILES


@pytest.mark.parametrize("now", [NOW, NOW - 3600])
def test_versions_rise_even_if_the_clock_does_not(push, base, now):
    push()
    assert push(now=now).get_string_custom_property("pushed_version") == str(NOW + 1)
    assert {path.name for path in base.iterdir()} == {str(NOW), str(NOW + 1)}
    assert files(base / str(NOW + 1)) == MODEL_FILES


def test_names_that_are_no_versions_do_not_count(push, base):
    for name in ("v99999999999", "99999999999.bak", ".99999999999"):
        (base / name).mkdir(parents=True)
    assert push().get_string_custom_property("pushed_version") == str(NOW)


class TestSigning:
    @pytest.fixture
    def keys(self, tmp_path):
        private, public = tmp_path / "signing.key", tmp_path / "signing.pub"
        key = ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        private.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        public.write_bytes(
            key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        return private, public

    def test_the_signature_covers_the_pushed_version_and_the_archived_one(self, push, base, keys):
        private, public = keys
        pushed = push(key=private)
        version = base / str(NOW)
        assert files(version).keys() == MODEL_FILES.keys() | {"model.sig"}
        assert files(Path(pushed.uri)) == files(version)
        verify = signature_verifier(public)
        verify(version)
        verify(Path(pushed.uri))
        (version / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"others")
        with pytest.raises(Exception, match="changed assets.extra/tf_serving_warmup_requests"):
            verify(version)

    def test_it_names_the_version_even_if_the_clock_went_back(self, push, base, keys):
        push(key=keys[0])
        push(key=keys[0], now=NOW - 9)
        bundle = json.loads((base / str(NOW + 1) / "model.sig").read_text())
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        assert statement["subject"][0]["name"] == str(NOW + 1)
        signature_verifier(keys[1])(base / str(NOW + 1))

    def test_without_its_key_nothing_is_pushed_and_the_next_push_cleans_up(
        self, push, base, tmp_path
    ):
        with pytest.raises(FileNotFoundError):
            push(key=tmp_path / "gone.key")
        assert [path.name for path in base.iterdir()] == [".incoming"]
        push(now=NOW + 1)
        assert [path.name for path in base.iterdir()] == [str(NOW + 1)]

    def test_a_bucket_cannot_be_signed_in(self, checked):
        destination = tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory="gs://bucket/mask")
        )
        properties = {
            "push_destination": proto_utils.proto_to_json(destination),
            "custom_config": json.dumps({PRIVATE_KEY: "/keys/signing.key"}),
        }
        with pytest.raises(ValueError, match="cannot be signed in gs://bucket/mask: push to a fo"):
            AtomicPusherExecutor().Do({"infra_blessing": [checked]}, {}, properties)

    def test_a_rejected_model_needs_no_key(self, push, base, tmp_path):
        push(blessed=False, key=tmp_path / "gone.key")
        assert list(base.iterdir()) == []
