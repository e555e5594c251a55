"""Command lines that serve what a run pushed, and ask it for a mask, with the run's own paths."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from pipeline.closing import short_path

_TENSORFLOW_SERVING = "2.20.0"  # As in serving/deploy/Dockerfile.
_DECODE = (
    "import base64, json, sys; "
    'sys.stdout.buffer.write(base64.b64decode(json.load(sys.stdin)["predictions"][0]["b64"]))'
)


@dataclass(frozen=True)
class Command:
    """Something to type.

    Attributes:
        purpose: What it does, plain text.
        text: What to type.
    """

    purpose: str
    text: str


def serving_commands(serving_directory: str) -> tuple[Command, ...]:
    """Writes the commands, from the project's folder.

    Args:
        serving_directory: Folder that versions are pushed to; empty where it is not known, and
            then its usual name in a workdir stands for it.
    """
    base = serving_directory or "WORKDIR/serving_models/mask"
    remote = "://" in base
    short = base if remote or not serving_directory else short_path(Path(base))
    # Docker and TensorFlow Serving need a whole path.
    whole = base if remote else _whole(short)
    serve = (
        f".venv/bin/studio-mask serve --model_base_path={shlex.quote(short)} --model_name=mask "
        "--port=8500"
    )
    served = (
        f"tensorflow_model_server --model_base_path={whole} --model_name=mask "
        "--port=8500 --rest_api_port=8501"
    )
    docker = (
        "docker run --rm -p 8500:8500 -p 8501:8501 -e MODEL_NAME=mask "
        f"-v {whole}:/models/mask:ro tensorflow/serving:{_TENSORFLOW_SERVING}"
    )
    in_docker = (Command("In a container", docker),)
    return (
        Command("On this machine, by TensorFlow Serving if it is installed", serve),
        Command("By TensorFlow Serving itself", served),
        *(() if remote else in_docker),
        Command(
            "Masks of a folder, over gRPC",
            ".venv/bin/studio-mask mask PHOTOGRAPHS MASKS --server localhost:8500",
        ),
        Command("One mask, from Python", _PYTHON),
        Command("One mask, over REST (with --rest_api_port=8501)", _CURL),
    )


def _whole(path: str) -> str:
    return shlex.quote(path) if os.path.isabs(path) else f'"$PWD"/{shlex.quote(path)}'


_PYTHON = """from pathlib import Path
from serving import MaskClient

with MaskClient("localhost:8500") as client:
    Path("mask.png").write_bytes(client.mask(Path("photograph.jpg").read_bytes()))"""

_CURL = (
    """echo '{"instances": [{"b64": "'$(base64 -w0 photograph.jpg)'"}]}' |\n"""
    "  curl --silent --data @- http://localhost:8501/v1/models/mask:predict |\n"
    f"  python3 -c '{_DECODE}' > mask.png"
)
