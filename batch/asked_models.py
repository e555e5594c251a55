"""Which models ``--model`` means, and what their cards say of how they make masks."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from batch.batch_failed import BatchFailed
from batch.masking import ModelMember
from pipeline.workdir import Workdir
from serving.server.versions.model_directory import version_directories

BLESSED = "blessed"
_MODEL_FILE = "saved_model.pb"
_CARD = "model_card.json"


def asked_models(texts: Sequence[str], workdir: str) -> tuple[ModelMember, ...]:
    """Finds the models.

    Args:
        texts: Each ``blessed``, the newest version that the pipeline of ``workdir`` has pushed; or
            the folder of a SavedModel; or a folder of numbered versions, of which the newest is
            taken.
        workdir: Of the pipeline.

    Returns:
        One for each text, in the same order.

    Raises:
        BatchFailed: If there is no such model, or one is given twice.
    """
    members = [read_member(_version_of(text, workdir)) for text in texts]
    places = [os.path.realpath(member.path) for member in members]
    for member, place in zip(members, places, strict=True):
        if places.count(place) > 1:
            raise BatchFailed(f"{member.path} is given {places.count(place)} times")
    return tuple(members)


def read_member(path: str) -> ModelMember:
    """Reads what a version's model card says; a model without a card has only its path."""
    try:
        card = json.loads(Path(path, _CARD).read_text("utf-8"))
        parameters = card["model_parameters"]
        values = _pairs(parameters["output_format_map"])
        max_bytes = _pairs(parameters.get("input_format_map", [])).get("max_bytes")
        return ModelMember(
            path,
            float(values["threshold"]),
            values["enlarge"],
            values["flip_average"] == "yes",
            None if max_bytes is None else int(max_bytes),
        )
    except FileNotFoundError:
        return ModelMember(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BatchFailed(f"{Path(path, _CARD)} cannot be read: {error}") from error


def _pairs(pairs: Any) -> dict[str, Any]:
    return {pair["key"]: pair["value"] for pair in pairs}


def check_signature(path: str, signature: str, taken: str, given: str) -> None:
    """Makes sure that a model has a signature, from its files, without loading it.

    Args:
        path: The version directory.
        signature: Its name.
        taken: The input it must take.
        given: The output it must give.

    Raises:
        BatchFailed: If it has not.
    """
    definitions = _signatures(path)
    found = definitions.get(signature)
    if found is None or taken not in found.inputs or given not in found.outputs:
        names = ", ".join(sorted(name for name in definitions if not name.startswith("__")))
        raise BatchFailed(
            f"{path} has no signature {signature} from {taken} to {given} (it has: "
            f"{names or 'none'}): give a mask model that this project exported"
        )


def _signatures(path: str) -> Any:
    try:
        content = Path(path, _MODEL_FILE).read_bytes()
        return saved_model_pb2.SavedModel.FromString(content).meta_graphs[0].signature_def
    except OSError as error:
        raise BatchFailed(f"{path}/{_MODEL_FILE} cannot be read: {error.strerror}") from error
    except (DecodeError, IndexError) as error:
        raise BatchFailed(f"{path}/{_MODEL_FILE} is no SavedModel: export it again") from error


def _version_of(text: str, workdir: str) -> str:
    if text == BLESSED and not os.path.isdir(BLESSED):
        served = Workdir(Path(workdir).resolve()).served_version()
        if served is None:
            raise BatchFailed(
                f"nothing has been pushed from {workdir} yet: run local_runner.py first, or name "
                "the folder of a model"
            )
        return str(served)
    if "://" in text:
        raise BatchFailed(f"{text}: models are loaded from folders; copy it to a folder")
    if not os.path.isdir(text):
        what = "is a file" if os.path.exists(text) else "does not exist"
        raise BatchFailed(f"--model {text} {what}: give the folder of a SavedModel")
    path = os.path.abspath(text)
    if os.path.isfile(os.path.join(path, _MODEL_FILE)):
        return path
    versions = version_directories(path)
    if not versions:
        raise BatchFailed(f"--model {text} holds neither {_MODEL_FILE} nor numbered versions")
    return str(versions[max(versions)])
