"""Runs the pipeline on this machine: data, steps, scores, one mask, what to do next."""

import contextlib
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from ml_metadata.proto import metadata_store_pb2
from rich.console import Console
from rich.text import Text
from tfx import v1 as tfx

from components.data_check import UnusableData
from components.drift_check import DriftedData
from components.folder_files import UnusableFolder, is_local
from components.photograph_folder import fingerprint
from components.server_evidence import MissingServer
from components.span_listing import list_spans, spans_fingerprint
from components.spans import resolve_spans
from pipeline import features
from pipeline.beam_engine import check_engine, check_places
from pipeline.beam_runner import BeamRunner, UnusableRunner, beam_args
from pipeline.closing import print_closing, short_path
from pipeline.config import PipelineConfig
from pipeline.create_pipeline import create_pipeline
from pipeline.first_mask import ask_for_a_mask
from pipeline.full_disk import full_disk
from pipeline.metadata_check import check_file, check_server
from pipeline.metadata_connection import MetadataServer, UnusableMetadata, sqlite_connection
from pipeline.pipeline_name import OWN_STORE, shared_store_name
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

# Their messages are written for the user; a step's name and a class would only be in the way.
_SPEAKING = (
    UnusableFolder,
    UnusableData,
    DriftedData,
    WorkdirError,
    MissingWeights,
    UnusableKey,
    MissingServer,
    UnusableMetadata,
    UnusableRunner,
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
        beam: Where the Beam steps run, with options such as ``hdfs_host=namenode``.
        metadata: Server that keeps ML Metadata; None keeps it in a file of the workdir.
    """

    config: PipelineConfig
    data: str | None
    workdir: Workdir
    fail_if_rejected: bool = False
    beam: BeamRunner = BeamRunner()
    metadata: MetadataServer | None = None

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
            with contextlib.suppress(OSError):  # The log may lie on a disk that is full.
                traceback.print_exc()
            console.print(Text(_explain(error, screen, self.workdir), style="red"))
            console.print(Text(f"The log is {self.workdir.log}"))
            return EXIT_FAILED

    def _run(self, console: Console, screen: Screen) -> int:
        # Whoever reads it while this run is at work, or after it failed, must not take the figures
        # of an earlier one for its.
        self.workdir.summary.unlink(missing_ok=True)
        self.workdir.check_split(self.config.data, self.config.warm_start)
        beam = self._open_beam()
        self.workdir.announce_split(self.config.data)
        metadata = self._open_metadata()
        record = self._run_pipeline(self._photographs(screen), metadata, beam)
        publish(record.uris["RunReport", "report"], self.workdir.report)
        summary = summarize(record, screen.steps, self.workdir)
        summary.write(self.workdir.summary)
        self.workdir.conclude_split(self.config.data, pushed=bool(summary.pushed))
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

    def _open_metadata(self) -> metadata_store_pb2.ConnectionConfig:
        """Returns the connection to the store, which is there and answers."""
        if self.metadata is None:
            connection = sqlite_connection(self.workdir.metadata)
            check_file(connection)
            return connection
        self.metadata.share_password()
        check_server(self.metadata)
        return self.metadata.connection()

    def _open_beam(self) -> tuple[str, ...]:
        """Returns the arguments for Beam, whose engine is there and sees the files."""
        arguments = beam_args(self.beam)
        bulk = self.config.bulk.photographs
        places = {"--data": self.data} if self.data is not None else {}
        places |= {"bulk.photographs": bulk} if bulk else {}
        check_places(self.beam, places | {"--workdir": str(self.workdir.path)})
        check_engine(self.beam)
        # What is listed here, before any pipeline runs, may need the options too.
        FileSystems.set_options(PipelineOptions(list(arguments)))
        return arguments

    def _run_pipeline(
        self, data: str, metadata: metadata_store_pb2.ConnectionConfig, beam: tuple[str, ...]
    ) -> RunRecord:
        spans = resolve_spans(data, self.config.data.spans)
        list_spans(spans)  # Says at once if there is nothing to work on.
        name = shared_store_name(self.workdir.path) if self.metadata else OWN_STORE
        bulk = self.config.bulk.photographs
        tfx.orchestration.LocalDagRunner().run(
            create_pipeline(
                name=name,
                root=str(self.workdir.artifacts),
                data=data,
                fingerprint=spans_fingerprint(spans),
                unlabelled_names=names_digest([span.path for span in spans]),
                schema_file=str(self.workdir.schema()),
                serving_directory=str(self.workdir.serving_directory),
                make_serving_directory=str(self.workdir.make_serving_directory),
                fits_directory=str(self.workdir.artifacts / "fits"),
                config=self.config,
                metadata=metadata,
                bulk_fingerprint=bulk and fingerprint(bulk),
                beam_pipeline_args=beam,
            )
        )
        return last_run(metadata, name)


def _explain(error: Exception, screen: Screen, workdir: Workdir) -> str:
    if isinstance(error, _SPEAKING):
        return str(error)
    step = f"{screen.running} failed: " if screen.running else ""
    full = full_disk(error, workdir.path)
    if full:
        return f"{step}{full}"
    return f"{step}{type(error).__name__}: {error}"
