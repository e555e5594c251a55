"""A run over a photograph or a folder: what is done, what failed, and what is left for the next."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from serving.client.errors import ServiceError
from serving.client.failure_list import FailureList
from serving.client.leftovers import remove_leftovers
from serving.client.mask_run import MakeResult, MaskOutcome, mask_photographs
from serving.client.mask_screen import MaskScreen
from serving.client.photograph_folder import Refusal
from serving.client.photograph_plan import MaskTask, PlanError
from serving.client.result_store import ResultStore
from serving.client.run_tally import RunTally
from serving.client.stop_request import StopRequest
from serving.client.watched_folder import WatchedFolder

# Two looks this far apart must show the same file before it is taken for whole.
_LOOK_EVERY_S = 2.0


class BatchRun:
    """One run; its tally is right at any time.

    Attributes:
        tally: The counts so far.
        failures: The list that is kept for a folder; None for a single photograph.
    """

    def __init__(
        self,
        source: Path,
        output: Path,
        store: ResultStore,
        screen: MaskScreen,
        *,
        in_flight: int,
        stop: StopRequest,
    ) -> None:
        """Prepares a run.

        Args:
            source: A photograph, or a folder of them.
            output: The file or folder of the results.
            store: Plans the work and keeps its results.
            screen: Where failures are told.
            in_flight: Requests to keep under way at the same time.
            stop: Ends the run early.
        """
        self.tally = RunTally()
        self.failures = FailureList(output) if source.is_dir() else None
        self._source = source
        self._store = store
        self._screen = screen
        self._in_flight = in_flight
        self._stop = stop
        self._told: dict[Path, str] = {}
        # A watched photograph that failed may be repaired, and then it did not fail any more.
        self._failed: set[str] = set()

    def once(self, make_result: MakeResult) -> None:
        """Does what there is to do.

        Raises:
            PlanError: Nothing can be done.
            ServiceError: The server or the model is missing.
            OutputNotWritable: A result cannot be written.
        """
        plan = self._store.plan()
        if not (plan.tasks or plan.refusals or plan.already_there):
            raise PlanError(f"No JPEG or PNG files in {self._source}: nothing to mask.")
        self._begin(plan.tasks, plan.refusals, plan.already_there)
        self._refuse(plan.refusals)
        self.tally.not_done = len(plan.tasks)
        with self._screen.progress_bar(len(plan.tasks)) as advance:
            for outcome in self._mask(plan.tasks, make_result):
                self._note(outcome.task, outcome.failure)
                self.tally.not_done -= 1
                advance()

    def watch(self, make_result: MakeResult) -> None:
        """Does what there is to do, and what comes, until it is stopped.

        A server, or a folder, that goes away is waited for: what could not be done is tried again
        at each look.

        Raises:
            PlanError: INPUT and OUTPUT do not fit together.
            OutputNotWritable: A result cannot be written.
        """
        watched = WatchedFolder()
        plan = self._store.plan()
        self._begin(plan.tasks, plan.refusals, plan.already_there)
        trouble = ""
        while not self._stop:
            tasks: dict[MaskTask, None] = {}
            try:
                plan = self._store.plan()
                self._refuse(plan.refusals)
                ready = set(watched.ready(task.photograph for task in plan.tasks))
                tasks.update((task, None) for task in plan.tasks if task.photograph in ready)
                for outcome in self._mask(list(tasks), make_result):
                    del tasks[outcome.task]
                    self._note(outcome.task, outcome.failure)
                    trouble = ""
            except (ServiceError, PlanError) as error:
                watched.give_back(task.photograph for task in tasks)
                if str(error) != trouble:
                    trouble = str(error)
                    self._screen.say(f"{error} Trying again.")
            self.tally.not_done = len(tasks)
            self.save_failures()
            self._stop.sleep(_LOOK_EVERY_S)

    def save_failures(self) -> None:
        """Writes the list of failures, if there is one and it has changed."""
        if self.failures is not None:
            try:
                self.failures.save()
            except OSError as error:
                self._screen.say(f"Cannot write {self.failures.path}: {error.strerror}.")

    def _mask(self, tasks: Sequence[MaskTask], make_result: MakeResult) -> Iterator[MaskOutcome]:
        return mask_photographs(
            tasks,
            make_result,
            self._store.save,
            in_flight=self._in_flight,
            is_stopped=lambda: bool(self._stop),
        )

    def _begin(
        self, tasks: Iterable[MaskTask], refusals: Iterable[Refusal], already_there: int
    ) -> None:
        self.tally.already_there = already_there
        remove_leftovers(task.destination for task in tasks)
        if self.failures is not None:
            names = {task.name for task in tasks}
            names.update(self._name_of(refusal) for refusal in refusals)
            self.failures.load(names)

    def _refuse(self, refusals: Iterable[Refusal]) -> None:
        """Tells of what is refused, once."""
        for refusal in refusals:
            if self._told.get(refusal.photograph) != refusal.reason:
                self._told[refusal.photograph] = refusal.reason
                self._fail(refusal.photograph, self._name_of(refusal), refusal.reason)

    def _note(self, task: MaskTask, failure: str | None) -> None:
        if failure is not None:
            self._fail(task.photograph, task.name, failure)
            return
        self.tally.masked += 1
        self._failed.discard(task.name)
        self.tally.failed = len(self._failed)
        if self.failures is not None:
            self.failures.note(task.name, None)

    def _fail(self, photograph: Path, name: str, reason: str) -> None:
        self._screen.say(f"{photograph}: {reason}")
        self._failed.add(name)
        self.tally.failed = len(self._failed)
        if self.failures is not None:
            self.failures.note(name, reason)

    def _name_of(self, refusal: Refusal) -> str:
        return refusal.photograph.relative_to(self._source).as_posix()
