"""The one page about a run: every part is built for itself, so that none takes all down."""

import functools
import logging
from collections.abc import Callable, Iterable, Sequence

from components.quarantine import COUNTS_FILE
from components.server_check import SERVER_CHECK_FILE
from components.server_verdict import SERVER_VERDICT
from pipeline.lineage_record import Lineage
from report.data.data_sections import data_sections
from report.data.data_statistics import DataStatistics
from report.data.stored_statistics import stored_statistics
from report.network.network_sections import network_sections
from report.page import page_of_parts
from report.part import Part
from report.read_json import read_json
from report.results.fit_record import read_fit
from report.results.results_sections import results_sections
from report.results.run_results import read_results
from report.results.training_sections import training_sections
from report.run_files import RunFiles
from report.section import Section
from report.sections.drift import drift_section
from report.sections.lineage import lineage_section
from report.sections.make_classifier import make_classifier_section
from report.sections.run_summary import run_summary
from report.serving.serving_sections import serving_sections
from report.template import render
from report.views.view import View

_LOGGER = logging.getLogger(__name__)


def run_page(
    files: RunFiles,
    lineage: Callable[[], Lineage | None],
    *,
    title: str = "A run of studio-mask",
    about: str = "",
    views: Sequence[View] = (),
    serving_directory: str = "",
) -> bytes:
    """Makes the page.

    What cannot be built is replaced by a section with the error's text, and the log gets all of it:
    the models took hours, the page must not cost them.

    Args:
        files: Of the run.
        lineage: Finds the U-Net's lineage; gives None where ML Metadata cannot be opened from here.
        title: Heading, plain text.
        about: A sentence below it, plain text.
        views: Pages that lie beside this one.
        serving_directory: Where versions are pushed to, for the command lines.

    Returns:
        The HTML file, UTF-8.
    """
    parts = [
        Part("Run", _sections("summary", "Summary", lambda: [_summary(files, views)])),
        Part(
            "Data",
            (
                *_sections("data", "Photographs", lambda: data_sections(_statistics(files))),
                *_sections("drift", "Drift", lambda: [drift_section(files.drift)]),
            ),
        ),
        Part("Training", _sections("training", "Training", lambda: training_sections(files))),
        Part("Results", _sections("results", "Results", lambda: results_sections(files))),
    ]
    if files.make_fit is not None and files.make_evaluation is not None:
        build = functools.partial(make_classifier_section, files.make_fit, files.make_evaluation)
        parts.append(Part("Makes", _sections("makes", "Make classifier", lambda: [build()])))
    parts.append(
        Part(
            "Model",
            (
                *_sections("network", "Inside the networks", lambda: network_sections(files)),
                *_sections("lineage", "Lineage", lambda: [lineage_section(lineage())]),
                *_sections(
                    "serving", "Serving", lambda: serving_sections(files, serving_directory)
                ),
            ),
        )
    )
    return page_of_parts(title, about, parts)


def _summary(files: RunFiles, views: Sequence[View]) -> Section:
    check = read_json(files.infra_blessing, SERVER_CHECK_FILE)
    fits = {name: read_fit(folder) for name, folder in files.fits.items()}
    return run_summary(
        read_results(files.evaluation).verdict,
        None if check is None else SERVER_VERDICT.validate_python(check),
        read_json(files.quarantine, COUNTS_FILE),
        {name: fit for name, fit in fits.items() if fit is not None},
        views,
    )


def _statistics(files: RunFiles) -> DataStatistics:
    return stored_statistics(files.photograph_statistics)


def _sections(
    identity: str, title: str, build: Callable[[], Iterable[Section]]
) -> tuple[Section, ...]:
    """Builds sections; where that fails, one with the given identity and title says why."""
    try:
        return tuple(build())
    except Exception as error:  # noqa: BLE001 - one section must not take the whole page down
        _LOGGER.exception("%s: this part of the report could not be built", title)
        what = f"{type(error).__name__}: {error}"
        return (Section(identity, title, render("failed.html", error=what)),)
