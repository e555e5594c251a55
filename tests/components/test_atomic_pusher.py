import base64
import json
import shutil
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tfx import v1 as tfx
from tfx.dsl.io import filesystem_registry
from tfx.utils import io_utils, proto_utils

from components.atomic_pusher import (
    MODEL_CARD,
    PRIVATE_KEY,
    AtomicPusher,
    AtomicPusherExecutor,
)
from components.model_card_files import ModelCardFiles
from components.withdrawn_models import REFUSED
from serving import MaskClient
from serving.rollback.files import LocalFiles
from serving.rollback.version_history import VersionHistory
from serving.server.embedded_server import EmbeddedServer
from serving.signing.verifier import signature_verifier
from tests.components.bucket_filesystem import SCHEME, bucket_filesystem

NOW = 1_700_000_000
MODEL_FILES = {
    "saved_model.pb": b"graph",
    "variables/variables.index": b"index",
    "assets.extra/tf_serving_warmup_requests": b"requests",
}
CARD = {"model_card.md": b"# a card", "model_card.json": b"{}"}


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


def fitted_anew(checked):
    Path(checked.uri, "stamped_model", "saved_model.pb").write_bytes(b"another")


@pytest.fixture
def base(tmp_path):
    return tmp_path / "serving" / "mask"


@pytest.fixture
def push(checked, artifact, base, monkeypatch):
    """Pushes at a time; returns the PushedModel artifact."""

    def push(blessed=True, now=NOW, serves=True, key=None, card=None, destination=base):
        blessing = artifact(tfx.types.standard_artifacts.ModelBlessing, "blessing")
        blessing.set_int_custom_property("blessed", int(blessed))
        if not serves:
            checked.set_int_custom_property("blessed", 0)
            checked.set_int_custom_property("has_model", 0)
            shutil.rmtree(Path(checked.uri, "stamped_model"))
        pushed = artifact(tfx.types.standard_artifacts.PushedModel, f"pushed{now}")
        destination = tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(destination))
        )
        inputs = {"model_blessing": [blessing], "infra_blessing": [checked]}
        if card is not None:
            inputs[MODEL_CARD] = [artifact(ModelCardFiles, "card")]
            for name, content in card.items():
                Path(inputs[MODEL_CARD][0].uri, name).write_bytes(content)
        properties = {
            "push_destination": proto_utils.proto_to_json(destination),
            "custom_config": json.dumps({PRIVATE_KEY: str(key)} if key else {}),
        }
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: now + 0.5)
            AtomicPusherExecutor().Do(inputs, {"pushed_model": [pushed]}, properties)
        return pushed

    return push


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """A folder that TFX knows as ``bucket://``."""
    registry = filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY
    folder = tmp_path / "bucket"
    monkeypatch.setitem(registry._preferred_filesystem_by_scheme, SCHEME, bucket_filesystem(folder))
    return folder


@pytest.fixture
def eventually():
    """Waits until something becomes true."""

    def wait(condition):
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "it never became true"
            time.sleep(0.02)

    return wait


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestRollback:
    @pytest.fixture
    def history(self, push, checked, base):
        """Of two pushed versions, the second taken back."""
        push()
        fitted_anew(checked)
        push(now=NOW + 9)
        history = VersionHistory(str(base), LocalFiles())
        history.roll_back(NOW, "bad", datetime.now(timezone.utc))
        return history

    def test_the_model_that_was_taken_back_is_not_pushed_again(self, push, history):
        pushed = push(now=NOW + 20, card=CARD)
        assert history.versions == (NOW,)
        assert pushed.get_int_custom_property("pushed") == 0
        assert pushed.get_string_custom_property("pushed_destination") == ""
        assert pushed.get_string_custom_property(REFUSED) == history.path(NOW + 9)

    def test_another_model_is_and_never_under_a_number_that_was_used(self, push, checked, history):
        Path(checked.uri, "stamped_model", "variables", "variables.index").write_bytes(b"third")
        # The clock went back.
        pushed = push(now=NOW + 5)
        assert history.versions == (NOW, NOW + 10)
        assert pushed.get_int_custom_property("pushed") == 1
        assert pushed.get_string_custom_property(REFUSED) == ""

    def test_once_restored_it_counts_as_the_pushed_one(self, push, history):
        history.restore(NOW + 9)
        pushed = push(now=NOW + 20)
        assert history.versions == (NOW, NOW + 9)
        assert pushed.get_string_custom_property("pushed_version") == str(NOW + 9)


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
def test_versions_rise_even_if_the_clock_does_not(push, checked, base, now):
    push()
    fitted_anew(checked)
    assert push(now=now).get_string_custom_property("pushed_version") == str(NOW + 1)
    assert {path.name for path in base.iterdir()} == {str(NOW), str(NOW + 1)}
    assert files(base / str(NOW)) == MODEL_FILES
    assert files(base / str(NOW + 1)) == {**MODEL_FILES, "saved_model.pb": b"another"}


