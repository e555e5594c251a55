"""Rows of several requests in one array, and back to whom they belong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import ServingError, StatusCode
from serving.server.batching import batch_arrays


def _floats(*values):
    return np.array(values, np.float32)


def test_requests_lie_behind_each_other():
    first = {"x": _floats([1, 2]), "s": np.array([b"a\0"], object)}
    second = {"x": _floats([3, 4], [5, 6]), "s": np.array([b"b", b""], object)}
    merged = batch_arrays.merge([first, second], 3)
    np.testing.assert_array_equal(merged["x"], [[1, 2], [3, 4], [5, 6]])
    assert merged["x"].dtype == np.float32
    assert merged["s"].tolist() == [b"a\0", b"b", b""]
    assert merged["s"].dtype == object


def test_a_batch_is_filled_up_with_the_last_requests_first_row():
    merged = batch_arrays.merge([{"x": _floats(1, 2)}, {"x": _floats(7, 8)}], 7)
    assert merged["x"].tolist() == [1, 2, 7, 8, 7, 7, 7]


def test_a_request_that_fills_its_batch_is_not_copied():
    x = _floats(1, 2)
    assert batch_arrays.merge([{"x": x}], 2)["x"] is x


def test_requests_of_different_shapes_are_padded_with_their_own_first_value():
    small, large = np.array([[[5], [6]]]), np.array([[[1, 2, 3]], [[4, 5, 6]]])
    merged = batch_arrays.merge([{"x": small}, {"x": large}], 4)["x"]
    assert merged.tolist() == [
        [[5, 5, 5], [6, 5, 5]],
        [[1, 2, 3], [1, 1, 1]],
        [[4, 5, 6], [1, 1, 1]],
        [[1, 2, 3], [1, 1, 1]],
    ]
    words = batch_arrays.merge(
        [{"x": np.array([[b"a"]], object)}, {"x": np.array([[b"b", b"c"]], object)}], 2
    )["x"]
    assert words.tolist() == [[b"a", b"a"], [b"b", b"c"]]
    assert words.dtype == object


def test_what_holds_no_value_cannot_be_padded():
    with pytest.raises(ServingError, match="cannot be padded") as caught:
        batch_arrays.merge([{"x": np.zeros((1, 0))}, {"x": np.zeros((1, 2))}], 2)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT


def test_each_gets_its_own_rows_and_nobody_the_padding():
    outputs = {"y": np.arange(12).reshape(6, 2), "s": np.array([b"%d" % i for i in range(6)])}
    first, second = batch_arrays.split(outputs, [1, 3], padding=2)
    assert first["y"].tolist() == [[0, 1]]
    assert second["y"].tolist() == [[2, 3], [4, 5], [6, 7]]
    assert second["s"].tolist() == [b"1", b"2", b"3"]
    assert set(first) == {"y", "s"}


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (np.float32(1), "Batched output tensor has 0 dimensions"),
        (
            np.zeros((1, 4)),
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
            "sizes of the input tensors",
        ),
    ],
)
def test_an_output_that_has_no_row_for_each(output, message):
    with pytest.raises(ServingError) as caught:
        batch_arrays.split({"y": output}, [1, 3], padding=0)
    assert caught.value.code is StatusCode.FAILED_PRECONDITION
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("arrays", "size"),
    [
        ({"a": np.zeros((3, 2)), "b": np.zeros(3)}, 3),
        ({"a": np.zeros((3, 2)), "b": np.zeros((2, 3))}, None),
        ({"a": np.zeros((3, 2)), "b": np.zeros(())}, None),
        ({"a": np.zeros(())}, None),
        ({"a": np.zeros((0, 2))}, 0),
        ({}, None),
    ],
)
def test_the_common_first_dimension(arrays, size):
    assert batch_arrays.common_size(arrays) == size


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), min_size=1, max_size=6),
    st.integers(0, 5),
)
def test_what_is_merged_comes_apart_again(requests, padding):
    inputs = [{"x": np.array(rows)} for rows in requests]
    sizes = [len(rows) for rows in requests]
    merged = batch_arrays.merge(inputs, sum(sizes) + padding)
    assert merged["x"].shape == (sum(sizes) + padding,)
    outputs = batch_arrays.split({"y": merged["x"]}, sizes, padding)
    assert [output["y"].tolist() for output in outputs] == requests
