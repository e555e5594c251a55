"""Puts the arrays of several requests together into those of one batch, and apart again."""

from collections.abc import Mapping, Sequence

import numpy as np

from serving.errors import ServingError, StatusCode

Arrays = Mapping[str, np.ndarray]


def common_size(arrays: Arrays) -> int | None:
    """Returns the first dimension of all arrays; None if they have no common one."""
    sizes = {array.shape[0] if array.ndim else None for array in arrays.values()}
    return sizes.pop() if len(sizes) == 1 else None


def merge(requests: Sequence[Arrays], size: int) -> dict[str, np.ndarray]:
    """Puts requests into one batch.

    Args:
        requests: At least one, with the same names, dtypes and numbers of dimensions. Where their
            shapes differ (beyond the first dimension), an array is padded up to the largest with
            its own first value.
        size: The rows to fill the batch up to, by repeating the first row of the last request: a
            row that the model can read, if it can read that request.

    Returns:
        The arrays of the batch, ``size`` rows each.

    Raises:
        ServingError: INVALID_ARGUMENT, for an array that has to be padded and holds no value.
    """
    merged = {}
    for name in requests[0]:
        arrays = _padded_alike([request[name] for request in requests])
        missing = size - sum(map(len, arrays))
        arrays.extend([arrays[-1][:1]] * missing)
        merged[name] = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    return merged


def split(outputs: Arrays, sizes: Sequence[int], padding: int) -> list[dict[str, np.ndarray]]:
    """Gives each request of a batch its own rows back.

    Args:
        outputs: The arrays that came out of the batch.
        sizes: The rows of each request, in the batch's order.
        padding: The rows after them, which belong to nobody.

    Returns:
        The arrays of each request.

    Raises:
        ServingError: FAILED_PRECONDITION, with TensorFlow Serving's text, for an output that does
            not have one row for each row of the batch.
    """
    for array in outputs.values():
        if not array.ndim:
            raise ServingError(
                StatusCode.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions"
            )
        if len(array) != sum(sizes) + padding:
            raise ServingError(
                StatusCode.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
                "sizes of the input tensors",
            )
    bounds = np.cumsum(sizes)
    parts = {name: np.split(array, bounds) for name, array in outputs.items()}
    return [{name: rows[index] for name, rows in parts.items()} for index in range(len(sizes))]


def _padded_alike(arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Pads arrays to the largest extent in each dimension but the first."""
    extents = zip(*(array.shape[1:] for array in arrays), strict=True)
    largest = tuple(map(max, extents))
    return [array if array.shape[1:] == largest else _padded(array, largest) for array in arrays]


def _padded(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if not array.size:
        raise ServingError(
            StatusCode.INVALID_ARGUMENT, "An input without values cannot be padded for its batch."
        )
    padded = np.full((len(array), *shape), array.flat[0], dtype=array.dtype)
    padded[tuple(map(slice, array.shape))] = array
    return padded
