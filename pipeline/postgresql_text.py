r"""Lets ML Metadata keep text with backslashes in PostgreSQL.

In 1.16 and 1.21 it puts such a text into SQL as ``'E'...'``: what PostgreSQL's own function returns
for it, ``E'...'``, less the sign at either end, which takes the quote to be the first. PostgreSQL
answers ``syntax error``, and nothing can be written: JSON within JSON, as TFX notes a component's
settings, is full of backslashes. So another sign goes into the database in place of each.
"""

from typing import Any

from google.protobuf import message
from google.protobuf.descriptor import FieldDescriptor
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.postgresql_order import put_in_order

_BACKSLASH = "\\"
# REVERSE SOLIDUS OPERATOR: looks like one, and nobody types it.
_STAND_IN = "\N{REVERSE SOLIDUS OPERATOR}"
_PATCHED = "_postgresql_is_mended"


def mend_postgresql() -> None:
    """Makes all stores in PostgreSQL that this process opens keep backslashes.

    They also answer in the order that they were asked in, see pipeline/postgresql_order.py.
    """
    store = metadata_store.MetadataStore
    if hasattr(store, _PATCHED):
        return
    call = store._call_method

    def call_with_stand_ins(self: Any, method: str, request: Any, response: Any) -> None:
        config = self._config
        if (
            not isinstance(config, metadata_store_pb2.ConnectionConfig)
            or config.WhichOneof("config") != "postgresql"
        ):
            call(self, method, request, response)
            return
        asked = type(request).FromString(request.SerializeToString())
        replace_text(asked, _BACKSLASH, _STAND_IN)
        call(self, method, asked, response)
        replace_text(response, _STAND_IN, _BACKSLASH)
        put_in_order(method, asked, response)

    store._call_method = call_with_stand_ins
    setattr(store, _PATCHED, True)


def replace_text(proto: message.Message, old: str, new: str) -> None:
    """Replaces a sign in all strings of a message, in place, but for the keys of its maps.

    Args:
        proto: The message.
        old: What to replace.
        new: By what.
    """
    for field, value in proto.ListFields():
        if field.type == FieldDescriptor.TYPE_STRING:
            if not isinstance(value, str):
                value[:] = [text.replace(old, new) for text in value]
            elif old in value:
                setattr(proto, field.name, value.replace(old, new))
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            if _is_map(field):
                _replace_in_map(field, value, old, new)
            elif isinstance(value, message.Message):
                replace_text(value, old, new)
            else:
                for each in value:
                    replace_text(each, old, new)


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type.GetOptions().map_entry)


def _replace_in_map(field: FieldDescriptor, entries: Any, old: str, new: str) -> None:
    kind = field.message_type.fields_by_name["value"].type
    for key in list(entries):
        if kind == FieldDescriptor.TYPE_MESSAGE:
            replace_text(entries[key], old, new)
        elif kind == FieldDescriptor.TYPE_STRING:
            entries[key] = entries[key].replace(old, new)
