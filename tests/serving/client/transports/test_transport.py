"""What every transport does alike: gRPC and REST, from threads and from an event loop."""

import asyncio
import socket
import threading
import time
from concurrent import futures

import grpc
import pytest

from serving import AsyncMaskClient, MaskClient
from serving.client.errors import (
    InvalidPhotograph,
    MaskServiceError,
    ModelUnsuitable,
    RequestTimedOut,
    ServerUnavailable,
)
from serving.errors import StatusCode
from serving.version_status import VersionState
from tests.serving.client.fake_servers import PNG_START, Asked, Refusal, Script

_GONE = Refusal(grpc.StatusCode.UNAVAILABLE, "Server is shutting down", 503)
_PHOTOGRAPHS = [PNG_START + b"\x00\xff one", b"\xff\xd8\xff two", PNG_START + bytes(range(256))]


def test_a_request_and_its_reply(fake_server, ask):
    script = Script([lambda images: [image[::-1] for image in images]])
    masks = ask(fake_server(script), "masks", _PHOTOGRAPHS, model_name="my mask/2")
    assert masks == [image[::-1] for image in _PHOTOGRAPHS]
    [asked] = script.asked
    # A slash would end the name in a path.
    name = asked.name.replace("%20", " ").replace("%2F", "/")
    assert (name, asked.version, asked.label) == ("my mask/2", None, None)
    assert asked.signature_name == "serving_default"
    assert asked.images == tuple(_PHOTOGRAPHS)


def test_run_lengths_have_a_signature_of_their_own(fake_server, ask):
    script = Script([lambda images: [b"1 %d" % len(image) for image in images]])
    assert ask(fake_server(script), "rles", _PHOTOGRAPHS) == ["1 14", "1 7", "1 264"]
    assert [asked.signature_name for asked in script.asked] == ["rle"]


@pytest.mark.parametrize("chosen", [{"version": 0}, {"version": 2**63 - 1}, {"label": "canary"}])
def test_a_version_or_a_label_is_asked_for(fake_server, ask, chosen):
    script = Script()
    target = fake_server(script)
    ask(target, "mask", PNG_START, **chosen)
    wanted = {"version": None, "label": None} | chosen
    assert script.asked == [
        Asked("mask", **wanted, signature_name="serving_default", images=(PNG_START,))
    ]


def test_where_a_model_is_in_its_life(fake_server, ask):
    script = Script(
        statuses=[(3, "LOADING", "OK", ""), (2, "END", "OUT_OF_RANGE", "Read less bytes")]
    )
    loading, ended = ask(fake_server(script), "status", version=3)
    assert (loading.version, loading.state, loading.error) == (3, VersionState.LOADING, None)
    assert (ended.version, ended.state) == (2, VersionState.END)
    assert (ended.error.code, ended.error.message) == (StatusCode.OUT_OF_RANGE, "Read less bytes")
    assert script.asked == [Asked("mask", version=3, label=None)]


def test_nothing_is_asked_about_no_photograph(fake_server, ask):
    script = Script()
    assert ask(fake_server(script), "masks", []) == []
    assert script.asked == []


def test_bytes_that_are_no_photograph_are_not_even_sent(fake_server, ask):
    script = Script()
    with pytest.raises(InvalidPhotograph, match="Not a JPEG or PNG file: convert it first"):
        ask(fake_server(script), "masks", [PNG_START, b"GIF89a"])
    assert script.asked == []


def test_a_server_that_is_unavailable_is_asked_again(fake_server, ask):
    # As large as a photograph: gRPC would not keep it for a retry if it was not told to.
    large = PNG_START + bytes(2**20)
    script = Script([_GONE, _GONE, lambda images: images])
    assert ask(fake_server(script), "mask", large) == large
    assert [asked.images for asked in script.asked] == [(large,)] * 3
    first, second, third = script.arrivals_s
    assert second - first > 0.15
    assert third - second > 0.3


@pytest.mark.parametrize("retries", [0, 1])
def test_so_many_retries_and_no_more(fake_server, ask, retries):
    script = Script([_GONE])
    with pytest.raises(ServerUnavailable, match="shutting down"):
        ask(fake_server(script), "mask", PNG_START, retries=retries)
    assert len(script.asked) == retries + 1


@pytest.mark.parametrize(
    ("code", "http_status"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 429),
        (grpc.StatusCode.INTERNAL, 500),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 504),
        (grpc.StatusCode.NOT_FOUND, 404),
    ],
)
def test_nothing_else_is_asked_again(fake_server, ask, code, http_status):
    script = Script([Refusal(code, "no", http_status)])
    with pytest.raises(MaskServiceError):
        ask(fake_server(script), "mask", PNG_START)
    assert len(script.asked) == 1


