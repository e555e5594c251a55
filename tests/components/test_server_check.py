import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2
from tfx import v1 as tfx

from components.server_check import ServerCheck
from pipeline.config import SERVER_CHECK_CONFIG, ServerCheckConfig
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

Artifacts = tfx.types.standard_artifacts
# The limits are of no concern but where a test says so: the machine may be busy.
RULE = ServerCheckConfig(
    server="embedded",
    photographs=2,
    repetitions=2,
    max_start=300.0,
    max_latency=30.0,
    max_slowest=60.0,
    max_memory=100_000,
)


class _Misbehaving(tf.Module):
    """Calls red pixels car, and errs as it is told to once it was asked ``patience`` times."""

    def __init__(self, fault: str, patience: int) -> None:
        super().__init__()
        self.fault = fault
        self.patience = patience
        self.asked = tf.Variable(0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)])
    def serve(self, image_bytes):
        def mask_of(image):
            asked = self.asked.assign_add(1)
            pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
            mask = 255 * tf.cast(pixels[..., :1] > 128, tf.uint8)
            err = {"turns": self.turn, "dies": self.die, "is slow": self.spin}[self.fault]
            return tf.io.encode_png(tf.cond(asked > self.patience, lambda: err(mask), lambda: mask))

        return {MASK_PNG_BYTES: tf.map_fn(mask_of, image_bytes, fn_output_signature=tf.string)}

    def turn(self, mask):
        return 255 - mask

    def die(self, mask):
        with tf.control_dependencies([tf.raw_ops.Abort(error_msg="no way on")]):
            return tf.identity(mask)

    def spin(self, mask):
        steps = tf.while_loop(lambda i: i < 200_000, lambda i: [i + 1], [tf.constant(0)])[0]
        with tf.control_dependencies([steps]):
            return tf.identity(mask)


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory):
    """Exports a model that behaves in process, where each photograph is asked for once."""

    def misbehaving(fault):
        folder = tmp_path_factory.mktemp("models") / "Format-Serving"
        module = _Misbehaving(fault, patience=RULE.photographs)
        tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
        return folder

    return misbehaving


@pytest.fixture(scope="module")
def examples(artifact, raw_example, write_records):
    """Four photographs in val, in no order, and others in the other splits."""
    made = artifact(Artifacts.Examples, "examples")
    for split, ids in (
        ("train", ["a_01"]),
        ("val", ["d_02", "c_01", "b_03", "d_01"]),
        ("test", ["a_02", "b_01"]),
    ):
        records = [raw_example(each, seed=seed) for seed, each in enumerate(ids)]
        write_records(Path(made.uri, f"Split-{split}", "data.gz"), records)
    return made


@pytest.fixture(scope="module")
def checked(artifact, run_component, examples):
    """Runs the component on a model; returns its artifact and its verdict."""

    def checked(folder, rule=RULE, blessed=True):
        model = artifact(Artifacts.Model, "model", identity=41)
        shutil.copytree(folder, Path(model.uri, "Format-Serving"))
        blessing = artifact(Artifacts.ModelBlessing, "blessing")
        blessing.set_int_custom_property("blessed", int(blessed))
        outputs = run_component(
            ServerCheck,
            {"examples": examples, "model": model, "model_blessing": blessing},
            config=SERVER_CHECK_CONFIG.dump_json(rule).decode(),
            code="any",
        )
        infra_blessing = outputs["infra_blessing"]
        return infra_blessing, json.loads(Path(infra_blessing.uri, "server_check.json").read_text())

    return checked


def failed(verdict):
    return [clause["name"] for clause in verdict["clauses"] if not clause["passed"]]


def assert_not_blessed(infra_blessing):
    assert infra_blessing.get_int_custom_property("blessed") == 0
    assert infra_blessing.get_int_custom_property("has_model") == 0
    names = {path.name for path in Path(infra_blessing.uri).iterdir()}
    assert "INFRA_NOT_BLESSED" in names
    assert not names & {"INFRA_BLESSED", "stamped_model"}


