"""Scores models on a folder of photographs with masks, outside the pipeline.

It writes what the gate writes of its models, but for the verdict: whoever has a folder with masks
sees in one pass what a model, or a server, is worth on it.
"""

import contextlib
import functools
import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console
from rich.text import Text

from components.quarantine import QUARANTINE_FILE, QuarantinedFile, Reason
from evaluation.asked_model import AskedModel, ServableModel
from evaluation.evaluate import add_evaluation_of, read_scores, scores_by_model
from evaluation.extractor import ModelLoaders
from evaluation.label_audit import Suspect
from evaluation.model_argument import ModelArgument
from evaluation.photograph_source import PhotographSource, open_source
from evaluation.score_table import ScoresByModel, figures_table, slice_table, suspects_table
from evaluation.scores_csv import SCORES_FILE, write_scores_csv
from evaluation.server_model import ServerModel
from evaluation.suspected_labels import SUSPECTS_FILE, suspected_labels, write_suspects
from evaluation.worst_of_model import write_worst_of
from evaluation.worst_photographs import PAGE_FILE
from pipeline.closing import short_path
from pipeline.screen import Screen
from serving.client.errors import ServiceError
from serving.errors import ServingError

# Photographs set aside that are named on the screen; the list has them all.
_NAMED = 10


class EvaluationFailed(Exception):
    """Nothing can be scored; the message says why and what to do."""


@dataclass(frozen=True)
class FolderEvaluation:
    """One run.

    Attributes:
        models: To score; the worst masks of the first one are drawn.
        data: Folder of photographs and masks, or of TFRecord files.
        output: Folder to write; appears when all is done.
        slices: Features to slice by, each one of ``evaluation.score_table.SLICES``.
        model_name: The name servers serve the model under.
        workers: Photographs that are scored side by side.
    """

    models: Sequence[ModelArgument]
    data: Path
    output: Path
    slices: Sequence[str]
    model_name: str
    workers: int

    def execute(self, console: Console) -> None:
        """Scores the models, writes the files and prints the tables.

        Args:
            console: The user's screen.

        Raises:
            EvaluationFailed: If nothing can be scored. If a model gave no masks, or its server
                did not answer for a while, then after all is written.
            components.photograph_folder.UnusableFolder: If the data is no such folder.
            serving.client.errors.ServiceError: If a server does not answer.
        """
        unfinished = self.output.with_name(f".{self.output.name}.partial")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            with Screen(console) as screen:
                screen.begin("Load")
                source = open_source(str(self.data))
                if not source.total:
                    raise EvaluationFailed(_nothing_to_score(self.data, source.quarantined))
                loaders = self._loaders()
                screen.end(f"{source.total:,} photographs")
                screen.begin("Score")
                aside = self._evaluate(source, loaders, unfinished)
                screen.end()
                screen.begin("Worst photographs")
                scores, suspects = self._write_reports(source, loaders, unfinished, aside)
                screen.end()
            shutil.rmtree(self.output, ignore_errors=True)
            unfinished.rename(self.output)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._print(console, scores, suspects, aside)
        _check_answers(scores)

    def _loaders(self) -> ModelLoaders:
        """Returns how each model is loaded, after having seen that it can be."""
        loaders: dict[str, Callable[[], AskedModel]] = {}
        for model in self.models:
            # A thread per photograph: as many photographs as there are workers run side by side.
            load: Callable[[], AskedModel] = (
                functools.partial(ServerModel.connect, model.place, self.model_name)
                if model.is_server
                else functools.partial(ServableModel.load, model.place)
            )
            try:
                load().close()
            except ServingError as error:
                raise EvaluationFailed(
                    f"{model.place}: no model that can be loaded; give a folder with a "
                    f"saved_model.pb, or one of numbered versions. ({_one_line(error)})"
                ) from error
            loaders[model.name] = load
        return loaders

    def _evaluate(
        self, source: PhotographSource, loaders: ModelLoaders, folder: Path
    ) -> list[QuarantinedFile]:
        """Scores everything into a folder; returns what was set aside, sorted by file."""
        folder.mkdir(parents=True)
        # Threads, not processes, and no engine that is fetched: see pipeline/beam_runner.py.
        options = PipelineOptions(
            [
                "--direct_running_mode=multi_threading",
                f"--direct_num_workers={self.workers}",
                "--allow_unsafe_triggers",
            ]
        )
        quarantine = folder / QUARANTINE_FILE
        with beam.Pipeline("DirectRunner", options=options) as root:
            examples, unusable = source.read(root)
            add_evaluation_of(examples, source.total, loaders, str(folder), self.slices)
            _ = (
                unusable
                | "Lines" >> beam.Map(_quarantine_line)
                | "Write quarantine" >> beam.io.WriteToText(str(quarantine), shard_name_template="")
            )
        lines = [json.loads(line) for line in quarantine.read_text().splitlines()]
        found = [QuarantinedFile(**line | {"reason": Reason(line["reason"])}) for line in lines]
        aside = sorted((*source.quarantined, *found), key=lambda each: each.file)
        quarantine.write_text("".join(_quarantine_line(each) + "\n" for each in aside))
        return aside

    def _write_reports(
        self,
        source: PhotographSource,
        loaders: ModelLoaders,
        folder: Path,
        aside: Sequence[QuarantinedFile],
    ) -> tuple[ScoresByModel, list[Suspect]]:
        """Writes what the gate writes too; returns the scores by model and the suspects."""
        scored = read_scores(str(folder))
        if not scored:
            raise EvaluationFailed(_nothing_to_score(self.data, aside))
        scores, suspects = scores_by_model(scored), suspected_labels(scored)
        write_suspects(str(folder / SUSPECTS_FILE), suspects)
        write_scores_csv(str(folder / SCORES_FILE), itertools.chain.from_iterable(scores.values()))
        name, load = next(iter(loaders.items()))
        with contextlib.closing(load()) as model:
            write_worst_of(str(folder), scores[name], model, source.find)
        return scores, suspects

    def _print(
        self,
        console: Console,
        scores: ScoresByModel,
        suspects: Sequence[Suspect],
        aside: Sequence[QuarantinedFile],
    ) -> None:
        tables = [figures_table(scores), *(slice_table(scores, name) for name in self.slices)]
        if suspects:
            tables.append(suspects_table(suspects))
        for table in tables:
            console.print()
            console.print(table)
        console.print()
        place = short_path(self.output)
        if aside:
            console.print(Text(f"{_aside_lines(aside)}\nAll of them: {place}/{QUARANTINE_FILE}"))
        console.print(
            Text(
                f"Seconds are per request, up to {self.workers} at the same time.\n"
                f"All figures: {place}/{SCORES_FILE}   Worst masks: {place}/{PAGE_FILE}   "
                f"Labels: {place}/{SUSPECTS_FILE}"
            )
        )


