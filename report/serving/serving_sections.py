"""The part of a run's page on the servable: what it answers, what it takes, how to serve it."""

import os

import tensorflow as tf

from components.servable_path import FORMAT_SERVING
from components.server_check import SERVER_CHECK_FILE
from components.server_verdict import SERVER_VERDICT
from evaluation.evidence import CANDIDATE
from report.read_json import read_json
from report.results.fit_record import read_fit
from report.run_files import RunFiles
from report.section import Section
from report.sections.serving import serving
from report.serving.servable_facts import servable_facts
from trainer.fit import WEIGHTS_FILE


def serving_sections(files: RunFiles, serving_directory: str = "") -> tuple[Section, ...]:
    """Builds the section about the U-Net's servable.

    Args:
        files: Of the run.
        serving_directory: Where versions are pushed to, for the command lines.

    Raises:
        ValueError: If a file of the run cannot be read.
    """
    facts, pushed = servable_facts(files.pushed_model), True
    if facts is None:
        model = files.models.get(CANDIDATE, "")
        facts, pushed = servable_facts(os.path.join(model, FORMAT_SERVING)), False
    weights = os.path.join(files.models.get(CANDIDATE, ""), WEIGHTS_FILE)
    check = read_json(files.infra_blessing, SERVER_CHECK_FILE)
    return (
        serving(
            facts,
            pushed,
            tf.io.gfile.stat(weights).length if tf.io.gfile.exists(weights) else None,
            read_fit(files.fits[CANDIDATE]) if CANDIDATE in files.fits else None,
            None if check is None else SERVER_VERDICT.validate_python(check),
            serving_directory,
        ),
    )
