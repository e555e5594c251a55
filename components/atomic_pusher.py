"""A Pusher whose version directory appears at once and whole: model, card, and signature if any.

TFX's own copies file by file into the directory that the server polls; killed half-way, it leaves
a version that cannot be loaded. This one lets it copy into a hidden directory beside, which servers
ignore because its name is no number, adds the model card, signs what lies there, and renames.

TFX runs it anew whenever an input is a new artifact. A card is made again when code changes that
writes it or that counts what it tells; if it says the same as before, of the same model, there is
nothing to push: servers would load what they have. Nor is a model pushed that was withdrawn since
(docs/retraining.md): a run on the same photographs makes it again, or takes it from the cache, and
whoever took it back would find it served again.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from tfx import v1 as tfx
from tfx.components.pusher.executor import Executor
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types.component_spec import ChannelParameter
from tfx.utils import io_utils, proto_utils

from components.model_card_files import CARD_FILES, ModelCardFiles
from components.same_files import same_files
from components.withdrawn_models import REFUSED
from serving.rollback.model_digest import model_digest
from serving.rollback.withdrawal import Withdrawal, withdrawals
from serving.signing.signed_with import is_signed_with
from serving.signing.signer import SIGNATURE_FILE, sign_version

# In the Pusher's custom_config: the path of the private key, never its content.
PRIVATE_KEY = "private_key"

MODEL_CARD = "model_card"
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
            input_dict: ``model_blessing`` and ``infra_blessing``; the model is in the latter, or is
                ``model``. ``model_card``, if there is one, is put beside the model; where the
                newest version is the same model with the same card, nothing is pushed, and that
                version counts as the pushed one.
            output_dict: ``pushed_model``. A model that was withdrawn is not pushed; the custom
                property REFUSED then names the version directory it was withdrawn from.
            exec_properties: ``push_destination``, JSON of a filesystem PushDestination;
                ``custom_config``, JSON of an object, where PRIVATE_KEY is the PEM file to sign
                with.

        Raises:
            ValueError: If there is a key, and the destination is not on this machine's own file
                system, where signing reads and writes.
            FileNotFoundError: If the card lacks a file; nothing is pushed then.
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
        copied = pushed_model.get_string_custom_property("pushed_destination")
        withdrawal = _withdrawal_of(base, copied) if copied else None
        if withdrawal is not None:
            self._MarkPushed(pushed_model, pushed_destination="", pushed_version="")
            self._MarkNotPushed(pushed_model)
            place = os.path.join(base, str(withdrawal.version))
            pushed_model.set_string_custom_property(REFUSED, place)
        elif pushed_model.get_int_custom_property("pushed"):
            cards = input_dict.get(MODEL_CARD) or []
            for card in cards:
                for folder in (copied, pushed_model.uri):
                    _copy(card.uri, folder, *CARD_FILES)
            final = _already_there(base, copied, key)
            if final is None:
                final = _publish(base, copied, key)
            if key:
                _copy(final, pushed_model.uri, SIGNATURE_FILE)
            version = os.path.basename(final)
            self._MarkPushed(pushed_model, pushed_destination=final, pushed_version=version)
        fileio.rmtree(staging)


def _publish(base: str, copied: str, key: str | None) -> str:
    """Gives what was copied its version's name, signs it under that, and shows it to servers."""
    fileio = tfx.dsl.io.fileio
    taken = {*_versions(base), *withdrawals(base, fileio)}
    version = max([int(os.path.basename(copied)), *(each + 1 for each in taken)])
    whole = os.path.join(os.path.dirname(copied), str(version))
    if whole != copied:
        fileio.rename(copied, whole)
    if key:
        # Last, so that it covers warm-up requests and card too, and by its final name.
        sign_version(Path(whole), Path(key))
    final = os.path.join(base, str(version))
    fileio.rename(whole, final)
    return final


def _withdrawal_of(base: str, copied: str) -> Withdrawal | None:
    """Returns the withdrawal of the very model that was copied, if there was one."""
    fileio = tfx.dsl.io.fileio
    known = withdrawals(base, fileio)
    digest = model_digest(copied, fileio) if known else ""
    return next((each for each in known.values() if each.model == digest), None)


def _already_there(base: str, copied: str, key: str | None) -> str | None:
    """Returns the newest version if what was copied would only repeat it."""
    versions = _versions(base)
    if not versions:
        return None
    newest = os.path.join(base, versions[max(versions)])
    if not same_files(copied, newest, ignored=(SIGNATURE_FILE,) if key else ()):
        return None
    return newest if not key or is_signed_with(Path(newest), Path(key)) else None


def _versions(base: str) -> dict[int, str]:
    """Returns the names of the version directories by number."""
    names = [name.rstrip("/") for name in tfx.dsl.io.fileio.listdir(base)]
    return {int(name): name for name in names if _VERSION.fullmatch(name)}


def _copy(source: str, destination: str, *names: str) -> None:
    for name in names:
        path = os.path.join(source, name)
        if not tfx.dsl.io.fileio.exists(path):
            raise FileNotFoundError(f"{path} is missing: nothing was pushed without it")
        io_utils.copy_file(path, os.path.join(destination, name))


class AtomicPusherSpec(tfx.components.Pusher.SPEC_CLASS):
    """What TFX's Pusher takes, and the card."""

    INPUTS = {
        **tfx.components.Pusher.SPEC_CLASS.INPUTS,
        MODEL_CARD: ChannelParameter(type=ModelCardFiles, optional=True),
    }


class AtomicPusher(tfx.components.Pusher):
    """TFX's Pusher with AtomicPusherExecutor, and a model card that goes with the model."""

    SPEC_CLASS = AtomicPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(AtomicPusherExecutor)

    def __init__(
        self,
        *,
        push_destination: tfx.proto.PushDestination,
        model: tfx.types.BaseChannel | None = None,
        model_blessing: tfx.types.BaseChannel | None = None,
        infra_blessing: tfx.types.BaseChannel | None = None,
        model_card: tfx.types.BaseChannel | None = None,
        custom_config: dict[str, Any] | None = None,
    ) -> None:
        """Makes the component.

        Args:
            push_destination: On a file system; gets a version directory when a model is pushed.
            model: Where ``infra_blessing`` holds none.
            model_blessing: Of a gate.
            infra_blessing: Of a check in a server, with the model that was checked.
            model_card: Channel of ModelCardFiles; None pushes the model alone.
            custom_config: See AtomicPusherExecutor.

        Raises:
            ValueError: If there is neither ``model`` nor ``infra_blessing``.
        """
        if model is None and infra_blessing is None:
            raise ValueError("nothing to push: give model, or infra_blessing that holds one")
        spec = AtomicPusherSpec(
            model=model,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            model_card=model_card,
            push_destination=push_destination,
            custom_config=json.dumps(custom_config),
            pushed_model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.PushedModel),
        )
        # Not Pusher's, which would make its own spec and knows of no card.
        base_component.BaseComponent.__init__(self, spec=spec)
