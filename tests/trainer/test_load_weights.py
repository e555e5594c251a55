import keras
import numpy as np
import pytest

from trainer.load_weights import load_weights


def network(*widths):
    # Two layers of the same depth, as beside a skip connection.
    images = keras.Input((3,))
    sides = [keras.layers.Dense(width, name=f"side{width}")(images) for width in widths]
    return keras.Model(images, keras.layers.Concatenate()(sides))


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "network.weights.h5")


def test_weights_are_those_of_the_file(path):
    saved, other = network(4, 5), network(4, 5)
    saved.save_weights(path)
    load_weights(other, path)
    for weight, expected in zip(other.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("widths", [(4,), (4, 6)])
def test_those_of_another_network_are_one_error(path, widths):
    # No warning before it either.
    network(*widths).save_weights(path)
    with pytest.raises(ValueError, match="1 objects could not be loaded"):
        load_weights(network(4, 5), path)


def test_what_is_no_file_of_weights(path):
    with open(path, "wb") as file:
        file.write(b"no weights")
    with pytest.raises(OSError, match="file signature not found"):
        load_weights(network(4, 5), path)
