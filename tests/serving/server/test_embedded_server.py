"""A server's life: waiting, swapping under load, finishing what runs."""

import threading
from concurrent import futures

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from serving.errors import ServingError, StatusCode
from serving.server.embedded_server import EmbeddedServer
from serving.server.session_options import SessionOptions

POLL_S = 0.05


@pytest.fixture
def ask():
    """Sends one request and returns the version that answered and its first output."""
    channels = {}

    def send(server, signature_name="serving_default", timeout=20, **inputs):
        if server.target not in channels:
            channels[server.target] = grpc.insecure_channel(server.target)
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "mask"
        request.model_spec.signature_name = signature_name
        for alias, value in inputs.items():
            request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channels[server.target])
        response = stub.Predict(request, timeout=timeout)
        (output,) = response.outputs.values()
        return response.model_spec.version.value, float(tf.make_ndarray(output))

    yield send
    for channel in channels.values():
        channel.close()


def test_versions_change_under_load_and_no_request_is_lost(
    serve, push, affine_models, ask, eventually
):
    changes, answers = [], []
    server = serve(affine_models[1], on_change=changes.append)
    finished = threading.Event()

    def ask_until_finished():
        while not finished.is_set():
            answers.append(ask(server, x=np.float32(0)))

    def has_answered(version):
        return (version, float(version)) in answers[-20:]

    with futures.ThreadPoolExecutor(4) as pool:
        askers = [pool.submit(ask_until_finished) for _ in range(4)]
        try:
            eventually(lambda: has_answered(1))
            for version in (2, 3):
                push(affine_models[version], server.model_base_path / str(version))
                eventually(lambda: has_answered(version))  # noqa: B023 - called at once
        finally:
            finished.set()
        for asker in askers:
            asker.result(timeout=20)
    # Each version answered with its own number, and no request failed in between.
    assert set(answers) == {(1, 1.0), (2, 2.0), (3, 3.0)}
    story = [f"{change.version} {change.state.name}" for change in changes]
    assert story.index("2 AVAILABLE") < story.index("1 UNLOADING")
    assert story.index("3 AVAILABLE") < story.index("2 UNLOADING")


@pytest.fixture
def is_busy(eventually):
    """Waits until a server is working on a request."""

    def wait(server):
        eventually(lambda: any(row.borrowers for row in server._versions._rows.values()))

    return wait


def test_a_running_request_is_finished_before_its_version_is_freed(
    serve, push, affine_models, ask, is_busy, eventually
):
    changes = []
    server = serve(affine_models[1], on_change=changes.append)
    with futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, server, "spin", n=np.int64(300_000))
        is_busy(server)
        push(affine_models[2], server.model_base_path / "2")
        assert slow.result(timeout=30) == (1, 300_000.0)
    eventually(lambda: changes[-1].state.name == "END")
    assert ask(server, x=np.float32(0)) == (2, 2.0)


def test_stop_finishes_what_runs_and_takes_nothing_new(serve, affine_models, ask, is_busy):
    server = serve(affine_models[1])
    with futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, server, "spin", n=np.int64(300_000))
        is_busy(server)
        server.stop()
        assert slow.result(timeout=30) == (1, 300_000.0)
    with pytest.raises(grpc.RpcError) as caught:
        ask(server, x=np.float32(0))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_request_whose_caller_gave_up_in_the_queue_is_not_worked_on(
    serve, affine_models, ask, is_busy
):
    server = serve(affine_models[1], grpc_max_threads=1)
    with futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, server, "spin", n=np.int64(300_000))
        is_busy(server)
        with pytest.raises(grpc.RpcError) as caught:
            # It would keep the only thread for an hour.
            ask(server, "spin", timeout=0.1, n=np.int64(10**9))
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert slow.result(timeout=30) == (1, 300_000.0)
    assert ask(server, x=np.float32(0)) == (1, 1.0)


@pytest.mark.parametrize("is_missing", [True, False])
def test_no_port_opens_before_a_version_appears(
    tmp_path, push, affine_models, ask, free_port, is_missing
):
    base_path = tmp_path / "mask"
    if not is_missing:
        base_path.mkdir()
    server = EmbeddedServer(base_path, port=free_port, file_system_poll_wait_seconds=POLL_S)
    starting = threading.Thread(target=server.start)
    starting.start()
    try:
        with pytest.raises(grpc.RpcError):
            ask(server, x=np.float32(0))
        base_path.mkdir(exist_ok=True)
        push(affine_models[3], base_path / "5")
        starting.join(timeout=20)
        assert not starting.is_alive()
        with grpc.insecure_channel(server.target) as channel:
            grpc.channel_ready_future(channel).result(timeout=10)
        assert server.port == free_port
    finally:
        server.stop()


def test_start_gives_up_in_time_and_can_be_stopped(tmp_path):
    server = EmbeddedServer(tmp_path / "missing")
    with pytest.raises(ServingError, match="No version of model mask became available") as caught:
        server.start(timeout_s=0.05)
    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED

    server = EmbeddedServer(tmp_path / "missing")
    threading.Timer(0.1, server.stop).start()
    with pytest.raises(ServingError, match="CANCELLED"):
        server.start()


def test_a_first_version_that_cannot_be_loaded_is_an_error(tmp_path):
    (tmp_path / "4").mkdir()
    server = EmbeddedServer(tmp_path, file_system_poll_wait_seconds=POLL_S)
    with pytest.raises(ServingError, match="name: mask version: 4") as caught:
        server.start()
    assert caught.value.code is StatusCode.UNKNOWN
    server.stop()


def test_a_port_that_is_taken_is_an_error(serve, affine_models):
    first = serve(affine_models[1])
    with pytest.raises(ServingError, match=f"127.0.0.1:{first.port}: is the port taken") as caught:
        serve(affine_models[1], port=first.port)
    assert caught.value.code is StatusCode.UNAVAILABLE


def test_two_servers_in_one_process_keep_apart(serve, affine_models, ask):
    first, second = serve(affine_models[1]), serve(affine_models[2], version=8)
    assert ask(first, x=np.float32(0)) == (1, 1.0)
    assert ask(second, x=np.float32(0)) == (8, 2.0)


def test_it_serves_with_the_threads_it_is_given(serve, affine_models, ask):
    options = SessionOptions(intra_op_threads=1, inter_op_threads=1, cpu_only=True)
    server = serve(affine_models[1], options=options)
    assert ask(server, x=np.float32(0)) == (1, 1.0)
