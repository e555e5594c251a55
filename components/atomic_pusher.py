"""A Pusher whose version directory appears at once and whole.

TFX's own copies file by file into the directory that the server polls; killed half-way, it leaves
a version that cannot be loaded. This one lets it copy into a hidden directory beside, which servers
ignore because its name is no number, and renames.
"""

import os
import re
from typing import Any

from tfx import v1 as tfx
from tfx.components.pusher.executor import Executor
from tfx.utils import proto_utils

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
            input_dict: ``model``, ``model_blessing``.
            output_dict: ``pushed_model``.
            exec_properties: ``push_destination``, JSON of a filesystem PushDestination.
        """
        destination = tfx.proto.PushDestination()
        proto_utils.json_to_proto(exec_properties["push_destination"], destination)
        base = destination.filesystem.base_directory
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
            final = os.path.join(base, str(version))
            fileio.rename(copied, final)
            self._MarkPushed(pushed_model, pushed_destination=final, pushed_version=str(version))
        fileio.rmtree(staging)


def _version_after(names: list[str], stamp: int) -> int:
    """Returns ``stamp``, or the first free version above all others if the clock went back."""
    taken = [int(name.rstrip("/")) for name in names if _VERSION.fullmatch(name.rstrip("/"))]
    return max([stamp, *(version + 1 for version in taken)])
