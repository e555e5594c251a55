from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch.listed_photograph import ListedPhotograph
from batch.shard import shard_name, shards_of


@given(st.integers(0, 40), st.integers(1, 12))
def test_every_photograph_is_in_one_shard_and_neighbours_stay_together(count, size):
    photographs = [ListedPhotograph(f"/{index}", f"{index}", 1) for index in range(count)]
    shards = shards_of(photographs, size)
    assert [each for shard in shards for each in shard.photographs] == photographs
    assert all(len(shard.photographs) == size for shard in shards[:-1])
    assert [shard.index for shard in shards] == list(range(len(shards)))
    assert all(shard.count == len(shards) for shard in shards)


@pytest.mark.parametrize(
    ("changes", "is_same"), [({}, True), ({"size": 2}, False), ({"changed": 3.5}, False)]
)
def test_the_stamp_tells_a_photograph_that_was_replaced(changes, is_same):
    photographs = [ListedPhotograph(f"/{name}", name, 1, 3.0) for name in "ab"]
    [shard] = shards_of(photographs, 2)
    [other] = shards_of([photographs[0], replace(photographs[1], **changes)], 2)
    assert (shard.stamp == other.stamp) is is_same


def test_names():
    assert shard_name(3, 1564) == "00003-of-01564"
    assert shards_of([ListedPhotograph("/a", "a", 1)], 4)[0].name == "00000-of-00001"