def test_a_good_model_is_blessed_and_handed_on_with_its_warm_up_requests(
    checked, red_is_car, examples
):
    folder = red_is_car()
    infra_blessing, verdict = checked(folder, dataclasses.replace(RULE, photographs=3))
    assert failed(verdict) == []
    assert verdict["blessed"]
    assert verdict["server"] == "embedded"
    [same] = [c for c in verdict["clauses"] if c["name"] == "same masks as in process"]
    assert same["reason"].startswith("6 of 6 byte for byte; at most 0% of")
    assert infra_blessing.get_int_custom_property("blessed") == 1
    assert infra_blessing.get_int_custom_property("has_model") == 1
    assert infra_blessing.get_int_custom_property("checked") == 1
    assert infra_blessing.get_int_custom_property("current_model_id") == 41
    uri = Path(infra_blessing.uri)
    assert (uri / "INFRA_BLESSED").exists()
    assert "AVAILABLE" in (uri / "server.log").read_text()

    pushed = uri / "stamped_model"
    warmup = pushed / "assets.extra" / "tf_serving_warmup_requests"
    for path in folder.rglob("*"):
        if path.is_file():
            assert (pushed / path.relative_to(folder)).read_bytes() == path.read_bytes()
    sent = [
        prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        for record in tf.data.TFRecordDataset(str(warmup)).as_numpy_iterator()
    ]
    of_val = tf.data.TFRecordDataset(str(Path(examples.uri, "Split-val", "data.gz")), "GZIP")
    images = {}
    for record in of_val.as_numpy_iterator():
        feature = tf.train.Example.FromString(record).features.feature
        images[feature["image_id"].bytes_list.value[0]] = feature["image"].bytes_list.value[0]
    assert [tf.make_ndarray(request.inputs[IMAGE_BYTES]).tolist() for request in sent] == [
        [images[b"b_03"]],
        [images[b"c_01"]],
        [images[b"d_01"]],
    ]


def test_a_model_that_answers_differently_in_its_server(checked, misbehaving):
    infra_blessing, verdict = checked(misbehaving("turns"))
    assert_not_blessed(infra_blessing)
    assert failed(verdict) == ["same masks as in process"]
    [clause] = [c for c in verdict["clauses"] if not c["passed"]]
    assert clause["reason"] == (
        "0 of 4 byte for byte; at most 100% of a mask's pixels differ, 0.01% are allowed"
    )
    assert clause["photographs"] == ["b_03", "c_01"]


def test_a_model_that_is_slow_and_needs_much_memory_in_its_server(checked, misbehaving):
    rule = dataclasses.replace(RULE, max_latency=0.05, max_memory=100)
    infra_blessing, verdict = checked(misbehaving("is slow"), rule)
    assert_not_blessed(infra_blessing)
    assert failed(verdict) == ["fast over gRPC", "memory of its server"]


def test_a_model_that_takes_its_server_down(checked, misbehaving):
    # Without warm-up requests, which would do so before it serves.
    infra_blessing, verdict = checked(
        misbehaving("dies"), dataclasses.replace(RULE, warmup_requests=0)
    )
    assert_not_blessed(infra_blessing)
    [clause] = verdict["clauses"]
    assert clause["name"] == "runs in its server"
    assert clause["reason"].startswith("embedded: the server was killed by SIGABRT: ")
    assert "no way on" in clause["reason"]
    assert infra_blessing.get_int_custom_property("checked") == 1


def test_a_model_that_does_not_load(checked, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"no graph")
    infra_blessing, verdict = checked(folder)
    assert_not_blessed(infra_blessing)
    [clause] = verdict["clauses"]
    assert clause["reason"].startswith("embedded: not even in process: DATA_LOSS: Cannot load")
    assert Path(infra_blessing.uri, "server.log").read_text() == ""


def test_a_model_that_the_gate_rejected_is_not_checked(checked, red_is_car):
    infra_blessing, verdict = checked(red_is_car(), blessed=False)
    assert_not_blessed(infra_blessing)
    assert verdict["clauses"][0]["reason"] == "not blessed by the gate, not checked"
    assert not verdict["checked"]
    assert infra_blessing.get_int_custom_property("checked") == 0
    assert not Path(infra_blessing.uri, "server.log").exists()
