"""What ``kubeflow_runner.py`` does: reads its flags, compiles, and sends what it compiled."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from pipeline.kubeflow.job import KubeflowJob, Volume
from pipeline.kubeflow.machine_flags import InvalidMachine, machines
from pipeline.kubeflow.server.cron import InvalidCron, cron_with_seconds
from pipeline.overrides import InvalidOverride


class UnusableFlags(ValueError):
    """The flags ask for something that cannot be; the message says what."""


@dataclass(frozen=True)
class KubeflowCommand:
    """One call of ``kubeflow_runner.py``; the fields are its flags, see its ``--help``."""

    preset: str
    output: Path
    image: str
    root: str
    serving_directory: str
    data: str
    name: str
    volume: str | None
    overrides: tuple[str, ...]
    make_classifier: bool
    cpu: tuple[str, ...]
    memory: tuple[str, ...]
    gpu: tuple[str, ...]
    gpu_type: tuple[str, ...]
    node_selector: tuple[str, ...]
    retries: int
    no_cache: bool
    fit_jobs: str
    beam_runner: str
    beam_options: tuple[str, ...]
    worker_image: str
    is_submitted: bool
    schedule: str | None
    host: str | None
    experiment: str
    run_name: str | None
    parameter: tuple[str, ...]
    namespace: str | None
    token_file: Path | None
    ca_file: Path | None

    def execute(self, console: Console) -> None:
        """Does all that was asked for.

        Args:
            console: The user's screen.

        Raises:
            UnusableFlags: If the flags ask for something that cannot be; nothing was written.
            KubeflowRefused: If the server does not take what was compiled; the file is written.
        """
        self._check_sending()
        with console.status("Loading TensorFlow and TFX"):
            job = self._job()
            from pipeline.kubeflow.compiler.machines import UnknownStep
            from pipeline.kubeflow.compiler.package import compile_package
        try:
            package = compile_package(job)
        except UnknownStep as error:
            raise UnusableFlags(str(error)) from error
        self.output.parent.mkdir(parents=True, exist_ok=True)
        self.output.write_text(package)
        _say(console, f"{self.output}: {job.name}, preset {job.preset}, for {job.image}")
        if self.schedule is not None:
            self._schedule(console, self.schedule)
        elif self.is_submitted:
            self._submit(console)
        else:
            _say(console, "Next: the same command with --submit --host URL, or --schedule CRON")

    def _check_sending(self) -> None:
        if self.is_submitted and self.schedule is not None:
            raise UnusableFlags("--submit and --schedule are two things to do; take one")
        if not self.is_submitted and self.schedule is None:
            if self.host or self.parameter:
                raise UnusableFlags("--host and --parameter need --submit or --schedule CRON")
        elif not self.host:
            raise UnusableFlags("--submit and --schedule need --host URL")
        if self.schedule is not None:
            try:
                cron_with_seconds(self.schedule)
            except InvalidCron as error:
                raise UnusableFlags(f"--schedule: {error}") from error

    def _job(self) -> KubeflowJob:
        from pipeline.beam_runner import DIRECT, BeamRunner, UnusableRunner, beam_args

        volume = None if self.volume is None else self._volume(self.volume)
        runner = BeamRunner(
            self.beam_runner,
            self.beam_options,
            worker_image=self.worker_image,
            shared_folders=(() if volume is None or self.beam_runner == DIRECT else (volume.path,)),
        )
        try:
            machine, by_step = machines(
                self.cpu, self.memory, self.gpu, self.gpu_type, self.node_selector
            )
            job = KubeflowJob(
                image=self.image,
                root=self.root,
                serving_directory=self.serving_directory,
                data=self.data,
                preset=self.preset,
                overrides=(*self.overrides, *(("make.enabled=true",) * self.make_classifier)),
                name=self.name,
                volume=volume,
                machine=machine,
                machines=by_step,
                retries=self.retries,
                cache=not self.no_cache,
                fit_jobs=self.fit_jobs,
                beam_args=beam_args(runner),
                beam_elsewhere=runner.elsewhere,
            )
            job.config()
        except ValidationError as error:
            raise UnusableFlags(_explain(error)) from error
        except (InvalidMachine, InvalidOverride, UnusableRunner) as error:
            raise UnusableFlags(str(error)) from error
        return job

    @staticmethod
    def _volume(text: str) -> Volume:
        claim, _, path = text.partition(":")
        if not (claim and path):
            raise UnusableFlags(f"--volume {text}: write CLAIM:/PATH")
        try:
            return Volume(claim, path)
        except ValidationError as error:
            raise UnusableFlags(f"--volume {text}: {_explain(error)}") from error

    def _submit(self, console: Console) -> None:
        from pipeline.kubeflow.server.submit import submit

        run = submit(self.output, self._address(), **self._sent())
        _say(console, f"{run.name} runs version {run.version}: {run.url}")

    def _schedule(self, console: Console, cron: str) -> None:
        from pipeline.kubeflow.server.submit import schedule

        made = schedule(self.output, self._address(), cron, **self._sent())
        instead = f", instead of {made.replaced} older" if made.replaced else ""
        _say(console, f"{made.name} runs at {made.cron}{instead}: {made.url}")

    def _address(self) -> Any:
        from pipeline.kubeflow.server.bearer_token import bearer_token
        from pipeline.kubeflow.server.pipelines_server import KubeflowAddress

        assert self.host is not None
        token = bearer_token(self.token_file)
        return KubeflowAddress(self.host, token, self.namespace, self.ca_file)

    def _sent(self) -> dict[str, Any]:
        arguments = {}
        for each in self.parameter:
            name, equals, value = each.partition("=")
            if not (name and equals):
                raise UnusableFlags(f"--parameter {each}: write NAME=VALUE")
            arguments[name] = value
        return {
            "run_name": self.run_name,
            "experiment": self.experiment,
            "arguments": arguments,
        }


def _explain(error: ValidationError) -> str:
    return "; ".join(detail["msg"].removeprefix("Value error, ") for detail in error.errors())


def _say(console: Console, text: str) -> None:
    console.print(Text(text))
