"""One adapter per source format: bytes as they arrive -> :data:`eddyline.events.Event`.

:func:`decode` is total: for any record it returns an event, returns None for a tombstone, or raises ``DeadLetter``.
"""

import codecs
from typing import Any

import orjson

from eddyline.errors import DeadLetter
from eddyline.events import Event, Kind, Record
from eddyline.inputs import cloudevents, native
from eddyline.inputs.native import Defaults

__all__ = ["Defaults", "decode"]

SCHEMA_REGISTRY_MAGIC = 0
SCHEMA_REGISTRY_HEADER = 5
"""A zero byte and a four-byte schema id, which the serializers of a schema registry put before the JSON."""


def decode(record: Record, kind: Kind, *, max_bytes: int, defaults: Defaults, now_ms: int) -> Event | None:
    """Return the event in ``record``, or None where there is none (a tombstone).

    Args:
        record: the record as it arrived.
        kind: what its topic carries.
        max_bytes: a larger value is refused before it is decoded.
        defaults: app and environment of an event that names none; how far ahead of the clock a time may be.
        now_ms: the clock, in milliseconds since 1970.

    Raises:
        DeadLetter: the record cannot be understood; ``reason`` says why (docs/events.md lists the codes).
    """
    if not record.value:
        return None
    if len(record.value) > max_bytes:
        raise DeadLetter("too_large", f"the value has {len(record.value)} bytes, more than events.max_bytes")
    headers = cloudevents.text_headers(record.headers)
    cloudevents.check_format(headers)
    fields = cloudevents.unwrap(headers, _json(record.value))
    fallback_id = f"tp:{record.topic}:{record.partition}:{record.offset}"
    return native.parse(kind, fields, fallback_id=fallback_id, defaults=defaults, now_ms=now_ms)


def _json(value: bytes) -> Any:  # noqa: ANN401 - any JSON value
    payload = value[SCHEMA_REGISTRY_HEADER:] if value[0] == SCHEMA_REGISTRY_MAGIC else value
    try:
        return orjson.loads(payload.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise DeadLetter(_fault(payload), f"not JSON: {error.msg} at byte {error.pos}") from None


def _fault(payload: bytes) -> str:
    """Tell text in another encoding from text that is no JSON."""
    try:
        payload.decode()
    except UnicodeDecodeError:
        return "bad_encoding"
    return "bad_json"
