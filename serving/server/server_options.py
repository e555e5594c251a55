"""Everything a server can be told, under the names of tensorflow_model_server's flags."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from serving.server.session_options import SessionOptions
from serving.server.ssl_options import SslOptions

if TYPE_CHECKING:
    from serving.server.batching.batching_parameters import BatchingParameters


@dataclass(frozen=True)
class ServerOptions:
    """What to serve, where, and how. Defaults are TensorFlow Serving's unless said otherwise.

    Attributes:
        model_base_path: The directory of version directories, for a server of one model.
        model_name: The name of that one model.
        model_config_file: A text ModelServerConfig instead, for several models.
        model_config_file_poll_wait_seconds: Time between two looks at it; 0 reads it once.
        host: The address to listen on; ``[::]`` is every address of this machine. (TensorFlow
            Serving has no such flag, and always listens on all.)
        port: The gRPC port; 0 takes a free one. (The flag's default is 8500.)
        grpc_socket_path: A UNIX socket to listen on besides.
        grpc_max_threads: gRPC requests answered side by side; four per CPU if None.
        grpc_channel_arguments: Name and value of gRPC channel arguments.
        rest_api_port: The REST port; None opens none, 0 takes a free one. (The flag's 0 is None.)
        rest_api_num_threads: REST requests answered side by side; four per CPU if None.
        rest_api_timeout_in_ms: After so many milliseconds a REST request is given up.
        rest_api_enable_cors_support: Let pages of other origins ask.
        prometheus_path: Path of the metrics page on the REST port; None serves none.
        ssl: The server's certificate; None serves without encryption.
        file_system_poll_wait_seconds: Time between two looks for versions; 0 looks once, below 0
            never.
        allow_version_labels_for_unavailable_models: Let a label be given to a version that is
            not available, if the label is new.
        num_load_threads: Versions loaded side by side; 0 loads one after the other.
        num_unload_threads: Versions freed side by side; 0 frees one after the other.
        max_num_load_retries: Further tries after a load that failed.
        load_retry_interval_micros: Microseconds between two tries.
        enable_model_warmup: Replay a version's warm-up requests before it serves.
        num_request_iterations_for_warmup: How often each of them is replayed; 0 is once.
        enable_grpc_healthcheck_service: Answer grpc.health.v1.Health.
        enable_serialization_as_tensor_content: Answer in tensor_content, not in the typed fields.
        session: Threads and devices of each version.
        batching: How to batch across requests; None answers each alone.
        verify: Called with a version's directory before it is loaded; a ServingError that it
            raises fails the load. (TensorFlow Serving has no such check.)
    """

    model_base_path: str | os.PathLike[str] | None = None
    model_name: str = "default"
    model_config_file: str | os.PathLike[str] | None = None
    model_config_file_poll_wait_seconds: float = 0.0
    host: str = "127.0.0.1"
    port: int = 0
    grpc_socket_path: str | os.PathLike[str] | None = None
    grpc_max_threads: int | None = None
    grpc_channel_arguments: tuple[tuple[str, int | str], ...] = ()
    rest_api_port: int | None = None
    rest_api_num_threads: int | None = None
    rest_api_timeout_in_ms: int = 30_000
    rest_api_enable_cors_support: bool = False
    prometheus_path: str | None = None
    ssl: SslOptions | None = None
    file_system_poll_wait_seconds: float = 1.0
    allow_version_labels_for_unavailable_models: bool = False
    num_load_threads: int = 0
    num_unload_threads: int = 0
    max_num_load_retries: int = 5
    load_retry_interval_micros: int = 60_000_000
    enable_model_warmup: bool = True
    num_request_iterations_for_warmup: int = 0
    enable_grpc_healthcheck_service: bool = False
    enable_serialization_as_tensor_content: bool = False
    session: SessionOptions = field(default_factory=SessionOptions)
    batching: BatchingParameters | None = None
    verify: Callable[[Path], None] | None = None
