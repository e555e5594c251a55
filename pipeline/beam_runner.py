"""Where the Beam steps run: on this machine, or on an engine that is already there.

Six steps do their work in Beam: PhotographExampleGen, StatisticsGen, PhotographStatisticsGen,
Transform, Gate and MakeGate. Here a choice of runner becomes the arguments that TFX hands to Beam,
with the set-up of the workers, and what cannot work is refused without asking any server.
docs/beam.md has a command for each runner.
"""

import contextlib
import difflib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions

DIRECT = "DirectRunner"
FLINK = "FlinkRunner"
SPARK = "SparkRunner"
DATAFLOW = "DataflowRunner"
PORTABLE = "PortableRunner"
RUNNERS = (DIRECT, FLINK, SPARK, DATAFLOW, PORTABLE)

# Threads, not processes: the work is done in libraries that let go of the interpreter, and a
# process would first spend ten seconds on importing TFX, in every step. 0 is every CPU of whatever
# machine the step runs on.
# Unsafe triggers, though these steps have no triggers at all: without, Beam's DirectRunner would
# first fetch Prism, an engine, from GitHub and let it do the work.
_ON_THIS_MACHINE = (
    "--direct_running_mode=multi_threading",
    "--direct_num_workers=0",
    "--allow_unsafe_triggers",
)
# TFX packages its own code for Beam's workers, in every step again, unless an option such as this
# one says that they have it. Beam reads it only where it starts containers.
_NOTHING_TO_INSTALL = "--sdk_container_image=none"

# Options without which a runner has nobody to give the work to, and what they are.
_NEEDS = {
    DATAFLOW: {
        "project": "the Google Cloud project",
        "region": "such as europe-west4",
        "temp_location": "a gs:// folder for Beam's own files",
    },
    PORTABLE: {"job_endpoint": "HOST:PORT of the engine's Beam job server"},
}
_MASTERS = {
    FLINK: ("flink_master", "HOST:PORT of Flink's REST interface"),
    SPARK: ("spark_master_url", "spark://HOST:PORT"),
}
# As Flink and as Spark say it: Beam starts one, here.
_OWN_ENGINE = re.compile(r"\[(local|auto)\]|local(\[.+\])?")
# Whoever gives one of these sets the workers up alone.
_OWN_SET_UP = ("setup_file", "requirements_file", "extra_packages", "sdk_container_image")
# A job server may know options that Beam's Python side does not.
_KNOWN_OPTIONS_ONLY = (DIRECT, DATAFLOW)

_NO_DASK = (
    "Beam's DaskRunner cannot run these steps: it computes the last output of a pipeline only, "
    "and does not tell tagged outputs apart; see docs/beam.md"
)


class UnusableRunner(ValueError):
    """The Beam steps could not run like this; the message says why and what to do."""


@dataclass(frozen=True)
class BeamRunner:
    """A choice of runner, with its options.

    Attributes:
        name: One of ``RUNNERS``.
        options: For Beam, ``NAME=VALUE`` or the name of a switch, without dashes.
        worker_image: Container image of the workers, which holds the project and all it imports;
            empty where they are started otherwise.
        shared_folders: Local folders that every worker mounts at the same place.
    """

    name: str = DIRECT
    options: tuple[str, ...] = ()
    worker_image: str = ""
    shared_folders: tuple[str, ...] = ()

    @property
    def known_options(self) -> dict[str, Any]:
        """What Beam understands of the options that were given, by name.

        Raises:
            UnusableRunner: If Beam does not take one.
        """
        for option in self.options:
            name = option.partition("=")[0]
            if not name or name.startswith("-") or name != name.strip():
                raise UnusableRunner(
                    f"--beam-option {option}: write NAME=VALUE, or NAME for a switch; no dashes"
                )
            if name == "runner":
                raise UnusableRunner(f"--beam-option {option}: say --beam-runner NAME instead")
        given = {option.partition("=")[0] for option in self.options}
        parsed = _parsed(self._flags, retain_unknown_options=True)
        return {name: value for name, value in parsed.items() if name in given}

    @property
    def starts_engine(self) -> bool:
        """Whether Beam starts an engine on this machine, for this run alone."""
        options = self.known_options
        if self.name not in _MASTERS or options.get("job_endpoint"):
            return False
        master = str(options.get(_MASTERS[self.name][0], ""))
        return _OWN_ENGINE.fullmatch(master) is not None

    @property
    def elsewhere(self) -> bool:
        """Whether workers may be on machines that do not see this one's files.

        Raises:
            UnusableRunner: If Beam does not take an option.
        """
        if self.name == DIRECT:
            return False
        # An image's containers do not see this machine's files even where they run on it.
        environment = self.known_options.get("environment_type") or self.worker_image
        return not (environment == "LOOPBACK" or (self.starts_engine and not environment))

    @property
    def _flags(self) -> list[str]:
        return [f"--{option}" for option in self.options]


def beam_args(runner: BeamRunner) -> tuple[str, ...]:
    """Returns what TFX's ``beam_pipeline_args`` take.

    Args:
        runner: The choice.

    Returns:
        Flags. The user's come last: Beam takes the last of two.

    Raises:
        UnusableRunner: If the runner is unknown, lacks an option, or its workers lack a set-up.
    """
    _check_name(runner.name)
    options = runner.known_options
    _check_options(runner)
    if runner.name == DIRECT:
        if runner.worker_image or runner.shared_folders:
            raise UnusableRunner(
                f"{DIRECT} works on this machine: leave --worker-image and --shared-folder out, or "
                f"take another --beam-runner: {', '.join(RUNNERS[1:])}"
            )
        own = [*_ON_THIS_MACHINE, _NOTHING_TO_INSTALL]
    else:
        _check_needs(runner, options)
        own = [f"--runner={runner.name}", *_worker_set_up(runner, options)]
    return (*own, *runner._flags, *_absolute_setup_file(options))


