"""A model server without TensorFlow, which does what a test tells it to.

    fake_model_server.py FOLDER --port=N ...

FOLDER holds ``behaviour.json`` and pairs of ``<id>.photograph`` and ``<id>.reply``: the bytes of a
photograph, and of the PredictResponse to a request that holds it.
"""

import json
import os
import sys
import threading
import time
from concurrent import futures
from pathlib import Path

import grpc

# GetModelStatusResponse { model_version_status { version: 1 state: AVAILABLE } }
_AVAILABLE = b"\x0a\x04\x08\x01\x10\x1e"


def main() -> None:
    folder = Path(sys.argv[1])
    port = next(each for each in sys.argv if each.startswith("--port=")).removeprefix("--port=")
    behaviour = json.loads((folder / "behaviour.json").read_text())
    photographs = {path.stem: path.read_bytes() for path in folder.glob("*.photograph")}
    asked = 0
    (folder / "flags").write_text(" ".join(sys.argv[2:]))

    def predict(request: bytes, context: grpc.ServicerContext) -> bytes:
        nonlocal asked
        asked += 1
        [name] = [each for each, photograph in photographs.items() if photograph in request]
        if asked == behaviour.get("dies_at"):
            print("F fake: no way on", flush=True)
            os.abort()
        if asked == behaviour.get("refuses_at"):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"cannot read\n{name}")
        if asked == behaviour.get("slow_at", asked):
            time.sleep(behaviour.get("seconds", 0.0))
        if asked == behaviour.get("large_at"):
            bytearray(os.urandom(1)) * (behaviour["mebibytes"] * 2**20)
        wrong = behaviour.get("wrong_at") == asked
        return (folder / f"{name}.{'wrong' if wrong else 'reply'}").read_bytes()

    services = {
        "tensorflow.serving.ModelService": {"GetModelStatus": lambda *_: _AVAILABLE},
        "tensorflow.serving.PredictionService": {"Predict": predict},
    }
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        tuple(
            grpc.method_handlers_generic_handler(
                service,
                {name: grpc.unary_unary_rpc_method_handler(each) for name, each in methods.items()},
            )
            for service, methods in services.items()
        )
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
