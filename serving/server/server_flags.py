"""The flags of ``studio-mask serve``: those of tensorflow_model_server 2.20, and three of its own.

Names and defaults are TensorFlow Serving's, so that a command line for one server works for the
other. Nothing heavy is imported here: ``--help`` reads this.
"""

import dataclasses
from typing import Any

TENSORFLOW_MODEL_SERVER = "tensorflow_model_server"


def _flag(default: Any, text: str, kind: type | None = None) -> Any:
    """A flag that both servers know."""
    metadata = {"help": text, "kind": kind or type(default)}
    return dataclasses.field(default=default, metadata=metadata)


def _ours(default: Any, text: str, kind: type | None = None) -> Any:
    """A flag that only the embedded server knows."""
    metadata = {"help": text, "kind": kind or type(default), "ours": True}
    return dataclasses.field(default=default, metadata=metadata)


def _theirs(default: Any, kind: type | None = None) -> Any:
    """A flag that means nothing to the embedded server."""
    metadata = {"help": "", "kind": kind or type(default), "theirs": True}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class ServerFlags:
    """What was asked for on the command line; None is "not given"."""

    model_base_path: str = _flag("", "Folder of numbered versions; it may appear later.")
    model_name: str = _flag("default", "The name that requests use.")
    model_config_file: str = _flag(
        "", "Text ModelServerConfig of several models, instead of one base path and name."
    )
    model_config_file_poll_wait_seconds: float = _flag(
        0.0, "Time between two looks at that file; 0 reads it once."
    )
    port: int = _flag(8500, "gRPC port; 0 takes a free one.")
    grpc_socket_path: str = _flag("", "UNIX socket to listen on besides.")
    grpc_max_threads: int | None = _flag(
        None, "gRPC requests answered side by side.  [default: 4 per CPU]", int
    )
    grpc_channel_arguments: str = _flag(
        "", "For gRPC itself, such as grpc.max_connection_age_ms=2000; commas between them."
    )
    rest_api_port: int = _flag(0, "REST port; 0 opens none.")
    rest_api_num_threads: int | None = _flag(
        None, "REST requests answered side by side.  [default: 4 per CPU]", int
    )
    rest_api_timeout_in_ms: int = _flag(30_000, "Time after which a REST request is given up.")
    rest_api_enable_cors_support: bool = _flag(False, "Let pages of other origins use REST.")
    ssl_config_file: str = _flag(
        "", "Text SSLConfig: key and certificate of the gRPC port, and whether clients need one."
    )
    monitoring_config_file: str = _flag(
        "", "Text MonitoringConfig: metrics for Prometheus on the REST port."
    )
    enable_grpc_healthcheck_service: bool = _flag(False, "Answer grpc.health.v1.Health.")
    enable_serialization_as_tensor_content: bool = _flag(
        False, "Answer in tensor_content instead of the typed fields."
    )
    enable_batching: bool = _flag(False, "Answer several clients' requests in one run.")
    batching_parameters_file: str = _flag("", "Text BatchingParameters.")
    file_system_poll_wait_seconds: float = _flag(
        1.0, "Time between two looks for a new version; 0 looks once, below 0 never."
    )
    allow_version_labels_for_unavailable_models: bool = _flag(
        False, "Let a new label be given to a version that is not available."
    )
    num_load_threads: int = _flag(0, "Versions loaded side by side; 0: one after the other.")
    num_unload_threads: int = _flag(0, "Versions freed side by side; 0: one after the other.")
    max_num_load_retries: int = _flag(5, "Further tries after a load that failed.")
    load_retry_interval_micros: int = _flag(60_000_000, "Time between two tries.")
    enable_model_warmup: bool = _flag(True, "Replay a version's warm-up requests first.")
    num_request_iterations_for_warmup: int = _flag(
        0, "How often each of them is replayed; 0 is once."
    )
    saved_model_tags: str = _flag("serve", "The part of the SavedModel; commas between tags.")
    tensorflow_session_parallelism: int = _flag(0, "Sets both of the next two; 0: automatic.")
    tensorflow_intra_op_parallelism: int = _flag(0, "Threads inside one operation; 0: automatic.")
    tensorflow_inter_op_parallelism: int = _flag(0, "Operations run side by side; 0: automatic.")
    tensorflow_session_config_file: str = _flag("", "Text ConfigProto, for all else.")
    per_process_gpu_memory_fraction: float = _flag(
        0.0, "Share of a GPU's memory that is taken at once; 0: as it is needed."
    )
    version: bool = _flag(False, "Say which server this is, and end.")

    host: str = _ours("[::]", "Address to listen on; [::] is every address of this machine.")
    embedded: bool = _ours(
        False, f"Use the embedded server even if {TENSORFLOW_MODEL_SERVER} is on the PATH."
    )
    require_signature: str = _ours(
        "", "PEM file of a public key: refuse versions that were not signed with it."
    )

    use_alts_credentials: bool = _theirs(False)
    platform_config_file: str = _theirs("")
    enable_per_model_batching_parameters: bool = _theirs(False)
    flush_filesystem_caches: bool = _theirs(True)
    remove_unused_fields_from_bundle_metagraph: bool = _theirs(True)
    enable_signature_method_name_check: bool = _theirs(False)
    enable_profiler: bool = _theirs(True)
    thread_pool_factory_config_file: str = _theirs("")
    mixed_precision: str = _theirs("")
    skip_initialize_tpu: bool = _theirs(False)
    prefer_tflite_model: bool = _theirs(False)
    num_tflite_pools: int | None = _theirs(None, int)
    num_tflite_interpreters_per_pool: int | None = _theirs(None, int)
    xla_cpu_compilation_enabled: bool = _theirs(False)
    xla_gpu_compilation_enabled: bool = _theirs(False)


def names_of(mark: str) -> frozenset[str]:
    """Returns which flags are only one server's.

    Args:
        mark: ``ours`` for those of the embedded server, ``theirs`` for those that it ignores.

    Returns:
        Their names.
    """
    return frozenset(
        field.name for field in dataclasses.fields(ServerFlags) if mark in field.metadata
    )
