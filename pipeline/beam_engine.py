"""Finds out before any work whether a Beam engine can be reached, and can reach the files.

``beam_args`` asks nobody, so that a pipeline can be compiled anywhere; what is here runs where the
Beam steps are submitted.
"""

import os
import shutil
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.flink_runner import FlinkJarJobServer
from apache_beam.runners.portability.spark_runner import SparkJarJobServer

from components.folder_files import is_local
from pipeline.beam_runner import DATAFLOW, FLINK, SPARK, BeamRunner, UnusableRunner

_SECONDS_TO_ANSWER = 5.0


def check_places(runner: BeamRunner, places: Mapping[str, str]) -> None:
    """Makes sure that the workers see what the steps read and write.

    Args:
        runner: The choice.
        places: Paths or URLs, each under what the user calls it, e.g. ``--data``.

    Raises:
        UnusableRunner: If one lies on this machine alone.
    """
    if not runner.elsewhere:
        return
    shared = [os.path.realpath(folder) for folder in runner.shared_folders]
    for folder in runner.shared_folders:
        if not os.path.isdir(folder):
            raise UnusableRunner(f"--shared-folder {folder}: there is no such folder here")
    for name, place in places.items():
        path = os.path.realpath(place)
        if is_local(place) and not any(
            os.path.commonpath([path, folder]) == folder for folder in shared
        ):
            raise UnusableRunner(
                f"{name} {place} is on this machine, and {runner.name}'s workers are on others. "
                + (
                    "Take a gs:// URL"
                    if runner.name == DATAFLOW
                    else "Take a URL that all can read (gs://, s3://, hdfs://), or a folder that "
                    "all of them mount at the same place, and name that with --shared-folder"
                )
            )


def check_engine(runner: BeamRunner) -> None:
    """Makes sure that somebody answers where the runner will send the work.

    Args:
        runner: A choice that ``beam_args`` takes.

    Raises:
        UnusableRunner: If a server does not answer within five seconds, or Java, the job server's
            jar or Google's credentials are missing where Beam needs them.
    """
    options = runner.known_options
    if runner.name == DATAFLOW:
        _check_credentials()
    elif options.get("job_endpoint"):
        _check_answer("job_endpoint", options["job_endpoint"], "start the Beam job server")
    elif runner.name == FLINK:
        if not runner.starts_engine:
            _check_answer("flink_master", options["flink_master"], "start the Flink cluster")
        _check_job_server(FlinkJarJobServer, runner, options)
    elif runner.name == SPARK:
        if options.get("spark_submit_uber_jar"):
            _check_answer("spark_rest_url", options["spark_rest_url"], "switch Spark's REST on")
        elif not runner.starts_engine:
            _check_answer("spark_master_url", options["spark_master_url"], "start Spark's master")
        _check_job_server(SparkJarJobServer, runner, options)


def _check_answer(option: str, address: str, then: str) -> None:
    said = f"--beam-option {option}={address}"
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise UnusableRunner(f"{said}: expected HOST:PORT")
    try:
        socket.create_connection((host, port), _SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise UnusableRunner(
            f"{said}: nobody answers there ({error.strerror or error}); {then}, or mend the "
            "address. docs/beam.md has the commands"
        ) from error


def _check_job_server(kind: type[Any], runner: BeamRunner, options: dict[str, Any]) -> None:
    """Makes sure that Beam can start its own job server, a Java program, on this machine."""
    flags = [f"--{option}" for option in runner.options]
    uber_jar = f"{runner.name.removesuffix('Runner').lower()}_submit_uber_jar"
    java = options.get("job_server_java_launcher") or "java"
    if not options.get(uber_jar) and shutil.which(java) is None:
        raise UnusableRunner(
            f"{runner.name} starts Beam's job server, which needs Java, and there is no {java!r} "
            "here. Install it, e.g.: apt-get install default-jre-headless; or name a job server "
            "that is running with --beam-option job_endpoint=HOST:PORT"
        )
    try:
        # Downloads it, unless that was done before; the first step would do the same.
        server = kind(PipelineOptions(flags))
        server.local_jar(server.path_to_jar(), options.get("jar_cache_dir"))
    except (OSError, ValueError, RuntimeError) as error:
        jar = f"{runner.name.removesuffix('Runner').lower()}_job_server_jar"
        raise UnusableRunner(
            f"{runner.name}: the jar of Beam's job server cannot be had ({_one_line(error)}). Name "
            f"a file with --beam-option {jar}=PATH, or a job server that is running with "
            "--beam-option job_endpoint=HOST:PORT"
        ) from error


def _check_credentials() -> None:
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        google.auth.default()
    except GoogleAuthError as error:
        raise UnusableRunner(
            "DataflowRunner finds no credentials of Google Cloud: run 'gcloud auth "
            "application-default login', or set GOOGLE_APPLICATION_CREDENTIALS to a key's file. "
            f"({_one_line(error)})"
        ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
