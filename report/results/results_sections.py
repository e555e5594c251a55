"""The part of a run's page that tells what its models are worth."""

import os

from components.servable_path import FORMAT_SERVING
from evaluation.evidence import CANDIDATE
from evaluation.worst_photographs import PAGE_FILE
from report.results.compared_photographs import compared_photographs
from report.results.fit_record import read_fit
from report.results.run_results import read_results
from report.run_files import RunFiles
from report.section import Section
from report.sections.comparisons import comparisons
from report.sections.dice_of_photographs import dice_of_photographs
from report.sections.scores import scores
from report.sections.slices import slices
from report.sections.suspected_labels import suspected_labels
from report.sections.thresholds import thresholds
from report.sections.verdict import verdict


def results_sections(files: RunFiles) -> tuple[Section, ...]:
    """Builds all sections about the results, in the order of the page.

    Args:
        files: Of the run.

    Raises:
        serving.errors.ServingError: If the U-Net's servable is there and cannot be loaded.
        ValueError: If a file of the run holds something else than it should; the message names it.
    """
    results = read_results(files.evaluation)
    fits = {name: read_fit(folder) for name, folder in files.fits.items()}
    of_candidate = results.scores.get(CANDIDATE, ())
    servable = os.path.join(files.models.get(CANDIDATE, ""), FORMAT_SERVING)
    return (
        scores(results),
        verdict(results.verdict),
        dice_of_photographs(results),
        slices(results, files.examples),
        thresholds(fits),
        comparisons(
            compared_photographs(of_candidate, files.examples, servable),
            os.path.join(files.evaluation, PAGE_FILE),
        ),
        suspected_labels(results.suspects),
    )
