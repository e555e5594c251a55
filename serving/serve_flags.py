"""``studio-mask serve``: makes a command of the server's flags, written as TensorFlow Serving's."""

import dataclasses
import sys
from typing import Any

import click

from serving.server.server_flags import ServerFlags, names_of

_FIELDS = {field.name: field for field in dataclasses.fields(ServerFlags)}
_RANGES: dict[str, click.ParamType] = {
    **dict.fromkeys(("port", "rest_api_port"), click.IntRange(0, 65535)),
    **dict.fromkeys(
        ("grpc_max_threads", "rest_api_num_threads", "rest_api_timeout_in_ms"),
        click.IntRange(min=1),
    ),
    **dict.fromkeys(
        (
            "num_load_threads",
            "num_unload_threads",
            "max_num_load_retries",
            "tensorflow_session_parallelism",
            "tensorflow_intra_op_parallelism",
            "tensorflow_inter_op_parallelism",
        ),
        click.IntRange(min=0),
    ),
    "per_process_gpu_memory_fraction": click.FloatRange(0, 1),
    "model_config_file_poll_wait_seconds": click.FloatRange(min=0),
}
_BOOLEANS = ("true", "false")


class _ServeCommand(click.Command):
    """Reads booleans as TensorFlow Serving does: ``--flag``, ``--flag=true``, ``--flag=false``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Gives each bare boolean flag its value before click looks at it."""
        booleans = {
            f"--{name}" for name, field in _FIELDS.items() if field.metadata["kind"] is bool
        }
        spelled_out = []
        rest = list(args)
        while rest:
            argument = rest.pop(0)
            if argument in booleans:
                value = rest.pop(0) if rest and rest[0].lower() in _BOOLEANS else "true"
                argument = f"{argument}={value}"
            spelled_out.append(argument)
        return super().parse_args(ctx, spelled_out)


def _option(field: "dataclasses.Field[Any]") -> click.Option:
    kind = field.metadata["kind"]
    return click.Option(
        [f"--{field.name}"],
        type=_RANGES.get(field.name, kind),
        default=field.default,
        show_default=field.default not in ("", None),
        help=field.metadata["help"],
        metavar="[=false]" if kind is bool else None,
        hidden="theirs" in field.metadata,
    )


def _serve(**values: Any) -> None:
    from serving.server import serve_command

    context = click.get_current_context()
    given = {
        name
        for name in values
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }
    sys.exit(serve_command.run(ServerFlags(**values), given=given, unknown=context.args))


serve = _ServeCommand(
    "serve",
    callback=_serve,
    params=[_option(field) for field in _FIELDS.values()],
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    short_help="Serve models over gRPC and REST, as TensorFlow Serving does.",
    help="""Serve models over gRPC and REST, as TensorFlow Serving does.

    Runs tensorflow_model_server if it is on the PATH, and the embedded server if it is not, or with
    --embedded. Flags, defaults and answers are the same. A new version is loaded while the old one
    still answers; SIGTERM and Ctrl-C let running requests finish.
    """,
    epilog=f"Only for tensorflow_model_server: --{', --'.join(sorted(names_of('theirs')))}.",
)
