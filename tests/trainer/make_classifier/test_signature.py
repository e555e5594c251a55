import grpc
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from pipeline import features
from pipeline.config import PhotographLimits, PredictionConfig
from serving.errors import ServingError, StatusCode
from serving.server.embedded_server import EmbeddedServer
from serving.server.servable import Servable
from serving.server.server_options import ServerOptions
from serving.server.services.rpc_services import PREDICTION_SERVICE
from trainer import signatures
from trainer.make_classifier.signature import MAKES, PROBABILITIES, export_make_classifier
from trainer.models.cnn import build_cnn
from trainer.models.make_classifier import build_make_classifier
from trainer.preprocessing import parse_pixels
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

NAMES = ["Acme", "Bolt", "Škoda", "Cyan & Co", "Ö", "F", "G"]
LIMITS = PhotographLimits(max_pixels=10_000)


@pytest.fixture(scope="module")
def pixels(transformed):
    """What Transform made of the photographs of ``files``."""
    return tf.stack(
        [
            parse_pixels(row[features.IMAGE_TENSOR], 16, 24, 3)
            for split in ("train", "val")
            for row in transformed.features[split]
        ]
    )


@pytest.fixture(scope="module")
def model(pixels):
    """A model of seven makes that says another one of each kind of photograph."""
    keras.utils.set_random_seed(1)
    model = build_make_classifier(16, 24, len(NAMES))
    head = model.get_layer("probabilities")
    kernel, _ = head.get_weights()
    pooled = keras.Model(model.input, model.get_layer("pool").output)(pixels).numpy()
    logits = pooled @ kernel
    scale = 1.0 / logits.std(axis=0)
    head.set_weights([kernel * scale, -(logits * scale).mean(axis=0)])
    return model


@pytest.fixture(scope="module")
def folder(model, transformed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving_models")
    path = str(folder / "make" / "1")
    export_make_classifier(model, NAMES, transformed.graph, transformed.size, path, LIMITS)
    return folder


@pytest.fixture(scope="module")
def servable(folder):
    with Servable.load(folder / "make" / "1") as servable:
        yield servable


@pytest.fixture(scope="module")
def files(transformed):
    return [
        example.features.feature[features.IMAGE].bytes_list.value[0]
        for split in ("train", "val")
        for example in transformed.raw[split]
    ]


def ask(servable, *files):
    reply = servable.predict({IMAGE_BYTES: np.array(files, dtype=object)})
    return [[make.decode() for make in row] for row in reply[MAKES]], reply[PROBABILITIES]


def test_there_is_exactly_the_one_signature(servable):
    [(name, signature)] = servable.signatures.items()
    assert name == "serving_default"
    assert list(signature.inputs) == [IMAGE_BYTES]
    assert signature.inputs[IMAGE_BYTES].dtype == tf.string.as_datatype_enum
    shapes = {
        output: [dim.size for dim in info.tensor_shape.dim]
        for output, info in signature.outputs.items()
    }
    assert shapes == {MAKES: [-1, 5], PROBABILITIES: [-1, 5]}
    assert signature.outputs[MAKES].dtype == tf.string.as_datatype_enum
    assert signature.outputs[PROBABILITIES].dtype == tf.float32.as_datatype_enum


def test_answers_are_the_models_best_first(servable, files, model, pixels):
    expected = model(pixels).numpy()
    makes, probabilities = ask(servable, *files)
    order = np.argsort(-expected, axis=1)[:, :5]
    assert makes == [[NAMES[place] for place in row] for row in order]
    np.testing.assert_allclose(probabilities, np.take_along_axis(expected, order, 1), atol=1e-5)
    assert len({row[0] for row in makes}) > 1


def test_an_answer_does_not_depend_on_its_batch(servable, files):
    makes, probabilities = ask(servable, *files)
    for index, file in enumerate(files):
        [alone], [of_alone] = ask(servable, file)
        assert alone == makes[index]
        np.testing.assert_allclose(of_alone, probabilities[index], atol=1e-5)


def test_an_empty_batch_gets_an_empty_answer(servable):
    makes, probabilities = ask(servable)
    assert makes == []
    assert probabilities.shape == (0, 5)


class TestTheDoor:
    """The same as the mask models'."""

    @pytest.mark.parametrize("alone", [True, False])
    @pytest.mark.parametrize(
        ("bad", "text"),
        [
            (b"", "is empty"),
            (b"GIF89a.......", "is no JPEG or PNG file: it is a GIF file"),
            (b"\xff\xd8\xff\xe0 not a photograph", ""),
        ],
    )
    def test_what_is_no_photograph_is_refused(self, servable, files, bad, text, alone):
        given = [bad] if alone else [files[0], bad, files[1]]
        with pytest.raises(ServingError) as refused:
            ask(servable, *given)
        assert refused.value.code == StatusCode.INVALID_ARGUMENT
        assert f"{IMAGE_BYTES}[{0 if alone else 1}] {text}" in str(refused.value)

    def test_the_limits_are_those_of_the_config(self, servable, image_file):
        with pytest.raises(ServingError, match="10000 are the most"):
            ask(servable, image_file(101, 100))
        ask(servable, image_file(100, 100))

    def test_pixels_that_cannot_be_decoded_are_told_from_the_others(self, servable, image_file):
        whole = image_file(64, 48, 2, "PNG")
        broken = whole[:60] + bytes(40) + whole[100:]
        with pytest.raises(ServingError) as refused:
            ask(servable, whole, broken)
        assert refused.value.code == StatusCode.INVALID_ARGUMENT
        assert f"{IMAGE_BYTES}[1]" in str(refused.value)


def test_masks_and_makes_are_served_side_by_side(folder, servable, files, transformed):
    masks = str(folder / "mask" / "1")
    signatures.export(
        build_cnn(16, 24),
        transformed.graph,
        transformed.size,
        0.5,
        masks,
        PredictionConfig(),
        LIMITS,
    )
    config = folder / "models.txt"
    config.write_text(
        "model_config_list {"
        + "".join(
            f'config {{ name: "{name}" base_path: "{folder / name}" model_platform: "tensorflow" }}'
            for name in ("mask", "make")
        )
        + "}"
    )
    options = ServerOptions(
        model_config_file=config, host="127.0.0.1", port=0, file_system_poll_wait_seconds=0.1
    )
    replies = {}
    with EmbeddedServer(options) as server, grpc.insecure_channel(server.target) as channel:
        stub = PREDICTION_SERVICE.stub(channel)
        for name in ("mask", "make"):
            request = predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.inputs[IMAGE_BYTES].CopyFrom(tf.make_tensor_proto(files[:2]))
            reply = stub.Predict(request, timeout=30)
            replies[name] = {key: tf.make_ndarray(value) for key, value in reply.outputs.items()}
    assert replies["mask"].keys() == {MASK_PNG_BYTES}
    assert all(png.startswith(b"\x89PNG") for png in replies["mask"][MASK_PNG_BYTES])
    makes, probabilities = ask(servable, *files[:2])
    assert [[make.decode() for make in row] for row in replies["make"][MAKES]] == makes
    np.testing.assert_allclose(replies["make"][PROBABILITIES], probabilities, atol=1e-6)
