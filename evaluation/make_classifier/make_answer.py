"""What a make classifier answers to a photograph whose make is known."""

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from pipeline import features
from serving.errors import ServingError
from serving.server.servable import Servable
from trainer.make_classifier.signature import MAKES, PROBABILITIES
from trainer.signatures import IMAGE_BYTES

ANSWERS_FILE = "answers.csv"

_TEXTS = (features.IMAGE_ID, features.GROUP_ID, features.MAKE)


@dataclass(frozen=True)
class MakePhotograph:
    """A photograph whose make is known.

    Attributes:
        image: The JPEG or PNG file.
        image_id: Its id.
        group_id: The car.
        make: Who made it.
    """

    image: bytes
    image_id: str
    group_id: str
    make: str


@dataclass(frozen=True)
class MakeAnswer:
    """One answer of one model.

    Attributes:
        makes: The most probable first, five at most; none where the model failed.
        probabilities: Theirs.
        fault: Why there is no answer; empty where there is one.
    """

    makes: tuple[str, ...]
    probabilities: tuple[float, ...] = ()
    fault: str = ""


class AskedMakeModel(AbstractContextManager["AskedMakeModel"]):
    """An exported make classifier, loaded as TensorFlow Serving loads it."""

    def __init__(self, path: str) -> None:
        """Loads it.

        Args:
            path: Directory of the SavedModel.

        Raises:
            serving.errors.ServingError: If it cannot be loaded.
        """
        self._servable = Servable.load(path)

    def answer(self, image: bytes) -> MakeAnswer:
        """Asks for the make of one photograph.

        Args:
            image: The JPEG or PNG file.
        """
        try:
            reply = self._servable.predict({IMAGE_BYTES: np.array([image], dtype=object)})
        except ServingError as error:
            return MakeAnswer((), fault=str(error))
        makes = tuple(make.decode() for make in reply[MAKES][0])
        probabilities = tuple(map(float, reply[PROBABILITIES][0]))
        if not np.isfinite(probabilities).all():
            return MakeAnswer((), fault="the probabilities hold NaN or infinity")
        return MakeAnswer(makes, probabilities)

    def __exit__(self, *details: object) -> None:
        """Frees what the model holds."""
        self._servable.close()


def photographs_with_make(serialized: tf.data.Dataset) -> Iterator[MakePhotograph]:
    """Yields the photographs whose make is known, one in memory at a time.

    Args:
        serialized: Examples that follow the data contract, string [].
    """
    spec = {key: tf.io.FixedLenFeature([], tf.string) for key in (features.IMAGE, *_TEXTS)}
    for record in serialized:
        parsed = tf.io.parse_single_example(record, spec)
        texts = [parsed[key].numpy().decode(errors="replace") for key in _TEXTS]
        if texts[-1]:
            yield MakePhotograph(parsed[features.IMAGE].numpy(), *texts)


def answers_csv(
    photographs: Iterable[tuple[str, str, str]], answers: Iterable[MakeAnswer]
) -> bytes:
    """Writes one model's answers as a table, a row per photograph.

    Args:
        photographs: Image id, car and true make of each.
        answers: One per photograph.

    Returns:
        CSV in UTF-8: image_id, group_id, make, answer, probability, rank (of the true make among
        the answers, from 1; empty where it is not there), fault.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["image_id", "group_id", "make", "answer", "probability", "rank", "fault"])
    for (image_id, group_id, make), answer in zip(photographs, answers, strict=True):
        rank = answer.makes.index(make) + 1 if make in answer.makes else ""
        first = (answer.makes[0], f"{answer.probabilities[0]:.4f}") if answer.makes else ("", "")
        rows.writerow([image_id, group_id, make, *first, rank, answer.fault])
    return text.getvalue().encode()
