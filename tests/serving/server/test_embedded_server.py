"""A server's life: waiting, swapping under load, finishing what runs."""

import gc
import socket
import threading
from concurrent import futures

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from serving.errors import ServingError, StatusCode
from serving.server.batching.batching_parameters import BatchingParameters
from serving.server.embedded_server import EmbeddedServer
from serving.server.metrics import ServerMetrics
from serving.server.server_options import ServerOptions
from serving.server.services.rpc_services import PREDICTION_SERVICE
from serving.server.session_options import SessionOptions
from serving.version_status import VersionState

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
        stub = PREDICTION_SERVICE.stub(channels[server.target])
        response = stub.Predict(request, timeout=timeout)
        (output,) = response.outputs.values()
        return response.model_spec.version.value, tf.make_ndarray(output).item()

    yield send
    for channel in channels.values():
        channel.close()


def test_versions_change_under_load_and_no_request_is_lost(
    serve, push, affine_models, ask, eventually
):
    changes, answers = [], []
    server = serve(affine_models[1], on_change=lambda _, change: changes.append(change))
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


def test_an_old_version_leaves_no_graph_behind(serve, push, affine_models, eventually):
    changes = []
    server = serve(affine_models[1], on_change=lambda _, change: changes.append(change))
    gc.collect()
    graphs = _graphs()
    gc.disable()
    try:
        for version in (2, 3):
            push(affine_models[version], server.model_base_path / str(version))
            ended = (version - 1, VersionState.END)
            eventually(lambda: ended in [(each.version, each.state) for each in changes])  # noqa: B023
        assert _graphs() == graphs
    finally:
        gc.enable()


def _graphs():
    return sum(isinstance(each, tf.Graph) for each in gc.get_objects())


@pytest.fixture
def is_busy(eventually):
    """Waits until a server is working on a request."""

    def wait(server):
        table = server.models._registry._managers["mask"].table
        eventually(lambda: any(row.borrowers for row in table._rows.values()))

    return wait


def test_a_running_request_is_finished_before_its_version_is_freed(
    serve, push, affine_models, ask, is_busy, eventually
):
    changes = []
    server = serve(affine_models[1], on_change=lambda _, change: changes.append(change))
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


def test_a_deadline_ends_the_run_and_frees_its_thread(serve, affine_models, ask):
    server = serve(affine_models[1], grpc_max_threads=1)
    with pytest.raises(grpc.RpcError) as caught:
        # It would keep the only thread for an hour.
        ask(server, "spin", timeout=0.3, n=np.int64(10**9))
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
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
    with pytest.raises(ServingError, match="no version of model mask is available") as caught:
        server.start(timeout_s=0.05)
    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED

    server = EmbeddedServer(tmp_path / "missing")
    threading.Timer(0.1, server.stop).start()
    with pytest.raises(ServingError, match="CANCELLED"):
        server.start()


def test_a_first_version_that_cannot_be_loaded_is_an_error(tmp_path):
    (tmp_path / "4").mkdir()
    server = EmbeddedServer(tmp_path, max_num_load_retries=0)
    with pytest.raises(ServingError, match="name: mask version: 4") as caught:
        server.start()
    assert caught.value.code is StatusCode.UNKNOWN
    server.stop()


def test_a_stop_does_not_wait_for_the_next_try_to_load(tmp_path):
    (tmp_path / "4").mkdir()
    server = EmbeddedServer(tmp_path, load_retry_interval_micros=3_600_000_000)
    threading.Timer(0.3, server.stop).start()
    with pytest.raises(ServingError, match="CANCELLED"):
        server.start()


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
    session = SessionOptions(intra_op_threads=1, inter_op_threads=1, cpu_only=True)
    server = serve(affine_models[1], session=session)
    assert ask(server, x=np.float32(0)) == (1, 1.0)


def test_everything_can_be_told_in_options(tmp_path, push, affine_models, ask):
    push(affine_models[3], tmp_path / "1")
    options = ServerOptions(model_base_path=tmp_path, model_name="mask")
    with EmbeddedServer(options, host="localhost") as server:
        assert server.target == f"localhost:{server.port}"
        assert ask(server, x=np.float32(0)) == (1, 3.0)
    with pytest.raises(TypeError, match="no_such_flag"):
        EmbeddedServer(tmp_path, no_such_flag=1)


def test_a_port_for_rest_is_opened_when_told_and_closed_at_the_end(serve, affine_models):
    server = serve(affine_models[2], rest_api_port=0)
    assert server.rest_port not in (None, 0, server.port)
    url = f"http://127.0.0.1:{server.rest_port}/v1/models/mask"
    answer = httpx.post(f"{url}:predict", json={"instances": [[2.0]]}, timeout=20)
    assert answer.json() == {"predictions": [[3.0]]}
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_without_a_port_for_rest_there_is_none(serve, affine_models):
    assert serve(affine_models[2]).rest_port is None


def test_rest_on_the_grpc_port_is_left_out(serve, affine_models, ask, free_port, caplog):
    server = serve(affine_models[2], port=free_port, rest_api_port=free_port)
    assert server.rest_port is None
    assert "is the gRPC port. Use a different port for the REST API" in caplog.text
    assert ask(server, x=np.float32(0)) == (1, 2.0)


def test_a_rest_port_that_is_taken_is_an_error_and_closes_the_other(
    serve, affine_models, free_port
):
    taken = serve(affine_models[1], rest_api_port=0).rest_port
    with pytest.raises(ServingError, match="Is the port taken"):
        serve(affine_models[1], port=free_port, rest_api_port=taken)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", free_port))


def test_requests_can_share_a_batch(serve, affine_models, ask):
    batching = BatchingParameters(
        max_batch_size=4, batch_timeout_micros=10_000_000, num_batch_threads=1
    )
    server = serve(affine_models[2], batching=batching)
    with futures.ThreadPoolExecutor(4) as pool:
        # A batch that is not full would wait ten seconds.
        answers = pool.map(lambda x: ask(server, timeout=5, x=np.float32([x])), range(4))
        assert list(answers) == [(1, 2.0), (1, 2.5), (1, 3.0), (1, 3.5)]
    assert "batching_session:wrapped_run_count{} 1" in server.metrics.render()


def test_what_is_counted_can_be_shared(serve, affine_models, ask):
    metrics = ServerMetrics()
    assert ask(serve(affine_models[1], metrics=metrics), x=np.float32(0)) == (1, 1.0)
    assert 'request_count{model_name="mask",status="OK"} 1' in metrics.render()
