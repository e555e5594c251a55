"""Writes the model card, from what the run has left: nobody has to fill in a form.

Before the push, so that the card can lie beside the pushed model and under the same signature.
Nothing of it is of the moment in which it is written, or of the workdir's place. Where it is made
again and says the same, the Pusher sees that and pushes nothing, see components/atomic_pusher.py.
"""

import json
import os

from tfx import v1 as tfx

from components.model_card_files import JSON_FILE, MARKDOWN_FILE, ModelCardFiles
from components.photograph_statistics import PhotographStatistics
from components.quarantine import Quarantine
from components.servable_path import servable_path
from pipeline.config import MODEL_CARD_CONFIG
from report.data.stored_statistics import stored_photographs
from report.model_card.card_json import model_card_json
from report.model_card.card_markdown import model_card_markdown
from report.model_card.reader import read_model_card


@tfx.dsl.components.component
def ModelCard(  # noqa: N802 - a component is named like a class
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    quarantine: tfx.dsl.components.InputArtifact[Quarantine],
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    model_run: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelRun],
    evaluation: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelEvaluation],
    card: tfx.dsl.components.OutputArtifact[ModelCardFiles],
    photograph_statistics: tfx.dsl.components.InputArtifact[PhotographStatistics] = None,
    infra_blessing: tfx.dsl.components.InputArtifact[
        tfx.types.standard_artifacts.InfraBlessing
    ] = None,
) -> None:
    """Writes the card of a candidate, blessed or not.

    Args:
        config: A ModelCardConfig as JSON.
        code: Digest of the code and the template that decide what is written; changes what is
            cached.
        examples: What PhotographExampleGen wrote; its properties name the data.
        quarantine: What it set aside.
        model: The candidate.
        model_run: The candidate's.
        evaluation: The Gate's.
        card: Output.
        photograph_statistics: Every photograph in numbers; without them the card says less of the
            data.
        infra_blessing: ServerCheck's.
    """
    del code
    facts = read_model_card(
        MODEL_CARD_CONFIG.validate_json(config),
        servable=servable_path(model),
        fit=model_run.uri,
        evaluation=evaluation.uri,
        quarantine=quarantine.uri,
        infra_blessing=None if infra_blessing is None else infra_blessing.uri,
        photographs=()
        if photograph_statistics is None
        else stored_photographs(photograph_statistics.uri),
        span=_spans(examples),
        fingerprint=examples.get_string_custom_property("input_fingerprint"),
    )
    for name, content in (
        (JSON_FILE, model_card_json(facts)),
        (MARKDOWN_FILE, model_card_markdown(facts).encode()),
    ):
        with tfx.dsl.io.fileio.open(os.path.join(card.uri, name), "wb") as file:
            file.write(content)
    card.set_int_custom_property("blessed", int(facts.is_blessed))
    card.set_string_custom_property("version", facts.version)


def _spans(examples: tfx.types.standard_artifacts.Examples) -> str:
    """Names the spans that the examples are of; empty where the data have none.

    Their folders are left out: where they lie is of no use to whoever gets the card.
    """
    spans = json.loads(examples.get_string_custom_property("spans") or "[]")
    if all(span["number"] == 0 and span["version"] is None for span in spans):
        return ""
    return ", ".join(
        f"{span['number']}" + ("" if span["version"] is None else f" (version {span['version']})")
        for span in spans
    )
