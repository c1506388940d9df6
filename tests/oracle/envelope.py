"""CloudEvents as docs/events.md describes them, byte for byte: fields in the order of the JSON Schemas."""

import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

SCHEMAS = Path(__file__).parents[2] / "streams/eddyline/outputs/schemas"


def identifier(*parts: str) -> str:
    """Return the id of what ``parts`` describe."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def rfc3339(time_ms: int) -> str:
    """Return a time in UTC with milliseconds."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z"


def event(type_: str, id_: str, time_ms: int, data: dict[str, Any]) -> bytes:
    """Return the bytes of an event of the schema ``type_``; what the schema fixes is taken from there."""
    schema = _schema(type_)
    values = {"id": id_, "time": rfc3339(time_ms), "data": _ordered(data, schema["properties"]["data"])}
    constants = {name: field["const"] for name, field in schema["properties"].items() if "const" in field}
    return orjson.dumps(_ordered(values | constants, schema))


def _ordered(values: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    assert set(values) == set(schema["required"])
    return {name: values[name] for name in schema["properties"]}


@cache
def _schema(type_: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{type_}.json").read_text())
    return found
