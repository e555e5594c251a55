"""A Pusher whose version directory appears at once and whole, and signed if there is a key.

TFX's own copies file by file into the directory that the server polls; killed half-way, it leaves
a version that cannot be loaded. This one lets it copy into a hidden directory beside, which servers
ignore because its name is no number, signs what lies there, and renames.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from tfx import v1 as tfx
from tfx.components.pusher.executor import Executor
from tfx.utils import io_utils, proto_utils

from serving.signing.signer import sign_version

# In the Pusher's custom_config: the path of the private key, never its content.
PRIVATE_KEY = "private_key"

_STAGING = ".incoming"
_VERSION = re.compile(r"\d+")


class AtomicPusherExecutor(Executor):
    """TFX's Pusher executor, with the push destination on a file system that can rename."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes the model if it is blessed.

        Args:
            input_dict: ``model_blessing`` and ``infra_blessing``; the model is in the latter.
            output_dict: ``pushed_model``.
            exec_properties: ``push_destination``, JSON of a filesystem PushDestination;
                ``custom_config``, JSON of an object, where PRIVATE_KEY is the PEM file to sign
                with.

        Raises:
            ValueError: If there is a key, and the destination is not on this machine's own file
                system, where signing reads and writes.
        """
        destination = tfx.proto.PushDestination()
        proto_utils.json_to_proto(exec_properties["push_destination"], destination)
        base = destination.filesystem.base_directory
        key = (json.loads(exec_properties["custom_config"]) or {}).get(PRIVATE_KEY)
        if key and "://" in base:
            raise ValueError(
                f"a model cannot be signed in {base}: push to a folder of this machine, or sign "
                "what was pushed afterwards"
            )
        staging = os.path.join(base, _STAGING)
        fileio = tfx.dsl.io.fileio
        if fileio.exists(staging):  # A push that was killed.
            fileio.rmtree(staging)
        fileio.makedirs(staging)

        destination.filesystem.base_directory = staging
        staged = {"push_destination": proto_utils.proto_to_json(destination)}
        super().Do(input_dict, output_dict, {**exec_properties, **staged})
        [pushed_model] = output_dict["pushed_model"]
        if pushed_model.get_int_custom_property("pushed"):
            copied = pushed_model.get_string_custom_property("pushed_destination")
            version = _version_after(fileio.listdir(base), int(os.path.basename(copied)))
            whole = os.path.join(staging, str(version))
            if whole != copied:
                fileio.rename(copied, whole)
            if key:
                # Last, so that it covers the warm-up requests too, and by its final name.
                signature = sign_version(Path(whole), Path(key))
                io_utils.copy_file(str(signature), os.path.join(pushed_model.uri, signature.name))
            final = os.path.join(base, str(version))
            fileio.rename(whole, final)
            self._MarkPushed(pushed_model, pushed_destination=final, pushed_version=str(version))
        fileio.rmtree(staging)


def _version_after(names: list[str], stamp: int) -> int:
    """Returns ``stamp``, or the first free version above all others if the clock went back."""
    taken = [int(name.rstrip("/")) for name in names if _VERSION.fullmatch(name.rstrip("/"))]
    return max([stamp, *(version + 1 for version in taken)])
