"""The two forms of a REST predict request: a list of examples, or a tensor for each input."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.errors import ServingError, StatusCode
from serving.server.rest.rest_faults import TensorInfos, is_named, raise_for_rows, raise_for_tensor
from serving.server.rest.rest_json import quote
from serving.server.rest.rest_values import to_array


@dataclass(frozen=True)
class PredictInputs:
    """What a predict request brings.

    Attributes:
        arrays: An array for each input; strings as bytes, in an array of dtype object.
        by_row: The request lists examples ("instances"), and wants its answer so too.
    """

    arrays: dict[str, np.ndarray]
    by_row: bool


def signature_name(document: Mapping[str, Any]) -> str:
    """Returns the signature that a request names, or an empty string.

    Args:
        document: The request's JSON object.

    Raises:
        ServingError: INVALID_ARGUMENT, for a name that is no string.
    """
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise _invalid(
            f"JSON Value: {quote(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name


def read_inputs(document: Mapping[str, Any], infos: TensorInfos) -> PredictInputs:
    """Reads the arrays of a predict request.

    Args:
        document: The request's JSON object.
        infos: The signature's inputs; at least one. Only their dtypes count: no shape is checked.

    Returns:
        An array for each input. In row format its first dimension counts the instances.

    Raises:
        ServingError: INVALID_ARGUMENT, or UNIMPLEMENTED for a dtype that JSON cannot carry, in
            TensorFlow Serving's words.
    """
    if "instances" in document and "inputs" in document:
        raise _unfit(
            document,
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ",
        )
    if "inputs" in document:
        return PredictInputs(_read_columns(document["inputs"], infos), by_row=False)
    if "instances" not in document:
        raise _invalid("Missing 'inputs' or 'instances' key")
    instances = document["instances"]
    if not isinstance(instances, list):
        raise _unfit(document, "Excepting 'instances' to be an list/array")
    if not instances:
        raise _unfit(document, "No values in 'instances' array")
    return PredictInputs(_read_rows(instances, infos), by_row=True)


def _read_columns(value: Any, infos: TensorInfos) -> dict[str, np.ndarray]:
    if not is_named(value):
        if len(infos) > 1:
            raise _invalid(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        value = {name: value for name in infos}
    arrays = {}
    for name in sorted(infos):
        if name not in value:
            raise _invalid(f"Missing named input: {name} in 'inputs' object.")
        array = to_array(value[name], infos[name].dtype)
        if array is None:
            raise_for_tensor(value[name], infos[name].dtype)
        arrays[name] = array
    return arrays


def _read_rows(instances: list[Any], infos: TensorInfos) -> dict[str, np.ndarray]:
    if not isinstance(instances[0], dict) and len(infos) > 1:
        raise _invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    if is_named(instances[0]):
        names = set(infos)
        if not all(is_named(instance) and instance.keys() == names for instance in instances):
            raise_for_rows(instances, infos)
        columns = {name: [instance[name] for instance in instances] for name in sorted(infos)}
    else:
        # Should there be several inputs, an instance of base64 is the first one's alone.
        columns = {min(infos): instances}
    arrays = {}
    for name, column in columns.items():
        array = to_array(column, infos[name].dtype)
        if array is None:
            raise_for_rows(instances, infos)
        arrays[name] = array
    return arrays


def _unfit(document: Mapping[str, Any], fault: str) -> ServingError:
    return _invalid(f"JSON Value: {quote(document)} {fault}")


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
