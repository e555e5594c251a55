from __future__ import annotations

from studio.seeds import Stream, car_id, generator


def test_car_ids_are_golden():
    assert car_id(0, True, 0) == "88c42abdca71"
    assert car_id(0, False, 0) == "249aeb39dafa"
    assert car_id(1, True, 0) == "29f708f95689"


def test_streams_do_not_share_numbers():
    draws = {
        float(generator(seed, stream, index).random())
        for seed in (0, 1)
        for stream in Stream
        for index in (0, 1)
    }
    assert len(draws) == 2 * len(Stream) * 2


def test_a_stream_starts_over():
    assert generator(5, Stream.POSE, 1, 2).random() == generator(5, Stream.POSE, 1, 2).random()