def test_a_server_that_comes_up_meanwhile_is_waited_for(fake_server, ask, protocol, free_port):
    def start():
        time.sleep(0.25)
        fake_server(Script(), port=free_port)

    starting = threading.Thread(target=start)
    starting.start()
    try:
        target = f"127.0.0.1:{free_port}"
        assert ask(target, "mask", PNG_START, protocol=protocol) == PNG_START
    finally:
        starting.join()


def test_nobody_there(ask, protocol, free_port):
    target = f"127.0.0.1:{free_port}"
    with pytest.raises(ServerUnavailable) as caught:
        ask(target, "mask", PNG_START, protocol=protocol, retries=0)
    address = target if protocol == "grpc" else f"http://{target}"
    assert str(caught.value) == (
        f"No model server answers at {address}: start one with `studio-mask serve`, or name "
        "another with --server."
    )


def test_a_server_that_says_nothing(ask, protocol):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(RequestTimedOut, match=r"within 0\.3 s: raise the timeout"):
            ask(target, "mask", PNG_START, protocol=protocol, timeout_s=0.3)
        assert 0.25 < time.monotonic() - started < 6


def test_the_deadline_holds_for_all_retries_together(fake_server, ask):
    script = Script([_GONE])
    target = fake_server(script)
    started = time.monotonic()
    with pytest.raises(RequestTimedOut, match=r"within 0\.8 s"):
        ask(target, "mask", PNG_START, timeout_s=0.8)
    assert time.monotonic() - started < 6
    assert len(script.asked) in (2, 3)


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_several_requests_are_in_flight(fake_server, kind):
    together = threading.Barrier(4)

    def reply(images):
        # Passes only if four are here at once.
        together.wait(timeout=10)
        return images

    target = fake_server(Script([reply]))
    photographs = [PNG_START + bytes([number]) for number in range(8)]

    async def gather():
        async with AsyncMaskClient(target, timeout_s=20) as client:
            return await asyncio.gather(*map(client.mask, photographs))

    if kind == "asyncio":
        assert asyncio.run(gather()) == photographs
        return
    with (
        MaskClient(target, timeout_s=20) as client,
        futures.ThreadPoolExecutor(4) as pool,
    ):
        assert list(pool.map(client.mask, photographs)) == photographs


@pytest.mark.parametrize(
    ("reply", "output", "answered"),
    [
        (lambda images: images[1:], None, 0),
        (lambda images: [*images, b"more"], None, 2),
        (lambda images: [0.5 for _ in images], None, 0),
        (lambda images: images, "another", 0),
    ],
    ids=["too few", "too many", "numbers", "another output"],
)
def test_a_reply_that_is_no_mask_per_photograph(fake_server, ask, reply, output, answered):
    target = fake_server(Script([reply], output=output))
    with pytest.raises(ModelUnsuitable) as caught:
        ask(target, "mask", PNG_START)
    assert str(caught.value) == (
        f"The model 'mask' at {target} answered {answered} masks to 1 photographs: push a model "
        "exported by this project."
    )


def test_one_output_of_several_is_found_by_its_name(fake_server, ask):
    assert ask(fake_server(Script(output="mask_png_bytes")), "mask", PNG_START) == PNG_START


def test_a_closed_client_asks_nothing(fake_server):
    target = fake_server(Script())
    client = MaskClient(target)
    assert client.mask(PNG_START) == PNG_START
    client.close()
    client.close()
    with pytest.raises(MaskServiceError, match="The client was closed"):
        client.mask(PNG_START)

    async def ask_closed():
        client = AsyncMaskClient(target)
        assert await client.mask(PNG_START) == PNG_START
        await client.close()
        await client.close()
        await client.mask(PNG_START)

    with pytest.raises(MaskServiceError, match="The client was closed"):
        asyncio.run(ask_closed())


def test_closing_ends_the_requests_under_way(fake_server):
    arrived, released = threading.Event(), threading.Event()

    def reply(images):
        arrived.set()
        released.wait(timeout=10)
        return images

    client = MaskClient(fake_server(Script([reply])))
    with futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.mask, PNG_START)
        assert arrived.wait(timeout=10)
        client.close()
        try:
            error = asking.exception(timeout=5)
        finally:
            released.set()
    assert isinstance(error, MaskServiceError)
    assert str(error).startswith("CANCELLED")


def test_an_asyncio_request_can_be_cancelled(fake_server):
    arrived, released = threading.Event(), threading.Event()

    def reply(images):
        arrived.set()
        released.wait(timeout=10)
        return images

    target = fake_server(Script([reply]))

    async def ask_and_cancel():
        async with AsyncMaskClient(target) as client:
            asking = asyncio.ensure_future(client.mask(PNG_START))
            await asyncio.get_running_loop().run_in_executor(None, arrived.wait, 10)
            asking.cancel()
            await asking

    try:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(ask_and_cancel())
    finally:
        released.set()
