"""The two answers of the REST interface that are about a model and not from it."""

import inspect
import json
from collections.abc import Mapping, Sequence

from google.protobuf import json_format
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import StatusCode
from serving.version_status import VersionStatus

# Write fields that hold their default too; protobuf 5 calls it otherwise.
_ALL_FIELDS = (
    "always_print_fields_with_no_presence"
    if "always_print_fields_with_no_presence"
    in inspect.signature(json_format.MessageToDict).parameters
    else "including_default_value_fields"
)


def status_body(statuses: Sequence[VersionStatus]) -> bytes:
    """Writes where versions are in their life, as GetModelStatus tells it.

    Args:
        statuses: The versions, in the order wanted.

    Returns:
        The JSON: version numbers as strings, as protobuf writes 64-bit integers.
    """
    rows = [
        {
            "version": str(status.version),
            "state": status.state.name,
            "status": {
                "error_code": (status.error.code if status.error else StatusCode.OK).name,
                "error_message": status.error.message if status.error else "",
            },
        }
        for status in statuses
    ]
    return json.dumps({"model_version_status": rows}, indent=1).encode()


def metadata_body(
    model_name: str, version: int, signature_defs: Mapping[str, meta_graph_pb2.SignatureDef]
) -> bytes:
    """Writes a model's signatures, as GetModelMetadata tells them.

    Args:
        model_name: The model asked for.
        version: The version that answers.
        signature_defs: All its signatures.

    Returns:
        The JSON of the message, but with the signatures in the place of the Any that holds them.
    """
    signatures = {
        name: json_format.MessageToDict(
            signature, preserving_proto_field_name=True, **{_ALL_FIELDS: True}
        )
        for name, signature in signature_defs.items()
    }
    body = {
        "model_spec": {"name": model_name, "signature_name": "", "version": str(version)},
        "metadata": {"signature_def": {"signature_def": signatures}},
    }
    return json.dumps(body, indent=1).encode()
