"""Runs the pipeline on this machine: data, steps, scores, one mask, what to do next."""

import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from rich.console import Console
from rich.text import Text
from tfx import v1 as tfx

from components.data_check import UnusableData
from components.drift_check import DriftedData
from components.folder_files import UnusableFolder, is_local
from components.server_evidence import MissingServer
from components.span_listing import list_spans, spans_fingerprint
from components.spans import resolve_spans
from pipeline import features
from pipeline.closing import print_closing, short_path
from pipeline.config import PipelineConfig
from pipeline.create_pipeline import SCHEMA_FILE, create_pipeline
from pipeline.first_mask import ask_for_a_mask
from pipeline.presets import SAMPLE_STUDIO
from pipeline.run_record import RunRecord, last_run
from pipeline.screen import Screen
from pipeline.summary import summarize
from pipeline.weights_digest import MissingWeights
from pipeline.workdir import Workdir, WorkdirError
from report.data.unlabelled import names_digest
from report.publish import publish
from serving.signing.keys import UnusableKey
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

# Their messages are written for the user; a step's name and a class would only be in the way.
_SPEAKING = (
    UnusableFolder,
    UnusableData,
    DriftedData,
    WorkdirError,
    MissingWeights,
    UnusableKey,
    MissingServer,
)


@dataclass(frozen=True)
class LocalRun:
    """One run.

    Attributes:
        config: The preset with its overrides.
        data: Where the photographs are, see ``components.spans.resolve_spans``; None renders the
            sample studio into the workdir.
        workdir: Everything the run writes lies below it.
        fail_if_rejected: Whether a rejected model is an exit code of 3 instead of 0.
        beam_options: For Beam, beside its own, such as ``hdfs_host=namenode``.
    """

    config: PipelineConfig
    data: str | None
    workdir: Workdir
    fail_if_rejected: bool = False
    beam_options: tuple[str, ...] = ()

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
            with self.workdir.locked(), screen:
                return self._run(console, screen)
        except KeyboardInterrupt:
            console.print("Interrupted. Run the same command again: finished steps are kept.")
            return EXIT_INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the screen gets one line, the log all of it
            traceback.print_exc()
            console.print(Text(_explain(error, screen), style="red"))
            console.print(Text(f"The log is {self.workdir.log}"))
            return EXIT_FAILED

    def _run(self, console: Console, screen: Screen) -> int:
        # Whoever reads it while this run is at work, or after it failed, must not take the figures
        # of an earlier one for its.
        self.workdir.summary.unlink(missing_ok=True)
        self.workdir.check_split(self.config.data, self.config.warm_start)
        record = self._run_pipeline(self._photographs(screen))
        publish(record.uris["RunReport", "report"], self.workdir.report)
        summary = summarize(record, screen.steps, self.workdir)
        summary.write(self.workdir.summary)
        if summary.pushed:
            self.workdir.remember_split(self.config.data)
        print_closing(console, summary, self.workdir)
        if self.workdir.served_version() is not None:
            screen.begin("Mask over gRPC")
            examples = record.uris["PhotographExampleGen", "examples"]
            mask = ask_for_a_mask(
                self.workdir.serving_directory,
                Path(examples, f"Split-{features.TEST}"),
                self.workdir.first_mask,
            )
            screen.end(f"{short_path(mask.picture)} (Dice {mask.dice:.4f})")
            console.print(
                Text(
                    f"Next: {short_path(Path(sys.executable).with_name('studio-mask'))} serve "
                    "--model_base_path "
                    f"{short_path(self.workdir.serving_directory)} --model_name mask --port 8500"
                )
            )
        return EXIT_REJECTED if self.fail_if_rejected and not summary.blessed else 0

    def _photographs(self, screen: Screen) -> str:
        if self.data is not None:
            return os.path.abspath(self.data) if is_local(self.data) else self.data
        screen.begin("Sample studio")
        rendered = render_dataset(
            self.workdir.photographs(SAMPLE_STUDIO), SAMPLE_STUDIO, progress=screen.advance_to
        )
        screen.end()
        return str(rendered)

    def _run_pipeline(self, data: str) -> RunRecord:
        beam_args = [*BEAM_ARGS, *(f"--{option}" for option in self.beam_options)]
        # What is listed here, before any pipeline runs, may need them too.
        FileSystems.set_options(PipelineOptions(beam_args))
        spans = resolve_spans(data, self.config.data.spans)
        list_spans(spans)  # Says at once if there is nothing to work on.
        metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(self.workdir.metadata)
        )
        tfx.orchestration.LocalDagRunner().run(
            create_pipeline(
                name="mask",
                root=str(self.workdir.artifacts),
                data=data,
                fingerprint=spans_fingerprint(spans),
                unlabelled_names=names_digest([span.path for span in spans]),
                schema_file=str(self.workdir.schema(SCHEMA_FILE)),
                serving_directory=str(self.workdir.serving_directory),
                make_serving_directory=str(self.workdir.make_serving_directory),
                fits_directory=str(self.workdir.artifacts / "fits"),
                config=self.config,
                metadata=metadata,
                beam_pipeline_args=beam_args,
            )
        )
        return last_run(metadata)


def _explain(error: Exception, screen: Screen) -> str:
    if isinstance(error, _SPEAKING):
        return str(error)
    step = f"{screen.running} failed: " if screen.running else ""
    return f"{step}{type(error).__name__}: {error}"
