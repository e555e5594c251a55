"""What is wrong with the tensors of a REST request, in the words of TensorFlow Serving.

The walk goes through the values in its order, because its texts name the first fault that it meets.
It is only taken when a conversion has failed, as it is slow.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server.rest.rest_json import quote
from serving.server.rest.rest_values import MAX_RANK, check_value, is_base64

TensorInfos = Mapping[str, meta_graph_pb2.TensorInfo]


def raise_for_tensor(value: Any, dtype: int) -> NoReturn:
    """Raises for the first fault of a tensor that could not be converted.

    Args:
        value: The JSON value of the tensor.
        dtype: The DataType wanted.

    Raises:
        ServingError: INVALID_ARGUMENT, or UNIMPLEMENTED for a dtype that JSON cannot carry.
    """
    _walk(value, dtype)
    raise AssertionError("a tensor without fault was not converted")


def raise_for_rows(instances: Sequence[Any], infos: TensorInfos) -> NoReturn:
    """Raises for the first fault of instances that could not be converted.

    Args:
        instances: The JSON values in the list "instances"; at least one.
        infos: The signature's inputs.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    by_name = is_named(instances[0])
    first: dict[str, tuple[Sequence[int], int]] = {}
    for index, instance in enumerate(instances):
        if by_name and not is_named(instance):
            raise _invalid(f"Expecting object but got list at item {index} of input list")
        if not by_name and is_named(instance):
            raise _invalid(f"Expecting value/list but got object at item {index} of input list")
        for name, value in (instance if by_name else {min(infos): instance}).items():
            try:
                _check_tensor_of_row(name, value, infos, first)
            except ServingError as error:
                key = f" key: {name}" if by_name else ""
                raise _invalid(
                    f"Failed to process element: {index}{key} of 'instances' list. Error: {error}"
                ) from None
        if by_name and instance.keys() != set(infos):
            raise _invalid(
                f"Failed to process element: {index} of 'instances' list. "
                f"JSON object: {quote(instance)} keys must be equal to: {','.join(sorted(infos))}"
            )
    raise AssertionError("instances without fault were not converted")


def is_named(value: Any) -> bool:
    """Tells whether a JSON value is an object whose keys are names of inputs, not "b64"."""
    return isinstance(value, dict) and not is_base64(value)


def _check_tensor_of_row(
    name: str, value: Any, infos: TensorInfos, first: dict[str, tuple[Sequence[int], int]]
) -> None:
    """Raises if an instance's tensor is at fault, or unlike the first instance's."""
    if name not in infos:
        raise _invalid(f"JSON object: does not have named input: {name}")
    shape, size = _walk(value, infos[name].dtype)
    first_shape, first_size = first.setdefault(name, (shape, size))
    if size != first_size:
        raise _invalid(f"Expecting tensor size: {first_size} but got: {size}")
    if shape != first_shape:
        raise _invalid(f"Expecting shape {_listed(first_shape)} but got: {_listed(shape)}")


def _walk(value: Any, dtype: int) -> tuple[Sequence[int], int]:
    """Returns shape and number of elements of a tensor; raises for its first fault."""
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    # The rows' own dimension comes on top.
    if len(shape) >= MAX_RANK:
        raise _invalid(f"A tensor of {len(shape)} dimensions is too deep; {MAX_RANK - 1} will do.")
    return shape, _walk_level(value, 0, shape, dtype)


def _walk_level(value: Any, level: int, shape: Sequence[int], dtype: int) -> int:
    if not isinstance(value, list):
        if level != len(shape):
            raise _invalid(
                f"JSON Value: {quote(value)} found at incorrect level: {level + 1} in the JSON "
                f"DOM. Expected at level: {len(shape)}"
            )
        check_value(value, dtype)
        return 1
    if level >= len(shape):
        raise _invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise _invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    return sum(_walk_level(inner, level + 1, shape, dtype) for inner in value)


def _listed(shape: Sequence[int]) -> str:
    return "[" + ",".join(map(str, shape)) + "]"


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
