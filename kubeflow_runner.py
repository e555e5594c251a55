"""Compiles the pipeline for Kubeflow Pipelines v2, and submits it: flags, nothing else."""

import os
from pathlib import Path
from typing import Any

import click

# Said before TensorFlow is imported: C++ chatter below warnings never leaves the library.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

_several: dict[str, Any] = {"multiple": True}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--preset", default="sample", show_default=True, help="Named configuration.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default="pipeline.yaml",
    show_default=True,
    help="Where the compiled pipeline goes.",
)
@click.option("--image", required=True, help="That every step runs in: REGISTRY/NAME:TAG.")
@click.option("--root", required=True, metavar="URL", help="Pipeline root: gs://, s3://, minio://.")
@click.option(
    "--serving-directory",
    required=True,
    metavar="URL|PATH",
    help="Gets a version directory per blessed model: gs://, or a path on the volume.",
)
@click.option(
    "--data", default="", help="Photographs, as for local_runner.py; a run may have others."
)
@click.option("--name", default="studio-mask", show_default=True, help="Of the pipeline.")
@click.option("--volume", metavar="CLAIM:PATH", help="Volume claim that every step mounts.")
@click.option("--set", "overrides", metavar="KEY=VALUE", help="E.g. unet_fit.epochs=60", **_several)
@click.option("--make-classifier", is_flag=True, help="Fit, judge and push a model of makes too.")
@click.option("--cpu", metavar="[STEP:]CORES", help="E.g. 4, or trainer-unet:16", **_several)
@click.option("--memory", metavar="[STEP:]GIB", help="E.g. 8, or trainer-unet:64", **_several)
@click.option("--gpu", metavar="[STEP:]COUNT", help="For the U-Net's fit, or of STEP.", **_several)
@click.option(
    "--gpu-type", metavar="[STEP:]RESOURCE", help="  [default: nvidia.com/gpu]", **_several
)
@click.option("--node-selector", metavar="[STEP:]LABEL=VALUE", **_several)
@click.option("--retries", default=2, show_default=True, help="Of a step that failed.")
@click.option("--no-cache", is_flag=True, help="Run every step, even if nothing has changed.")
@click.option(
    "--fit-jobs",
    default="",
    metavar="PATH",
    help="On the volume; the U-Net is fitted by several machines, see docs/distributed_fit.md.",
)
@click.option("--beam-runner", default="DirectRunner", show_default=True, help="See docs/beam.md.")
@click.option("--beam-option", "beam_options", metavar="NAME=VALUE", **_several)
@click.option("--worker-image", default="", help="Of Beam's workers on another engine.")
@click.option("--submit", "is_submitted", is_flag=True, help="Upload it and run it once.")
@click.option("--schedule", metavar="CRON", help="Upload it and run it again and again.")
@click.option("--host", metavar="URL", help="Of the Kubeflow Pipelines server.")
@click.option("--experiment", default="Default", show_default=True)
@click.option("--run-name", help="  [default: the pipeline's name]")
@click.option("--parameter", metavar="NAME=VALUE", help="E.g. span=3", **_several)
@click.option("--namespace", help="Of a server with several users.")
@click.option("--token-file", type=click.Path(path_type=Path), help="Holds the bearer token.")
@click.option("--ca-file", type=click.Path(path_type=Path), help="Vouches for the server.")
def main(**flags: Any) -> None:
    """Compiles the pipeline of local_runner.py for Kubeflow Pipelines v2."""
    from rich.console import Console

    from pipeline.kubeflow.command import KubeflowCommand, UnusableFlags
    from pipeline.kubeflow.missing_kubeflow import MissingKubeflow, check_kubeflow
    from pipeline.kubeflow.server.refused import KubeflowRefused
    from pipeline.log_file import chatter_to

    command = KubeflowCommand(**flags)
    try:
        check_kubeflow()  # Before TensorFlow is loaded, which takes long.
        with chatter_to(command.output.with_suffix(".log")) as screen:
            command.execute(Console(file=screen, soft_wrap=True))
    except UnusableFlags as error:
        raise click.UsageError(str(error)) from error
    except (KubeflowRefused, MissingKubeflow) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
