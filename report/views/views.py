"""Makes the pages of other tools that lie beside the report, and says where one cannot be made."""

import logging
import os
from collections.abc import Callable, Iterator

import tensorflow as tf

from components.model_card_files import JSON_FILE, MARKDOWN_FILE
from report.run_files import RunFiles
from report.views.tfdv_view import tfdv_view
from report.views.tfma_view import tfma_view
from report.views.view import View

_LOGGER = logging.getLogger(__name__)
_CARD = {MARKDOWN_FILE: "for people, in Markdown", JSON_FILE: "the same for programs"}


def views_of(files: RunFiles) -> tuple[View, ...]:
    """Makes all of them.

    One that cannot be made is left out: its link becomes the error's text, the folder that it would
    have shown, and the lines of Python that show it in a notebook.

    Args:
        files: Of the run.
    """
    return (
        _view(
            "Statistics of the examples by TensorFlow Data Validation",
            tfdv_view,
            files.data_statistics,
            "tfdv.visualize_statistics(tfdv.load_stats_binary(FOLDER + "
            '"/Split-train/FeatureStats.pb"))',
        ),
        _view(
            "Evaluation by TensorFlow Model Analysis",
            tfma_view,
            files.evaluation,
            'tfma.view.render_slicing_metrics(tfma.load_eval_result(FOLDER, model_name="unet"))',
        ),
        *_card(files.model_card),
    )


def _card(folder: str) -> Iterator[View]:
    for name, note in _CARD.items():
        path = os.path.join(folder, name)
        if tf.io.gfile.exists(path):
            with tf.io.gfile.GFile(path, "rb") as file:
                yield View("Model card", name, note, file.read())


def _view(name: str, make: Callable[[str], View], folder: str, in_a_notebook: str) -> View:
    try:
        return make(folder)
    except Exception as error:  # noqa: BLE001 - a link less must not take the report down
        _LOGGER.exception("%s: this page could not be made", name)
        return View(
            name,
            "",
            f"could not be made ({type(error).__name__}: {error}); in a notebook {in_a_notebook} "
            f"shows it, with {folder} as FOLDER",
        )