def _check_answers(scores: ScoresByModel) -> None:
    """Raises EvaluationFailed if a model's scores say nothing of its masks."""
    # How score_photograph writes a fault.
    kinds: list[type[ServiceError]] = [ServiceError, *ServiceError.__subclasses__()]
    lost = tuple(f"{kind.__name__}: " for kind in kinds)
    for name, of_model in scores.items():
        faults = [score.fault for score in of_model if score.fault]
        unanswered = [fault for fault in faults if fault.startswith(lost)]
        if unanswered:
            raise EvaluationFailed(
                f"{name} did not answer for {len(unanswered):,} of {len(of_model):,} photographs, "
                f"which count as no mask: {unanswered[0]}"
            )
        if len(faults) == len(of_model):
            raise EvaluationFailed(f"{name} gave not one usable mask: {faults[0]}")


def _nothing_to_score(data: Path, aside: Sequence[QuarantinedFile]) -> str:
    if not aside:
        return f"{data}: no photograph in it"
    return (
        f"{data}: no photograph with a mask that can be used; scores need a hand-made mask for "
        f"each, train_masks/<car id>_<pose>_mask.gif or .png\n{_aside_lines(aside)}"
    )


def _aside_lines(aside: Sequence[QuarantinedFile]) -> str:
    """Counts what was set aside by reason, and names the first."""
    reasons = Counter(each.reason.value for each in aside)
    counts = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
    named = [
        f"  {os.path.basename(each.file)}: {each.reason.value}: {each.detail}"
        for each in aside[:_NAMED]
    ]
    more = [f"  and {len(aside) - _NAMED:,} more"] if len(aside) > _NAMED else []
    return "\n".join([f"Set aside: {counts}", *named, *more])


def _quarantine_line(file: QuarantinedFile) -> str:
    return json.dumps(asdict(file) | {"reason": file.reason.value})


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
