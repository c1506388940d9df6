"""The envelope of everything that leaves: CloudEvents 1.0, structured JSON, with the attributes as headers too.

Identifiers and times are derived from what is described, so whoever writes an event twice writes the same bytes:
readers upsert by ``id``. Source: CloudEvents 1.0.2, Kafka protocol binding 1.0.2, section 3.3.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

import msgspec
import orjson
from msgspec import Meta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
TYPE_PREFIX = "io.eddyline."
SCHEMA_PREFIX = "urn:eddyline:schema:"

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""What :func:`rfc3339` returns."""
Count = Annotated[int, Meta(ge=0)]


class Output(NamedTuple):
    """A record to produce. ``partition`` is None where the key decides."""

    topic: str
    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int | None = None


def cloud_event(
    *, topic: str, key: str, type_: str, source: str, id_: str, time_ms: int, data: msgspec.Struct
) -> Output:
    """Return the record of one event.

    Args:
        topic: where it goes.
        key: key of the record.
        type_: last part of the CloudEvents type: ``drift.window.v1``.
        source: the stage that emits it.
        id_: from :func:`identifier`.
        time_ms: the event time it speaks for.
        data: the payload.
    """
    attributes = {
        "specversion": "1.0",
        "type": TYPE_PREFIX + type_,
        "source": f"/eddyline/{source}",
        "id": id_,
        "time": rfc3339(time_ms),
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_PREFIX + type_,
    }
    headers = [(f"ce_{name}", text.encode()) for name, text in attributes.items() if name != "datacontenttype"]
    headers.append(("content-type", CONTENT_TYPE.encode()))
    value = orjson.dumps({**attributes, "data": msgspec.to_builtins(data)})
    return Output(topic, value, key.encode(), tuple(headers))


def identifier(*parts: str) -> str:
    """Return the sha256 of ``parts``, in hex: the same thing described again has the same id."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def rfc3339(time_ms: int) -> str:
    """Return a time as RFC 3339 in UTC with milliseconds.

    >>> rfc3339(1_795_248_000_500)
    '2026-11-21T08:00:00.500Z'
    """
    return (EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
