"""The reference report's classifier of car makes: what can be told of a car by its photograph."""

import keras
from keras import layers

# Each block halves the photograph.
_FILTERS = (16, 32, 64, 128)
LEAST_SIDE = 2 ** len(_FILTERS)


def build_make_classifier(height: int, width: int, classes: int, shrink: int = 1) -> keras.Model:
    """Builds the classifier: four blocks of a 3x3 convolution and 2x2 max pooling, and a softmax.

    102,084 parameters with 36 classes, whatever the size, as in the report.

    Args:
        height: Of the photographs, pixels; at least 16 after shrinking.
        width: Of the photographs, pixels; the same.
        classes: Makes to tell apart.
        shrink: Factor by which photographs are made smaller first, by averaging; divides both
            sides. See ``whole_factor``.

    Returns:
        Model from float32 [N, height, width, 3] in [0, 1] to probabilities, float32 [N, classes],
        that add up to 1.
    """
    images = keras.Input((height, width, 3), name="images")
    x = layers.AveragePooling2D(shrink, name="shrink")(images) if shrink > 1 else images
    for block, filters in enumerate(_FILTERS, start=1):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv")(
            x
        )
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    # float32 under every precision policy, as the other models' heads.
    probabilities = layers.Dense(
        classes, activation="softmax", dtype="float32", name="probabilities"
    )(x)
    return keras.Model(images, probabilities, name="make_classifier")


def whole_factor(height: int, width: int, least_side: int) -> int:
    """Returns by how much photographs may be shrunk.

    Args:
        height: Pixels.
        width: Pixels.
        least_side: What both sides must still have, pixels.

    Returns:
        The largest whole number that divides both sides and leaves them that long; 1 where even the
        photographs themselves are smaller.
    """
    factors = range(min(height, width) // least_side, 1, -1)
    return next((f for f in factors if height % f == 0 and width % f == 0), 1)
