"""The client after ``pip install '.[client]'``: without TensorFlow and much else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

# What the client's extra does not bring. Importing any of it fails, as it would there.
_ABSENT = (
    "absl",
    "apache_beam",
    "keras",
    "keras_tuner",
    "ml_metadata",
    "model_signing",
    "PIL",
    "pydantic",
    "starlette",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tensorflow_serving",
    "tensorflow_transform",
    "tfx",
    "tfx_bsl",
    "uvicorn",
)
_BLOCK = f"""
import importlib.abc, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if any(name == each or name.startswith(each + ".") for each in {_ABSENT}):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
"""


def _run(program, *arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-c", _BLOCK + program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )


def test_every_module_of_the_client_can_be_imported():
    done = _run(
        "import importlib, pkgutil, serving.client\n"
        "from serving import AsyncMaskClient, MaskClient, Tls\n"
        "for module in pkgutil.walk_packages(serving.client.__path__, 'serving.client.'):\n"
        "    importlib.import_module(module.name); print(module.name)\n"
    )
    assert done.returncode == 0, done.stderr
    assert {
        "serving.client.mask_client",
        "serving.client.transports.async_rest_transport",
        "serving.client.mask_command",
    } <= set(done.stdout.split())


def test_a_photograph_is_masked(mask_server, photograph, tmp_path):
    (tmp_path / "in.png").write_bytes(photograph(24, 16))
    done = _run(
        "import asyncio, pathlib\n"
        "from serving import AsyncMaskClient, MaskClient\n"
        "target, folder = sys.argv[1], pathlib.Path(sys.argv[2])\n"
        "photograph = (folder / 'in.png').read_bytes()\n"
        "with MaskClient(target) as client: mask = client.mask(photograph)\n"
        "async def run():\n"
        "    async with AsyncMaskClient(target) as client: return await client.mask(photograph)\n"
        "assert asyncio.run(run()) == mask\n"
        "(folder / 'out.png').write_bytes(mask)\n",
        mask_server.target,
        str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    mask = cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(mask[0], [255] * 12 + [0] * 12)


def test_the_command_masks_a_photograph(mask_server, photograph, tmp_path):
    (tmp_path / "in.png").write_bytes(photograph(24, 16))
    done = _run(
        "from serving.command_line import main; main()",
        "mask",
        str(tmp_path / "in.png"),
        str(tmp_path / "out.png"),
        "--server",
        mask_server.target,
    )
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_UNCHANGED).shape == (16, 24)


def test_the_package_itself_imports_nothing():
    heavy = "{'grpc', 'httpx', 'google.protobuf', 'numpy', 'cv2', 'asyncio', 'click'}"
    done = _run(
        f"import serving\nassert not {heavy} & set(sys.modules)\n"
        "assert {'MaskClient', 'AsyncMaskClient', 'Tls'} <= set(dir(serving))\n"
        "try: serving.Nothing\n"
        "except AttributeError as error: print(error)\n"
    )
    assert done.stdout == "module 'serving' has no attribute 'Nothing'\n", done.stderr


def test_a_client_imports_only_what_it_speaks():
    done = _run(
        "from serving import MaskClient\n"
        "assert not {'grpc', 'httpx'} & set(sys.modules)\n"
        "MaskClient('127.0.0.1:1').close(); assert 'httpx' not in sys.modules\n"
    )
    assert done.returncode == 0, done.stderr
    done = _run(
        "from serving import MaskClient\n"
        "MaskClient('http://127.0.0.1:1').close(); assert 'grpc' not in sys.modules\n"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["serve", "--embedded", "--model_base_path", "/nowhere"], "server"),
        (["evaluate", "--model", ".", "--data", "."], "pipeline"),
    ],
)
def test_a_command_that_needs_more_says_what(arguments, extra, tmp_path):
    done = _run("from serving.command_line import main; main()", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(
        rf"Error: .* {arguments[0]} needs \w+, which is not installed: "
        rf"pip install '\.\[{extra}\]' in the checkout\n",
        done.stderr,
    )
