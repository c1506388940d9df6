"""CloudEvents as envelopes: both modes, as the official SDK writes them, and everything that can be wrong with one."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from eddyline.events import Event, Feedback, Prompt

NOW_MS = 1_795_248_000_000
ID = hashlib.sha256(b"/app\0a1").hexdigest()
ENVELOPE: dict[str, Any] = {"specversion": "1.0", "id": "a1", "source": "/app", "type": "prompt"}
TIME = "2026-11-21T08:00:00Z"
PROMPT = Prompt(id=ID, time_ms=NOW_MS, app="default/production", prompt="hello")
Header = tuple[str, bytes | None]
Read = Callable[..., Event | None]
Reason = Callable[..., str]


def _structured(**changes: object) -> dict[str, Any]:
    fields = ENVELOPE | {"time": TIME, "data": {"prompt": "hello"}} | changes
    return {name: value for name, value in fields.items() if value is not ...}


def _binary(**changes: bytes | None) -> tuple[Header, ...]:
    found: dict[str, bytes | None] = {f"ce_{name}": str(value).encode() for name, value in ENVELOPE.items()}
    found |= {"ce_time": TIME.encode(), "content-type": b"application/json"}
    return tuple((found | {f"ce_{name}": value for name, value in changes.items()}).items())


def _headers(message: KafkaMessage) -> tuple[Header, ...]:
    return tuple(message.headers.items())


@pytest.mark.parametrize("mode", [to_structured, to_binary])
def test_what_the_sdk_writes_is_read(read: Read, mode: Callable[[CloudEvent, JSONFormat], KafkaMessage]) -> None:
    attributes = ENVELOPE | {"time": datetime(2026, 11, 21, 8, tzinfo=UTC), "datacontenttype": "application/json"}
    message = mode(CloudEvent(attributes, {"prompt": "hello"}), JSONFormat())
    assert read(message.value, headers=_headers(message)) == PROMPT


def test_a_structured_event_is_recognised_by_its_content_type(read: Read) -> None:
    for content_type in (b"application/cloudevents+json", b"Application/CloudEvents+JSON ; charset=UTF-8"):
        assert read(_structured(), headers=(("Content-Type", content_type),)) == PROMPT


def test_a_structured_event_is_recognised_without_any_header(read: Read) -> None:
    assert read(_structured()) == PROMPT


def test_the_content_type_decides_where_attributes_are_in_the_headers_too(read: Read) -> None:
    headers = (*_binary(id=b"other")[:-1], ("content-type", b"application/cloudevents+json"))
    assert read(_structured(), headers=headers) == PROMPT


def test_a_binary_event_is_recognised_by_its_headers(read: Read) -> None:
    assert read({"prompt": "hello"}, headers=_binary()) == PROMPT


def test_the_data_wins_over_the_envelope(read: Read) -> None:
    data = {"prompt": "hello", "id": "mine", "ts": "2026-11-21T07:59:59Z"}
    event = read(_structured(data=data))
    assert isinstance(event, Prompt)
    assert (event.id, event.time_ms) == ("mine", NOW_MS - 1000)


def test_a_null_in_the_data_leaves_the_envelope_its_say(read: Read) -> None:
    assert read(_structured(data={"prompt": "hello", "id": None, "ts": None})) == PROMPT


def test_every_kind_may_come_in_an_envelope(read: Read) -> None:
    data = {"request_id": "r1", "name": "thumbs", "value": -1}
    expected = Feedback(request_id="r1", time_ms=NOW_MS, name="thumbs", value=-1.0)
    assert read(_structured(data=data), "feedback") == expected


def test_a_binary_event_without_data_is_a_tombstone(reason: Reason) -> None:
    assert reason(None, headers=_binary()) == "tombstone"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"specversion": "0.3"}, "unknown_version"),
        ({"specversion": 1.0}, "unknown_version"),
        ({"specversion": None}, "unknown_version"),
        ({"id": ...}, "invalid_field:id"),
        ({"id": ""}, "invalid_field:id"),
        ({"id": 5}, "invalid_field:id"),
        ({"source": ...}, "invalid_field:source"),
        ({"source": None}, "invalid_field:source"),
        ({"type": ...}, "invalid_field:type"),
        ({"data": ...}, "invalid_field:data"),
        ({"data": "hello"}, "invalid_field:data"),
        ({"data": ..., "data_base64": "e30="}, "invalid_field:data"),
        ({"time": ...}, "invalid_field:ts"),
        ({"time": None}, "invalid_field:ts"),
        ({"time": "yesterday"}, "bad_timestamp"),
        ({"time": "2026-11-21T09:00:00Z"}, "future_timestamp"),
        ({"data": {}}, "invalid_field:prompt"),
    ],
)
def test_a_wrong_structured_envelope_has_a_reason(reason: Reason, changes: dict[str, object], expected: str) -> None:
    assert reason(_structured(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"specversion": b"0.3"}, "unknown_version"),
        ({"specversion": None}, "unknown_version"),
        ({"specversion": b"\xff"}, "unknown_version"),
        ({"id": None}, "invalid_field:id"),
        ({"id": b""}, "invalid_field:id"),
        ({"id": b"\xff\xfe"}, "invalid_field:id"),
        ({"source": None}, "invalid_field:source"),
        ({"type": None}, "invalid_field:type"),
        ({"time": None}, "invalid_field:ts"),
        ({"time": b""}, "bad_timestamp"),
    ],
)
def test_a_wrong_binary_envelope_has_a_reason(reason: Reason, changes: dict[str, bytes | None], expected: str) -> None:
    assert reason({"prompt": "hello"}, headers=_binary(**changes)) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/cloudevents-batch+json",
        b"application/cloudevents+avro",
        b"application/cloudevents+protobuf",
        b"application/cloudevents",
        b"application/cloudevents+jsonx",
    ],
)
@pytest.mark.parametrize("value", [orjson.dumps([_structured()]), b"\x00\xff\x10Obj"])
def test_another_format_of_envelopes_is_named_before_it_is_read(
    reason: Reason, content_type: bytes, value: bytes
) -> None:
    assert reason(value, headers=(("content-type", content_type),)) == "unknown_envelope"


def test_a_structured_event_that_is_no_object_is_no_event(reason: Reason) -> None:
    assert reason([_structured()], headers=(("content-type", b"application/cloudevents+json"),)) == "bad_json"


@pytest.mark.parametrize(
    "junk",
    [
        (("trace", None),),
        (("trace", b"\xff\xfe\x00"),),
        (("trace", b"a"), ("trace", b"b")),
        (("", b""), ("\x00", b"\x00")),
        (("content-type", None), ("content-type", b"\xff")),
        tuple((f"h{k}", b"x" * 100) for k in range(1000)),
    ],
)
def test_headers_that_are_none_of_ours_change_nothing(read: Read, junk: tuple[Header, ...]) -> None:
    native = {"id": "a1", "ts": TIME, "prompt": "hello"}
    assert read(native, headers=junk) == read(native)
    assert read(_structured(), headers=junk) == PROMPT


def test_of_a_repeated_header_the_last_counts(read: Read) -> None:
    headers = (("ce_id", b"first"), ("CE_ID", None), *_binary())
    assert read({"prompt": "hello"}, headers=headers) == PROMPT
