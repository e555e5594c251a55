"""The file of --batching_parameters_file, with TensorFlow Serving's defaults and refusals."""

import dataclasses
import os

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.batching.batching_parameters import BatchingParameters, read_batching_parameters


@pytest.fixture
def read(tmp_path):
    def from_text(text):
        path = tmp_path / "batching.pbtxt"
        path.write_text(text)
        return read_batching_parameters(path)

    return from_text


def test_the_defaults(read):
    parameters = read("")
    assert parameters == BatchingParameters()
    assert dataclasses.asdict(parameters) == {
        "max_batch_size": 1000,
        "batch_timeout_micros": 0,
        "max_enqueued_batches": 10,
        "num_batch_threads": len(os.sched_getaffinity(0)),
        "thread_pool_name": "model_server_batch_threads",
        "allowed_batch_sizes": (),
        "pad_variable_length_inputs": False,
        "enable_large_batch_splitting": False,
        "max_execution_batch_size": None,
    }


def test_every_field(read):
    parameters = read(
        """
        max_batch_size { value: 16 }
        batch_timeout_micros { value: 5000 }
        max_enqueued_batches { value: 7 }
        num_batch_threads { value: 3 }
        thread_pool_name { value: "pool" }
        allowed_batch_sizes: 4
        allowed_batch_sizes: 16
        pad_variable_length_inputs: true
        enable_large_batch_splitting { value: true }
        max_execution_batch_size { value: 8 }
        """
    )
    assert parameters == BatchingParameters(16, 5000, 7, 3, "pool", (4, 16), True, True, 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "max_batch_size { value: 8 } allowed_batch_sizes: [2, 4]",
            "Last entry in allowed_batch_sizes must match max_batch_size; "
            "last entry was 4; expected 8",
        ),
        (
            "allowed_batch_sizes: 4",
            "Last entry in allowed_batch_sizes must match max_batch_size; "
            "last entry was 4; expected 1000",
        ),
        (
            "max_batch_size { value: 4 } allowed_batch_sizes: [2, 2, 4]",
            "allowed_batch_sizes entries must be positive and increasing",
        ),
        (
            "max_batch_size { value: 4 } allowed_batch_sizes: [0, 4]",
            "allowed_batch_sizes entries must be positive and increasing",
        ),
        ("max_batch_size {}", "max_batch_size must be positive; was 0"),
        ("max_enqueued_batches { value: -1 }", "max_enqueued_batches must be positive; was -1"),
        ("num_batch_threads { value: 0 }", "num_batch_threads must be positive; was 0"),
        (
            "batch_timeout_micros { value: -1 }",
            "batch_timeout_micros must be non-negative; was -1",
        ),
    ],
)
def test_parameters_that_cannot_be(read, tmp_path, text, message):
    with pytest.raises(ServingError) as caught:
        read(text)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == f"{message} (in {tmp_path / 'batching.pbtxt'})"


@pytest.mark.parametrize("size", [0, 17])
def test_an_execution_size_that_cannot_be(size):
    parameters = {"max_batch_size": 16, "max_execution_batch_size": size}
    assert BatchingParameters(**parameters).largest_batch == 16
    with pytest.raises(ServingError, match="max_execution_batch_size"):
        BatchingParameters(**parameters, enable_large_batch_splitting=True)


def test_the_largest_batch():
    assert BatchingParameters(max_batch_size=9).largest_batch == 9
    split = BatchingParameters(max_batch_size=9, enable_large_batch_splitting=True)
    assert split.largest_batch == 9
    assert dataclasses.replace(split, max_execution_batch_size=4).largest_batch == 4


def test_a_size_is_rounded_up_to_the_next_that_is_allowed():
    parameters = BatchingParameters(max_batch_size=8, allowed_batch_sizes=(2, 5, 8))
    padded = [parameters.padded_size(size) for size in range(1, 9)]
    assert padded == [2, 2, 5, 5, 5, 8, 8, 8]
    assert BatchingParameters().padded_size(3) == 3


def test_a_misspelt_field_is_not_passed_over(read):
    with pytest.raises(ServingError, match='no field named "max_batchsize"'):
        read("max_batchsize { value: 4 }")