def test_what_is_served_already_is_not_pushed_again(push, base):
    # As after a push that was killed before ML Metadata heard of it.
    push()
    again = push(now=NOW + 1)
    assert again.get_string_custom_property("pushed_version") == str(NOW)
    assert again.get_string_custom_property("pushed_destination") == str(base / str(NOW))
    assert [path.name for path in base.iterdir()] == [str(NOW)]


def test_names_that_are_no_versions_do_not_count(push, base):
    for name in ("v99999999999", "99999999999.bak", ".99999999999"):
        (base / name).mkdir(parents=True)
    assert push().get_string_custom_property("pushed_version") == str(NOW)


@pytest.fixture
def new_keys(tmp_path):
    """Makes a key pair: the private file and the public one."""

    def make(name="signing"):
        private, public = tmp_path / f"{name}.key", tmp_path / f"{name}.pub"
        key = ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        private.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        public.write_bytes(
            key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        return private, public

    return make


class TestSigning:
    @pytest.fixture
    def keys(self, new_keys):
        return new_keys()

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

    def test_it_names_the_version_even_if_the_clock_went_back(self, push, checked, base, keys):
        push(key=keys[0])
        fitted_anew(checked)
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


class TestModelCard:
    def test_lies_beside_the_pushed_model_and_the_archived_one(self, push, base):
        pushed = push(card=CARD)
        assert files(base / str(NOW)) == MODEL_FILES | CARD
        assert files(Path(pushed.uri)) == MODEL_FILES | CARD
        assert pushed.get_string_custom_property("pushed_destination") == str(base / str(NOW))

    def test_a_rejected_model_is_not_pushed_with_one_either(self, push, base):
        push(blessed=False, card=CARD)
        assert list(base.iterdir()) == []

    @pytest.mark.parametrize("name", [*CARD, "rename"])
    def test_no_version_is_ever_without_it(self, push, base, monkeypatch, name):
        class KilledError(BaseException):
            pass

        copy_file, rename = io_utils.copy_file, tfx.dsl.io.fileio.rename

        def killed_copy(source, destination, *args, **kwargs):
            if Path(destination).name == name:
                raise KilledError
            copy_file(source, destination, *args, **kwargs)

        def killed_rename(source, destination, *args, **kwargs):
            if name == "rename":
                raise KilledError
            rename(source, destination, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(io_utils, "copy_file", killed_copy)
            patch.setattr(tfx.dsl.io.fileio, "rename", killed_rename)
            with pytest.raises(KilledError):
                push(card=CARD)
        assert [path.name for path in base.iterdir()] == [".incoming"]
        push(now=NOW + 1, card=CARD)
        assert [path.name for path in base.iterdir()] == [str(NOW + 1)]
        assert files(base / str(NOW + 1)) == MODEL_FILES | CARD

    def test_a_card_that_lacks_a_file_stops_the_push(self, push, base):
        with pytest.raises(FileNotFoundError, match=r"card/model_card\.json is missing"):
            push(card={"model_card.md": b"half a card"})
        assert [path.name for path in base.iterdir()] == [".incoming"]

    def test_the_signature_covers_it(self, push, base, new_keys):
        private, public = new_keys()
        pushed = push(key=private, card=CARD)
        version = base / str(NOW)
        assert files(version).keys() == MODEL_FILES.keys() | CARD.keys() | {"model.sig"}
        assert files(Path(pushed.uri)) == files(version)
        verify = signature_verifier(public)
        verify(version)
        verify(Path(pushed.uri))
        copied = shutil.copytree(version, base.parent / "elsewhere")
        verify(copied)
        (copied / "model_card.md").write_bytes(b"# a better card")
        with pytest.raises(Exception, match="changed model_card.md"):
            verify(copied)

    def test_the_same_model_with_the_same_card_is_not_pushed_again(self, push, base):
        push(card=CARD)
        pushed = push(now=NOW + 60, card=CARD)
        assert [path.name for path in base.iterdir()] == [str(NOW)]
        assert pushed.get_int_custom_property("pushed") == 1
        assert pushed.get_string_custom_property("pushed_version") == str(NOW)
        assert pushed.get_string_custom_property("pushed_destination") == str(base / str(NOW))
        assert files(Path(pushed.uri)) == MODEL_FILES | CARD

    def test_another_card_of_the_same_model_is_pushed(self, push, base):
        push(card=CARD)
        other = CARD | {"model_card.md": b"# b card"}
        push(now=NOW + 60, card=other)
        assert files(base / str(NOW)) == MODEL_FILES | CARD
        assert files(base / str(NOW + 60)) == MODEL_FILES | other

    def test_another_model_with_the_same_card_is_pushed(self, push, base, checked):
        push(card=CARD)
        Path(checked.uri, "stamped_model", "variables", "variables.index").write_bytes(b"INDEX")
        push(now=NOW + 60, card=CARD)
        assert {path.name for path in base.iterdir()} == {str(NOW), str(NOW + 60)}

    def test_what_is_not_the_newest_version_any_more_is_pushed_again(self, push, base):
        for now, card in ((NOW, CARD), (NOW + 1, CARD | {"model_card.md": b"b"}), (NOW + 2, CARD)):
            push(now=now, card=card)
        assert len(list(base.iterdir())) == 3

    def test_what_was_pushed_without_a_card_gets_one(self, push, base):
        push()
        push(now=NOW + 60, card=CARD)
        assert files(base / str(NOW + 60)) == MODEL_FILES | CARD

    def test_a_repeated_push_keeps_the_signature_of_the_same_key(self, push, base, new_keys):
        private, public = new_keys()
        push(key=private, card=CARD)
        pushed = push(key=private, now=NOW + 60, card=CARD)
        assert [path.name for path in base.iterdir()] == [str(NOW)]
        assert files(Path(pushed.uri)) == files(base / str(NOW))
        signature_verifier(public)(Path(pushed.uri))

    def test_in_a_bucket_too(self, push, bucket):
        pushed = push(card=CARD, destination="bucket://models/mask")
        assert files(bucket / "models/mask" / str(NOW)) == MODEL_FILES | CARD
        again = push(card=CARD, now=NOW + 60, destination="bucket://models/mask")
        other = push(card=CARD | {"model_card.md": b"b"}, destination="bucket://models/mask")
        assert [
            each.get_string_custom_property("pushed_destination") for each in (pushed, again, other)
        ] == [f"bucket://models/mask/{version}" for version in (NOW, NOW, NOW + 1)]
        assert {path.name for path in (bucket / "models/mask").iterdir()} == {
            str(NOW),
            str(NOW + 1),
        }

    @pytest.mark.parametrize(("first", "second"), [("a", "b"), (None, "a"), ("a", None)])
    def test_another_key_or_none_pushes_again(self, push, base, new_keys, first, second):
        keys = {"a": new_keys("a"), "b": new_keys("b"), None: (None, None)}
        push(key=keys[first][0], card=CARD)
        push(key=keys[second][0], now=NOW + 60, card=CARD)
        version = base / str(NOW + 60)
        assert (version / "model.sig").exists() == (second is not None)
        if second is not None:
            signature_verifier(keys[second][1])(version)

    def test_a_version_whose_signature_is_broken_is_pushed_again(self, push, base, new_keys):
        private, public = new_keys()
        push(key=private, card=CARD)
        (base / str(NOW) / "model.sig").write_bytes(b"{}")
        push(key=private, now=NOW + 60, card=CARD)
        signature_verifier(public)(base / str(NOW + 60))

    def test_a_server_loads_such_a_version_and_polls_on(
        self, push, base, checked, red_is_car, image_file, eventually
    ):
        stamped = Path(checked.uri, "stamped_model")
        shutil.rmtree(stamped)
        shutil.copytree(red_is_car(), stamped)
        push(card=CARD)
        changes = []
        with (
            EmbeddedServer(
                base,
                port=0,
                file_system_poll_wait_seconds=0.05,
                on_change=lambda _, change: changes.append((change.version, change.state.name)),
            ) as server,
            MaskClient(server.target) as client,
        ):
            assert client.mask(image_file()).startswith(b"\x89PNG")
            before = len(changes)
            push(now=NOW + 60, card=CARD)
            push(now=NOW + 61, card=CARD)
            assert len(changes) == before
            push(now=NOW + 62, card=CARD | {"model_card.md": b"# b card"})
            eventually(lambda: (NOW + 62, "AVAILABLE") in changes)
            eventually(lambda: (NOW, "END") in changes)
            assert client.mask(image_file()).startswith(b"\x89PNG")
        assert {version for version, _ in changes} == {NOW, NOW + 62}


class TestComponent:
    @pytest.fixture
    def destination(self, base):
        return tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(base))
        )

    def test_is_tfx_pusher_with_a_card(self, destination):
        blessing = tfx.dsl.Channel(type=tfx.types.standard_artifacts.InfraBlessing)
        card = tfx.dsl.Channel(type=ModelCardFiles)
        pusher = AtomicPusher(
            infra_blessing=blessing,
            model_card=card,
            push_destination=destination,
            custom_config={PRIVATE_KEY: "signing.key"},
        )
        assert isinstance(pusher, tfx.components.Pusher)
        assert pusher.executor_spec.executor_class is AtomicPusherExecutor
        assert pusher.inputs[MODEL_CARD] is card
        assert pusher.outputs["pushed_model"].type is tfx.types.standard_artifacts.PushedModel
        assert json.loads(pusher.exec_properties["custom_config"]) == {PRIVATE_KEY: "signing.key"}
        assert pusher.with_id("Pusher").id == "Pusher"

    def test_needs_no_card(self, destination):
        model = tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model)
        pusher = AtomicPusher(model=model, push_destination=destination)
        assert MODEL_CARD not in pusher.inputs
        assert json.loads(pusher.exec_properties["custom_config"]) is None

    def test_needs_a_model(self, destination):
        with pytest.raises(ValueError, match="nothing to push"):
            AtomicPusher(push_destination=destination)

    def test_another_artifact_is_no_card(self, destination):
        model = tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model)
        with pytest.raises(TypeError, match="ModelCardFiles"):
            AtomicPusher(model=model, model_card=model, push_destination=destination)
