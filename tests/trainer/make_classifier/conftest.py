"""Cars whose make is their colour, as Transform would hand them over, and a fit of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipeline import features
from pipeline.config import (
    MAKE_TRAINER_CONFIG,
    MakeFitConfig,
    MakeTrainerConfig,
    PhotographLimits,
)
from tests.trainer.make_classifier.coloured_cars import COLOURS, FIT, OTHER
from trainer.make_classifier.fit import run_fn


@pytest.fixture(scope="session")
def coloured() -> Callable[..., np.ndarray]:
    """Pixels of a photograph in a make's colour, with some noise: uint8 [height, width, 3]."""

    def make(name: str, seed: int, height: int = 16, width: int = 24) -> np.ndarray:
        noise = np.random.default_rng(seed).integers(-20, 21, (height, width, 3))
        return np.clip(np.array(COLOURS.get(name, OTHER)) + noise, 0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def photographs_of(coloured, write_records) -> Callable[..., list[str]]:
    """Writes transformed examples, given by make and car; returns patterns of their files."""

    def write(folder: Path, *cars: tuple[str, str], poses: int = 2) -> list[str]:
        records = []
        for make, car in cars:
            for pose in range(1, poses + 1):
                image = tf.io.serialize_tensor(coloured(make, len(records))).numpy()
                values = {
                    features.IMAGE_TENSOR: image,
                    features.IMAGE_ID: f"{car}_{pose:02}".encode(),
                    features.GROUP_ID: car.encode(),
                    features.MAKE: make.encode(),
                }
                records.append(
                    tf.train.Example(
                        features=tf.train.Features(
                            feature={
                                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                                for name, value in values.items()
                            }
                        )
                    )
                )
        return [str(write_records(folder / "part-0.gz", records).parent / "*.gz")]

    return write


@dataclass(frozen=True)
class Step:
    """What a Trainer step left: its fit.json, and where its model and its history are."""

    record: dict[str, Any]
    model: Path
    run: Path
    fits: Path


@pytest.fixture(scope="session")
def fit_makes(transformed, photographs_of) -> Callable[..., Step]:
    """Does the Trainer step on cars given by make and id."""

    def fit(folder: Path, train, val, config: MakeFitConfig = FIT) -> Step:
        trainer = MakeTrainerConfig(transformed.size, config, PhotographLimits())
        arguments = SimpleNamespace(
            custom_config={
                "trainer": MAKE_TRAINER_CONFIG.dump_json(trainer).decode(),
                "fits": str(folder / "fits"),
            },
            transform_output=transformed.graph.transform_savedmodel_dir.rpartition("/")[0],
            train_files=photographs_of(folder / "train", *train),
            eval_files=photographs_of(folder / "val", *val),
            model_run_dir=str(folder / "run"),
            serving_model_dir=str(folder / "model" / "Format-Serving"),
        )
        run_fn(arguments)
        return Step(
            json.loads((folder / "run" / "fit.json").read_text()),
            folder / "model" / "Format-Serving",
            folder / "run",
            folder / "fits",
        )

    return fit


@pytest.fixture(scope="session")
def fitted(fit_makes, tmp_path_factory) -> Step:
    """A fit of three makes; each split has a photograph without a make, val one of another make."""
    train = [(make, f"{make}{n}") for make in COLOURS for n in (1, 2)]
    val = [("Bolt", "b"), ("Acme", "a"), ("", "nameless"), ("Zeta", "z")]
    return fit_makes(tmp_path_factory.mktemp("fitted"), [*train, ("", "unknown")], val)
