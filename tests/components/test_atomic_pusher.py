import time
from pathlib import Path

import pytest
from tfx import v1 as tfx
from tfx.utils import io_utils, proto_utils

from components.atomic_pusher import AtomicPusherExecutor

NOW = 1_700_000_000


@pytest.fixture
def trained(artifact):
    """A Model artifact as the Trainer leaves it."""
    model = artifact(tfx.types.standard_artifacts.Model, "model")
    folder = Path(model.uri, "Format-Serving")
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"index")
    return model


@pytest.fixture
def base(tmp_path):
    return tmp_path / "serving" / "mask"


@pytest.fixture
def push(trained, artifact, base, monkeypatch):
    """Pushes at a time; returns the PushedModel artifact."""

    def push(blessed=True, now=NOW):
        monkeypatch.setattr(time, "time", lambda: now + 0.5)
        blessing = artifact(tfx.types.standard_artifacts.ModelBlessing, "blessing")
        blessing.set_int_custom_property("blessed", int(blessed))
        pushed = artifact(tfx.types.standard_artifacts.PushedModel, f"pushed{now}")
        destination = tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(base))
        )
        AtomicPusherExecutor().Do(
            {"model": [trained], "model_blessing": [blessing]},
            {"pushed_model": [pushed]},
            {"push_destination": proto_utils.proto_to_json(destination), "custom_config": "null"},
        )
        return pushed

    return push


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


MODEL_FILES = {"saved_model.pb": b"graph", "variables/variables.index": b"index"}


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
