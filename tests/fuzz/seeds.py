"""Where the fuzzer starts from: valid events in every envelope, and values that are known to be hostile."""

import orjson

from eddyline.events import Record
from eddyline.settings import Topics

NOW_MS = 1_795_248_000_000
TOPICS = Topics(observations_partitions=2, partials_partitions=2)
INPUTS = (TOPICS.prompts, TOPICS.responses, TOPICS.shadow_responses, TOPICS.feedback, TOPICS.deployments)
SCHEMA_REGISTRY = b"\x00\x00\x00\x00\x07"
SCORES = [{"name": "helpful", "value": 0.5}, {"name": "length", "value": -3}]
PROMPT = {
    "id": "r1",
    "ts": NOW_MS - 60_000,
    "app": "chat",
    "environment": "production",
    "deployment": "v1",
    "user": "u1",
    "session": "s1",
    "turn": "user",
    "prompt": "Summarise this, please:\n- one\n- two",
    "response": "I'm sorry, but I can't help with that.",
    "scores": SCORES,
}
WIDE = "\U0001d54f"
"""A letter of four bytes in UTF-8."""


def largest(number: int = 0) -> dict[str, object]:
    """Return a prompt whose kept fields are all as long as they may be; each ``number`` has names of its own."""
    name = f"{number:08d}"
    return PROMPT | {
        "id": name + WIDE * 504,
        "request_id": name + WIDE * 504,
        "app": WIDE * 128,
        "environment": WIDE * 128,
        "deployment": WIDE * 200,
        "candidate": WIDE * 200,
        "scores": [{"name": f"{name}{score:02d}{WIDE * 190}", "value": -999.9999} for score in range(32)],
    }


EVENTS: tuple[tuple[str, dict[str, object]], ...] = (
    (TOPICS.prompts, PROMPT),
    (TOPICS.prompts, {"prompt": "where is my order?", "ts": "2026-11-21T07:58:20.5+00:00"}),
    (TOPICS.prompts, PROMPT | {"id": "r2", "turn": "tool", "deployment": None, "response": None}),
    (TOPICS.prompts, largest()),
    (TOPICS.responses, {"request_id": "r2", "ts": NOW_MS - 50_000, "response": "On its way.", "scores": SCORES}),
    (TOPICS.shadow_responses, {"request_id": "r1", "ts": NOW_MS, "response": "No.", "candidate": "v2"}),
    (TOPICS.feedback, {"request_id": "r1", "ts": NOW_MS / 1000, "name": "thumbs", "value": 1}),
    (TOPICS.shadow_responses, largest()),
    (TOPICS.deployments, {"app": "chat", "deployment": "v2", "effective_at": NOW_MS - 120_000, "id": "d1"}),
    (TOPICS.deployments, {"app": "chat", "deployment": "v2", "effective_at": NOW_MS + 10**9, "action": "retire"}),
    (
        TOPICS.deployments,
        {
            "app": "chat",
            "deployment": "v3",
            "effective_at": NOW_MS,
            "arm": {"kind": "holdout", "share": 0.2, "first": 5},
        },
    ),
)
ATTRIBUTES = {"specversion": "1.0", "id": "e1", "source": "/shop", "type": "prompt", "time": "2026-11-21T07:59:00Z"}
BINARY = tuple((f"ce_{name}", text.encode()) for name, text in ATTRIBUTES.items())
STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
JUNK = (
    None,
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe\x00",
    b"null",
    b"[]",
    b"[" * 10_000,
    b'{"a":' * 5_000,
    b'{"prompt": "x", "prompt": 7, "ts": 1795248000}',
    b'{"prompt": "\\ud800", "ts": 1795248000}',
    b'{"prompt": "x", "ts": NaN}',
    b'{"prompt": "x", "ts": 1e999}',
    b'{"prompt": "x", "ts": ' + b"9" * 400 + b"}",
    b"\x1f\x8b\x08\x00" + b"\x00" * 20,
    '{"prompt": "hello"}'.encode("utf-16"),
)


def junk() -> list[Record]:
    """Return hostile values, on every topic."""
    return [Record(topic, 0, 0, value, b"u1") for topic in INPUTS for value in JUNK]


def events() -> list[Record]:
    """Return records that are accepted, in every envelope."""
    found = [Record(topic, 0, 0, orjson.dumps(event), b"u1", timestamp_ms=NOW_MS) for topic, event in EVENTS]
    for topic, event in EVENTS:
        value = orjson.dumps(event)
        found.append(Record(topic, 0, 0, SCHEMA_REGISTRY + value))
        found.append(Record(topic, 0, 0, value, None, BINARY))
        found.append(Record(topic, 0, 0, orjson.dumps(ATTRIBUTES | {"data": event}), b"k", STRUCTURED))
    return found
