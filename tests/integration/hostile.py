"""Records that no adapter can understand, each with the reason that its dead letter must give."""

import json
from collections.abc import Iterator

from tests.integration.running import Line

AT = 1_793_577_600_000
MAX_BYTES = 20_000
TOMBSTONES: tuple[Line, ...] = (("prompts", None), ("responses", b""))
"""Records that hold nothing: no events, and no dead letters either."""


def _prompt(**changes: object) -> bytes:
    return json.dumps({"id": "h", "ts": AT, "prompt": "hello", **changes}).encode()


HOSTILE: tuple[tuple[str, bytes, str], ...] = (
    ("prompts", b"{", "bad_json"),
    ("prompts", b"\xff\xfe\x00", "bad_encoding"),
    ("prompts", '{"prompt": "hello"}'.encode("utf-16"), "bad_encoding"),
    ("prompts", b"\x00", "bad_json"),
    ("prompts", b"[" * 10_000, "bad_json"),
    ("prompts", b'{"id": "h", "ts": NaN, "prompt": "hello"}', "bad_json"),
    ("prompts", b'{"id": "h", "ts": 1, "prompt": "\\ud800"}', "bad_json"),
    ("prompts", b"null", "bad_json"),
    ("prompts", b"[1, 2]", "bad_json"),
    ("prompts", b'"text"', "bad_json"),
    ("prompts", _prompt(ts=AT, prompt=None), "invalid_field:prompt"),
    ("prompts", _prompt(prompt=["a"]), "invalid_field:prompt"),
    ("prompts", _prompt(user=7), "invalid_field:user"),
    ("prompts", _prompt(turn="robot"), "invalid_field:turn"),
    ("prompts", _prompt(app="a/b"), "invalid_field:app"),
    ("prompts", _prompt(id="i" * 600), "invalid_field:id"),
    ("prompts", _prompt(ts=True), "bad_timestamp"),
    ("prompts", _prompt(ts=-1), "bad_timestamp"),
    ("prompts", _prompt(ts="2026-13-40T99:00:00Z"), "bad_timestamp"),
    ("prompts", _prompt(ts="9999-12-31T23:59:59Z"), "future_timestamp"),
    ("prompts", _prompt(prompt="long " * MAX_BYTES), "too_large"),
    ("responses", b'{"response": "to whom?"}', "invalid_field:request_id"),
    (
        "shadow-responses",
        json.dumps({"request_id": "h", "ts": AT, "response": "x"}).encode(),
        "invalid_field:candidate",
    ),
    ("feedback", json.dumps({"request_id": "h", "ts": AT, "name": "n", "value": "up"}).encode(), "invalid_field:value"),
    ("deployments", json.dumps({"deployment": "v", "effective_at": AT}).encode(), "invalid_field:app"),
)


def hostile(count: int) -> Iterator[tuple[Line, str]]:
    """Give ``count`` hostile records with the reasons of their dead letters."""
    for number in range(count):
        topic, value, reason = HOSTILE[number % len(HOSTILE)]
        yield (topic, value), reason
