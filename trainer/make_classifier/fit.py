"""The make classifier's ``run_fn``: finds the makes there are, fits, exports."""

import hashlib
import json
import os
import shutil
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from pipeline import features
from pipeline.config import MAKE_TRAINER_CONFIG
from pipeline.gpu import gpus_are_hidden
from trainer import input_pipeline
from trainer.fit import FIT_FILE, WEIGHTS_FILE
from trainer.fit_model import HISTORY_FILE, backup_of
from trainer.gpu_process import fit_in_gpu_process
from trainer.make_classifier.fit_make_model import fit_make_model
from trainer.make_classifier.make_fit import MAKE_FIT, LeftOut, MakeFit, fitted_makes
from trainer.make_classifier.make_photographs import makes_and_cars, scoring_batches, with_make
from trainer.make_classifier.signature import export_make_classifier
from trainer.models.make_classifier import build_make_classifier, whole_factor
from trainer.precision import computing_in, resolve_precision


def run_fn(fn_args: Any) -> None:
    """Does the make classifier's Trainer step, on one device; TFX calls it by its import path.

    Args:
        fn_args: ``tfx.components.FnArgs``; ``custom_config["trainer"]`` is a MakeTrainerConfig as
            JSON, ``custom_config["fits"]`` a folder for what outlives a killed fit.
            Leaves the SavedModel in ``serving_model_dir`` (an empty folder where there are no two
            makes to tell apart), its weights beside that directory, and in ``model_run_dir`` the
            history of the fit and ``fit.json``, a MakeFit.
    """
    if gpus_are_hidden():
        fit_in_gpu_process(fn_args, "trainer.make_classifier.fit")
        return
    started = time.monotonic()
    config = MAKE_TRAINER_CONFIG.validate_json(fn_args.custom_config["trainer"])
    transform = tft.TFTransformOutput(fn_args.transform_output)
    splits = {
        features.TRAIN: input_pipeline.examples(fn_args.train_files),
        features.VAL: input_pipeline.examples(fn_args.eval_files),
    }
    photographs = {split: makes_and_cars(examples) for split, examples in splits.items()}
    fitted = fitted_makes(
        photographs[features.TRAIN],
        [make.decode() for make in transform.vocabulary_by_name(features.MAKE_VOCABULARY)],
    )
    makes = [each.make for each in fitted]
    folder = _fit_folder(fn_args)
    os.makedirs(fn_args.model_run_dir, exist_ok=True)
    os.makedirs(fn_args.serving_model_dir, exist_ok=True)

    precision = resolve_precision(config.fit.precision)
    parameters = epochs = best_epoch = val_photographs = 0
    val_accuracy = None
    not_fitted = _why_not_fitted(makes)
    if not not_fitted:
        keras.utils.set_random_seed(config.fit.seed)
        train, val = (with_make(examples, makes) for examples in splits.values())
        size = config.input
        shrink = whole_factor(size.height, size.width, config.fit.least_side)
        with computing_in(precision):
            model = build_make_classifier(size.height, size.width, len(makes), shrink)
            epochs, best_epoch = fit_make_model(model, train, val, makes, size, config.fit, folder)
        shutil.copy(os.path.join(folder, HISTORY_FILE), fn_args.model_run_dir)
        # What is exported is in float32, and knows of no optimizer.
        fitted_weights = model.get_weights()
        model = build_make_classifier(size.height, size.width, len(makes), shrink)
        model.set_weights(fitted_weights)
        parameters = model.count_params()
        right = [
            np.argmax(model(images), axis=1) == classes.numpy()
            for images, classes in scoring_batches(val, makes, size, config.fit.batch_size)
        ]
        val_photographs = sum(map(len, right))
        val_accuracy = float(np.concatenate(right).mean()) if right else None
        export_make_classifier(
            model, makes, transform, size, fn_args.serving_model_dir, config.limits
        )
        model.save_weights(
            os.path.join(os.path.dirname(fn_args.serving_model_dir.rstrip("/")), WEIGHTS_FILE)
        )

    record = MakeFit(
        makes=fitted,
        left_out={
            split: LeftOut.of([make for make, _ in each], makes)
            for split, each in photographs.items()
        },
        not_fitted=not_fitted,
        parameters=parameters,
        epochs=epochs,
        best_epoch=best_epoch,
        val_photographs=val_photographs,
        val_accuracy=val_accuracy,
        precision=precision,
        seconds=round(time.monotonic() - started, 1),
        config=config,
    )
    with tf.io.gfile.GFile(os.path.join(fn_args.model_run_dir, FIT_FILE), "wb") as file:
        file.write(MAKE_FIT.dump_json(record, indent=2))
    backup_of(folder).forget()


def _why_not_fitted(makes: list[str]) -> str:
    if not makes:
        return "no photograph of the training split has a make: is there a metadata.csv?"
    if len(makes) == 1:
        return f"all cars of the training split are of one make, {makes[0]}"
    return ""


def _fit_folder(fn_args: Any) -> str:
    """One folder for each thing there is to fit: the same fit, begun again, finds its backup."""
    what = json.dumps([fn_args.custom_config, sorted(fn_args.train_files)], sort_keys=True)
    digest = hashlib.sha256(what.encode()).hexdigest()[:12]
    return os.path.join(fn_args.custom_config["fits"], f"make-{digest}")
