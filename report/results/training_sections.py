"""The part of a run's page that tells how its models were fitted."""

import os

import tensorflow as tf

from pipeline import features
from report.results.fit_record import read_fit
from report.run_files import RunFiles
from report.section import Section
from report.sections.augmentation import augmentation
from report.sections.training import training


def training_sections(files: RunFiles) -> tuple[Section, ...]:
    """Builds all sections about training, in the order of the page.

    Args:
        files: Of the run.

    Raises:
        ValueError: If a file of the run holds something else than it should; the message names it.
    """
    fits = {name: read_fit(folder) for name, folder in files.fits.items()}
    split = os.path.join(files.transformed_examples, f"Split-{features.TRAIN}", "*.gz")
    return training(fits), augmentation(fits, sorted(tf.io.gfile.glob(split)))