def _check_name(name: str) -> None:
    if name in RUNNERS:
        return
    if name == "DaskRunner":
        raise UnusableRunner(_NO_DASK)
    close = difflib.get_close_matches(name, RUNNERS, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise UnusableRunner(f"--beam-runner {name} is none of: {', '.join(RUNNERS)}{hint}")


def _check_options(runner: BeamRunner) -> None:
    """Makes sure that Beam knows the options: it passes over a misspelt one in silence."""
    if runner.name not in _KNOWN_OPTIONS_ONLY:
        return
    known = _parsed([])
    # Some are told to Beam by another name than they are kept under, e.g. --no_use_public_ips.
    understood = known.keys() | _parsed(runner._flags).keys()
    for option in runner.options:
        name = option.partition("=")[0]
        if _parsed([f"--{option}"]) == known and name not in understood:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UnusableRunner(f"--beam-option {option}: Beam knows no {name}{hint}")


def _check_needs(runner: BeamRunner, options: dict[str, Any]) -> None:
    missing = [
        f"--beam-option {name}=... ({what})"
        for name, what in _NEEDS.get(runner.name, {}).items()
        if not options.get(name)
    ]
    if missing:
        raise UnusableRunner(f"{runner.name} needs {' and '.join(missing)}; see docs/beam.md")
    if runner.name in _MASTERS and not options.get("job_endpoint"):
        master, form = _MASTERS[runner.name]
        if not options.get(master):
            raise UnusableRunner(
                f"{runner.name} needs --beam-option {master}=... ({form}), or --beam-option "
                "job_endpoint=HOST:PORT of a Beam job server that knows it; see docs/beam.md"
            )
    if options.get("spark_submit_uber_jar") and not options.get("spark_rest_url"):
        raise UnusableRunner("spark_submit_uber_jar needs --beam-option spark_rest_url=http://...")
    if runner.name == DATAFLOW:
        for name in ("temp_location", "staging_location"):
            if options.get(name) and not str(options[name]).startswith("gs://"):
                raise UnusableRunner(
                    f"--beam-option {name}={options[name]}: Dataflow needs a gs:// folder there"
                )
        if runner.shared_folders:
            raise UnusableRunner(
                "--shared-folder: Dataflow's workers mount no folder; keep photographs and "
                "pipeline root in gs://"
            )


def _absolute_setup_file(options: dict[str, Any]) -> tuple[str, ...]:
    """Beam changes into the file's folder, and knows no folder of a bare name."""
    given = options.get("setup_file")
    if not given:
        return ()
    path = Path(given).absolute()
    if path.name != "setup.py" or not path.is_file():
        raise UnusableRunner(f"--beam-option setup_file={given}: there is no such setup.py")
    return (f"--setup_file={path}",)


def _worker_set_up(runner: BeamRunner, options: dict[str, Any]) -> tuple[str, ...]:
    image = runner.worker_image
    own = any(options.get(name) for name in _OWN_SET_UP)
    if runner.name == DATAFLOW:
        if not image and not own:
            raise UnusableRunner(
                "DataflowRunner needs --worker-image IMAGE: Beam's own image has no TFX and no "
                "TensorFlow; docs/beam.md says how it is built"
            )
        return (f"--sdk_container_image={image}",) if image else ()

    environment = options.get("environment_type")
    if image:
        if environment not in (None, "DOCKER"):
            raise UnusableRunner(
                f"--worker-image {image} is for workers in containers, but --beam-option "
                f"environment_type={environment} starts none; leave one of the two out"
            )
        return (
            "--environment_type=DOCKER",
            f"--environment_config={image}",
            f"--sdk_container_image={image}",
        )
    if not runner.elsewhere:
        return () if own else (_NOTHING_TO_INSTALL,)
    configured = options.get("environment_config") or options.get("environment_option")
    configured = configured or options.get("environment_options")
    if environment is None or not configured:
        raise UnusableRunner(
            f"{runner.name}'s workers need an environment with TFX and this project: give "
            "--worker-image IMAGE (docs/beam.md says how it is built), or --beam-option "
            "environment_type=EXTERNAL and environment_config=HOST:PORT of Beam worker pools"
        )
    if environment == "PROCESS":
        _check_process(str(options.get("environment_config") or ""))
    return () if own else (_NOTHING_TO_INSTALL,)


def _check_process(config: str) -> None:
    """Beam would say it in each worker's log only."""
    if not config:
        return
    try:
        command = json.loads(config).get("command")
    except (ValueError, AttributeError):
        command = None
    if not command:
        raise UnusableRunner(
            f"--beam-option environment_config={config}: for PROCESS it is JSON, such as "
            '{"command": "/opt/apache/beam/boot"}'
        )


def _parsed(flags: list[str], **how: bool) -> dict[str, Any]:
    """Has Beam's own parser read flags; what it would print and exit with becomes an exception."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return dict(PipelineOptions(flags).get_all_options(**how))
    except SystemExit as error:
        line = said.getvalue().strip().splitlines()[-1:] or ["cannot be read"]
        raise UnusableRunner(f"--beam-option: {line[0].partition('error: ')[2]}") from error
