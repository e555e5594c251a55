"""Runs the pipeline on this machine: data, steps, scores, one mask, what to do next."""

import os
import traceback
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text
from tfx import v1 as tfx

from components.data_check import UnusableData
from components.photograph_folder import NoPhotographs, fingerprint, list_folder
from pipeline import features
from pipeline.closing import SERVING_DIRECTORY, print_closing
from pipeline.config import PipelineConfig
from pipeline.create_pipeline import create_pipeline
from pipeline.first_mask import FirstMask, ask_for_a_mask
from pipeline.presets import SAMPLE_STUDIO
from pipeline.run_record import last_run
from pipeline.screen import Screen
from pipeline.summary import Summary, summarize
from studio.dataset import render_dataset

EXIT_REJECTED = 3
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

# Threads, not processes: the work is done in libraries that let go of the interpreter, and a
# process would first spend ten seconds on importing TFX, in every step.
BEAM_ARGS = (
    "--direct_running_mode=multi_threading",
    f"--direct_num_workers={os.cpu_count() or 1}",
)


@dataclass(frozen=True)
class LocalRun:
    """One run.

    Attributes:
        config: The preset with its overrides.
        data: Folder of photographs; None renders the sample studio into the workdir.
        workdir: Everything the run writes lies below it.
        log: Where the libraries' chatter goes, to be named when something fails.
        fail_if_rejected: Whether a rejected model is an exit code of 3 instead of 0.
    """

    config: PipelineConfig
    data: Path | None
    workdir: Path
    log: Path
    fail_if_rejected: bool = False

    def execute(self, console: Console) -> int:
        """Runs everything.

        Args:
            console: The user's screen.

        Returns:
            The exit code: 0; 1 if a step failed; 3 if the model was rejected and that was asked to
            count; 130 if the user interrupted.
        """
        screen = Screen(console)
        try:
            with screen:
                summary, mask = self._run(screen)
        except KeyboardInterrupt:
            console.print("Interrupted. Run the same command again: finished steps are kept.")
            return EXIT_INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the screen gets one line, the log all of it
            traceback.print_exc()
            console.print(Text(_explain(error, screen), style="red"))
            console.print(Text(f"The log is {self.log}"))
            return EXIT_FAILED
        print_closing(console, summary, mask, self.workdir, self.log)
        return EXIT_REJECTED if self.fail_if_rejected and not summary.blessed else 0

    def _run(self, screen: Screen) -> tuple[Summary, FirstMask | None]:
        data = self._photographs(screen)
        list_folder(str(data))  # Says at once if there is nothing to work on.
        metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(self.workdir / "metadata.sqlite")
        )
        serving_directory = self.workdir / SERVING_DIRECTORY
        tfx.orchestration.LocalDagRunner().run(
            create_pipeline(
                name="mask",
                root=str(self.workdir / "pipeline"),
                data=str(data),
                fingerprint=fingerprint(str(data)),
                serving_directory=str(serving_directory),
                config=self.config,
                metadata=metadata,
                beam_pipeline_args=BEAM_ARGS,
            )
        )
        record = last_run(metadata)
        summary = summarize(record, screen.steps)
        summary.write(self.workdir)
        if not any(serving_directory.glob("[0-9]*")):
            return summary, None
        screen.begin("Mask over gRPC")
        test_examples = Path(
            record.uris["PhotographExampleGen", "examples"], f"Split-{features.TEST}"
        )
        mask = ask_for_a_mask(serving_directory, test_examples, self.workdir / "first_mask")
        screen.end()
        return summary, mask

    def _photographs(self, screen: Screen) -> Path:
        if self.data is not None:
            return self.data.resolve()
        screen.begin("Sample studio")
        rendered = render_dataset(
            self.workdir / "photographs", SAMPLE_STUDIO, progress=screen.advance_to
        )
        screen.end()
        return rendered.resolve()


def _explain(error: Exception, screen: Screen) -> str:
    if isinstance(error, NoPhotographs | UnusableData):
        return str(error)
    step = f"{screen.running} failed: " if screen.running else ""
    return f"{step}{type(error).__name__}: {error}"
