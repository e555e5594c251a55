import inspect
import io
import re

import absl.logging
import pytest
from rich.console import Console
from tfx.orchestration.local import local_dag_runner
from tfx.orchestration.portable import launcher

from pipeline import progress, screen
from pipeline.screen import Screen


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=100)


@pytest.fixture(autouse=True)
def _verbosity():
    verbosity, level = absl.logging.get_verbosity(), progress.LOGGER.level
    yield
    absl.logging.set_verbosity(verbosity)
    progress.LOGGER.setLevel(level)


def lines(console):
    """What was printed, with every time replaced."""
    printed = console.file.getvalue().splitlines()
    return [re.sub(r" +\d+\.\d s", " N s", line.rstrip()) for line in printed if line.strip()]


def running(name):
    absl.logging.info("Component %s is running.", name)


def finished(name):
    absl.logging.info("Component %s is finished.", name)


def test_tfx_still_logs_what_the_screen_listens_for():
    runner, of_launcher = map(inspect.getsource, (local_dag_runner, launcher))
    assert f"logging.info('{screen._RUNNING}', node_id)" in runner
    assert f"logging.info('{screen._FINISHED}', node_id)" in runner
    assert f"logging.info('{screen._CACHED}', execution.id)" in of_launcher
    assert local_dag_runner.logging is launcher.logging is absl.logging


def test_each_finished_step_gets_a_line(console):
    with Screen(console) as shown:
        running("ExampleGen")
        finished("ExampleGen")
        running("Trainer.unet")
        absl.logging.info("A cached execution %d is used.", 7)
        finished("Trainer.unet")
        running("Gate")
        finished("Gate")
    assert [(step.name, step.cached) for step in shown.steps] == [
        ("ExampleGen", False),
        ("Trainer.unet", True),
        ("Gate", False),
    ]
    assert lines(console) == ["  ExampleGen N s", "  Trainer.unet N s  cached", "  Gate N s"]
    assert shown.running is None


def test_seconds_are_those_between_begin_and_end(console, monkeypatch):
    clock = iter([100.0, 102.5, 200.0, 300.25])
    monkeypatch.setattr(screen.time, "monotonic", lambda: next(clock))
    shown = Screen(console)
    for name in ("a", "b"):
        shown.begin(name)
        shown.end()
    assert [step.seconds for step in shown.steps] == [2.5, 100.25]
    assert console.file.getvalue().split() == ["a", "2.5", "s", "b", "100.2", "s"]


@pytest.mark.parametrize(
    ("error", "word"), [(ValueError, "failed"), (KeyboardInterrupt, "interrupted")]
)
def test_a_step_that_does_not_finish_is_shown_as_such(console, error, word):
    shown = Screen(console)

    def run():
        with shown:
            running("Gate")
            finished("Gate")
            running("Pusher")
            raise error

    with pytest.raises(error):
        run()
    assert lines(console) == ["  Gate N s", f"  Pusher N s  {word}"]
    assert [step.name for step in shown.steps] == ["Gate"]
    assert shown.running == "Pusher"


def test_an_error_between_steps_blames_none(console):
    def run():
        with Screen(console):
            running("Gate")
            finished("Gate")
            raise ValueError("between")

    with pytest.raises(ValueError, match="between"):
        run()
    assert lines(console) == ["  Gate N s"]


def test_a_note_stands_beside_the_time(console):
    shown = Screen(console)
    shown.begin("Mask over gRPC")
    shown.end("first_mask/[a]_01.png (Dice 0.9876)")
    assert lines(console) == ["  Mask over gRPC N s  first_mask/[a]_01.png (Dice 0.9876)"]


def test_other_records_are_not_shown(console):
    with Screen(console):
        absl.logging.info("Component %s is resting.", "Gate")
        absl.logging.error("something %d", 7)
        progress.LOGGER.info("no advance")
    assert lines(console) == []


def test_it_no_longer_listens_afterwards(console):
    with Screen(console) as shown:
        pass
    running("Gate")
    finished("Gate")
    assert shown.steps == []
    assert progress.LOGGER.propagate


class TestProgress:
    @pytest.fixture
    def task(self):
        """The bar of the running step."""

        def task(shown):
            [task] = shown._progress.tasks
            return task

        return task

    def test_each_advance_moves_the_running_steps_bar(self, console, task):
        with Screen(console) as shown:
            running("Trainer.unet")
            assert task(shown).total is None
            for step in (1, 2):
                progress.advance(8, f"loss {step}")
                assert task(shown).completed == step
                assert task(shown).total == 8
                assert task(shown).fields["note"] == f"loss {step}"

    def test_a_finished_steps_bar_is_gone(self, console, task):
        with Screen(console) as shown:
            running("a")
            progress.advance(8)
            finished("a")
            assert shown._progress.tasks == []
            progress.advance(8)  # Nobody's: must not fail.
            running("b")
            assert task(shown).completed == 0

    def test_a_bar_can_be_set_to_a_place(self, console, task):
        with Screen(console) as shown:
            shown.begin("Sample studio")
            shown.advance_to(5, 20)
            assert (task(shown).completed, task(shown).total) == (5, 20)

    def test_is_a_log_line_where_no_screen_listens(self, caplog):
        with caplog.at_level("INFO", progress.LOGGER.name):
            progress.advance(30, "photographs")
        [record] = caplog.records
        assert record.getMessage() == "one more of 30: photographs"
        assert record.advance == progress.Advance(30, "photographs")
