"""The make classifier's gate: asks it about held-out cars, and blesses it or says why not."""

import os
from contextlib import ExitStack

from tfx import v1 as tfx

from components.blessing import write_blessing
from components.servable_path import servable_path
from evaluation.make_classifier.make_answer import (
    ANSWERS_FILE,
    AskedMakeModel,
    MakeAnswer,
    answers_csv,
    photographs_with_make,
)
from evaluation.make_classifier.make_evaluation import EVALUATION_FILE, MAKE_EVALUATION
from evaluation.make_classifier.make_evidence import BLESSED, CANDIDATE, MakeEvidence
from evaluation.make_classifier.make_rule import judge_makes, nothing_to_ask
from evaluation.masked_photograph import split_files
from pipeline import features, progress
from pipeline.config import MAKE_GATE_CONFIG
from trainer.input_pipeline import examples as read_examples
from trainer.make_classifier.make_photographs import makes_and_cars

_Model = tfx.types.standard_artifacts.Model


@tfx.dsl.components.component
def MakeGate(  # noqa: N802 - a component is named like a class
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    candidate: tfx.dsl.components.InputArtifact[_Model],
    evaluation: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.ModelEvaluation],
    blessing: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.ModelBlessing],
    blessed: tfx.dsl.components.InputArtifact[_Model] = None,
) -> None:
    """Asks all models about the test split and applies evaluation/make_classifier/make_rule.py.

    Args:
        config: A MakeGateConfig as JSON.
        code: Digest of the code that decides; changes what is cached.
        examples: What PhotographExampleGen wrote.
        candidate: The make classifier; without a SavedModel in it where there was nothing to fit.
        evaluation: Output: ``make_evaluation.json``, a MakeEvaluation, and ``answers.csv``.
        blessing: Output, as TFX's Pusher and Resolver expect it; written last.
        blessed: The last blessed make classifier, if there is one.
    """
    del code
    splits = {
        split: read_examples(split_files(examples.uri, split))
        for split in (features.TRAIN, features.TEST)
    }
    train = makes_and_cars(splits[features.TRAIN])
    # Makes first, and the photographs' files only if there is somebody to ask.
    test = makes_and_cars(splits[features.TEST])
    to_ask = sum(bool(make) for make, _ in test)
    paths = {CANDIDATE: servable_path(candidate)}
    if blessed is not None:
        paths[BLESSED] = servable_path(blessed)
    known = [make for make, _ in train if make]
    if nothing_to_ask(known, [make for make, _ in test if make]):
        paths = {}

    image_ids, groups, makes = [], [], []
    answers: dict[str, list[MakeAnswer]] = {name: [] for name in paths}
    with ExitStack() as stack:
        models = {name: stack.enter_context(AskedMakeModel(path)) for name, path in paths.items()}
        for photograph in photographs_with_make(splits[features.TEST]):
            image_ids.append(photograph.image_id)
            groups.append(photograph.group_id)
            makes.append(photograph.make)
            for name, model in models.items():
                answers[name].append(model.answer(photograph.image))
            progress.advance(to_ask, "photographs")

    evidence = MakeEvidence(train, image_ids, groups, makes, len(test) - to_ask, answers)
    verdict = judge_makes(evidence, MAKE_GATE_CONFIG.validate_json(config))
    files = {EVALUATION_FILE: MAKE_EVALUATION.dump_json(verdict, indent=2)}
    if answers:
        photographs = zip(image_ids, groups, makes, strict=True)
        files[ANSWERS_FILE] = answers_csv(photographs, answers[CANDIDATE])
    for name, content in files.items():
        with tfx.dsl.io.fileio.open(os.path.join(evaluation.uri, name), "wb") as file:
            file.write(content)

    write_blessing(blessing, candidate, verdict.blessed)
