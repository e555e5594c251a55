"""What the flags of the command line mean: reads the files that they name, and checks them."""

from collections.abc import Callable
from pathlib import Path

from serving.errors import ServingError, StatusCode
from serving.server.batching.batching_parameters import BatchingParameters, read_batching_parameters
from serving.server.monitoring_config import read_monitoring_config
from serving.server.server_flags import ServerFlags
from serving.server.server_options import ServerOptions
from serving.server.session_options import SessionOptions
from serving.server.ssl_config import read_ssl_config
from serving.server.text_proto import read_text_proto


def server_options(flags: ServerFlags) -> ServerOptions:
    """Turns flags into the options of an embedded server.

    Args:
        flags: What was asked for.

    Returns:
        The options.

    Raises:
        ServingError: Flags that contradict each other, or a file that cannot be read; in TensorFlow
            Serving's words where it checks that too.
    """
    if flags.use_alts_credentials:
        raise ServingError(
            StatusCode.UNIMPLEMENTED,
            "The embedded server has no ALTS: use --ssl_config_file, or tensorflow_model_server.",
        )
    if not flags.model_base_path and not flags.model_config_file:
        raise _invalid(
            "Both server_options.model_base_path and server_options.model_config_file are empty!"
        )
    return ServerOptions(
        # As TensorFlow Serving: one model's path and name are ignored where there is a file.
        model_base_path=None if flags.model_config_file else flags.model_base_path,
        model_name=flags.model_name,
        model_config_file=flags.model_config_file or None,
        model_config_file_poll_wait_seconds=flags.model_config_file_poll_wait_seconds,
        host=flags.host,
        port=flags.port,
        grpc_socket_path=flags.grpc_socket_path or None,
        grpc_max_threads=flags.grpc_max_threads,
        grpc_channel_arguments=_channel_arguments(flags.grpc_channel_arguments),
        rest_api_port=flags.rest_api_port or None,
        rest_api_num_threads=flags.rest_api_num_threads,
        rest_api_timeout_in_ms=flags.rest_api_timeout_in_ms,
        rest_api_enable_cors_support=flags.rest_api_enable_cors_support,
        prometheus_path=_prometheus_path(flags),
        ssl=read_ssl_config(flags.ssl_config_file) if flags.ssl_config_file else None,
        file_system_poll_wait_seconds=flags.file_system_poll_wait_seconds,
        allow_version_labels_for_unavailable_models=(
            flags.allow_version_labels_for_unavailable_models
        ),
        num_load_threads=flags.num_load_threads,
        num_unload_threads=flags.num_unload_threads,
        max_num_load_retries=flags.max_num_load_retries,
        load_retry_interval_micros=flags.load_retry_interval_micros,
        enable_model_warmup=flags.enable_model_warmup,
        num_request_iterations_for_warmup=flags.num_request_iterations_for_warmup,
        enable_grpc_healthcheck_service=flags.enable_grpc_healthcheck_service,
        enable_serialization_as_tensor_content=flags.enable_serialization_as_tensor_content,
        session=_session(flags),
        batching=_batching(flags),
        verify=_verifier(flags),
    )


def _channel_arguments(text: str) -> tuple[tuple[str, int | str], ...]:
    """Reads ``name=value,name=value``; a value that is an integer becomes one."""
    arguments: list[tuple[str, int | str]] = []
    for argument in filter(None, text.split(",")):
        name, equals, value = argument.partition("=")
        if not name or not equals:
            raise _invalid(f"--grpc_channel_arguments: '{argument}' is not of the form name=value.")
        try:
            arguments.append((name, int(value)))
        except ValueError:
            arguments.append((name, value))
    return tuple(arguments)


def _prometheus_path(flags: ServerFlags) -> str | None:
    # As TensorFlow Serving: without a REST port there is nowhere to show metrics, and nobody looks.
    if not flags.monitoring_config_file or not flags.rest_api_port:
        return None
    return read_monitoring_config(flags.monitoring_config_file)


def _batching(flags: ServerFlags) -> BatchingParameters | None:
    if not flags.enable_batching:
        if flags.batching_parameters_file:
            raise _invalid(
                "server_options.batching_parameters_file is set without setting "
                "server_options.enable_batching to true."
            )
        return None
    if not flags.batching_parameters_file:
        return BatchingParameters()
    return read_batching_parameters(flags.batching_parameters_file)


def _session(flags: ServerFlags) -> SessionOptions:
    intra, inter = flags.tensorflow_intra_op_parallelism, flags.tensorflow_inter_op_parallelism
    both = flags.tensorflow_session_parallelism
    if intra and inter and both:
        raise _invalid(
            "Either configure server_options.tensorflow_session_parallelism or "
            "(server_options.tensorflow_intra_op_parallelism, "
            "server_options.tensorflow_inter_op_parallelism) separately. You cannot configure all."
        )
    if not intra and not inter:
        intra = inter = both
    config = None
    if flags.tensorflow_session_config_file:
        from tensorflow.core.protobuf import config_pb2

        config = read_text_proto(flags.tensorflow_session_config_file, config_pb2.ConfigProto)
    return SessionOptions(
        intra_op_threads=intra,
        inter_op_threads=inter,
        per_process_gpu_memory_fraction=flags.per_process_gpu_memory_fraction,
        saved_model_tags=tuple(filter(None, flags.saved_model_tags.split(","))),
        config=config,
    )


def _verifier(flags: ServerFlags) -> Callable[[Path], None] | None:
    if not flags.require_signature:
        return None
    from serving.signing.verifier import signature_verifier

    return signature_verifier(Path(flags.require_signature))


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
