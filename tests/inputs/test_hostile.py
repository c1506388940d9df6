"""Hostile values: every one ends as an event, a tombstone or a dead letter with a stable reason, and soon."""

import time
from collections.abc import Callable

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eddyline.events import Kind
from eddyline.inputs.schema import SHAPES

Reason = Callable[..., str]
KINDS: tuple[Kind, ...] = ("prompts", "responses", "shadow-responses", "feedback", "deployments")
GOOD = b'{"prompt": "hello", "ts": "2026-11-21T08:00:00Z"}'
PLAIN = GOOD.decode()
MEGABYTE = 1_000_000
DEADLINE_SECONDS = 2.0
"""Of CPU time, so that a busy machine does not count; the slowest takes a fifth of it."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "tombstone"),
        (b"", "tombstone"),
        (b" ", "bad_json"),
        (b"\x00", "bad_json"),
        (b"\x00\x00\x00\x00\x07", "bad_json"),
        (b"\x00\x00\x00\x00\x07" + GOOD, "accepted"),
        (b"null", "bad_json"),
        (b"[]", "bad_json"),
        (b"[" + GOOD + b"]", "bad_json"),
        (b"7", "bad_json"),
        (b"true", "bad_json"),
        (b'"text"', "bad_json"),
        (b"{}", "invalid_field:prompt"),
        (b"plain text", "bad_json"),
        (GOOD[:-1], "bad_json"),
        (GOOD + b"x", "bad_json"),
        (GOOD + GOOD, "bad_json"),
        (GOOD + b" \r\n", "accepted"),
        (b"\xef\xbb\xbf" + GOOD, "accepted"),
        (PLAIN.encode("utf-16"), "bad_encoding"),
        (PLAIN.encode("utf-16-le"), "bad_json"),
        (PLAIN.encode("utf-16-be"), "bad_json"),
        (PLAIN.encode("utf-32"), "bad_encoding"),
        (GOOD.replace(b"hello", b"caf\xe9"), "bad_encoding"),
        (GOOD.replace(b"hello", b"\xed\xa0\x80"), "bad_encoding"),
        (GOOD.replace(b"hello", b"\xc0\x80"), "bad_encoding"),
        (GOOD.replace(b"hello", b"\\ud83d"), "bad_json"),
        (GOOD.replace(b"hello", b"\\ude00\\ud83d"), "bad_json"),
        (GOOD.replace(b"hello", b"\\u0000"), "accepted"),
        (GOOD.replace(b"hello", b"a\x00b"), "bad_json"),
        (GOOD.replace(b"hello", b"a\nb"), "bad_json"),
        (b'{"prompt": 7, "prompt": "x", "ts": 1795248000}', "accepted"),
        (b'{"prompt": "x", "prompt": 7, "ts": 1795248000}', "invalid_field:prompt"),
        (b'{"\\u0000": 1, "__proto__": {}, "": 2, "prompt": "x", "ts": 1795248000}', "accepted"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 20, "bad_encoding"),
    ],
    ids=repr,
)
def test_a_hostile_value_has_a_stable_reason(reason: Reason, value: bytes | None, expected: str) -> None:
    assert reason(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"[" * 200_000, "bad_json"),
        (b'{"a":' * 150_000, "bad_json"),
        (GOOD[:-1] + b', "x": ' + b"[" * 1100 + b"]" * 1100 + b"}", "bad_json"),
        (b"9" * MEGABYTE, "bad_json"),
        (b"\xff" * MEGABYTE, "bad_encoding"),
        (b" " * MEGABYTE, "bad_json"),
        (orjson.dumps({"prompt": "a" * 900_000, "ts": 1_795_248_000}), "accepted"),
        (orjson.dumps({"prompt": "a", "app": "a" * 900_000, "ts": 1_795_248_000}), "invalid_field:app"),
        (orjson.dumps({"prompt": "a", "deployment": "\n" * 400_000, "ts": 1_795_248_000}), "invalid_field:deployment"),
        (orjson.dumps({"prompt": "a", "turn": "'" * 900_000, "ts": 1_795_248_000}), "invalid_field:turn"),
        (orjson.dumps({"prompt": "a" + "\u0315\u0300" * 240_000, "ts": 1_795_248_000}), "accepted"),
        (orjson.dumps({"prompt": "\u1100" * 300_000, "ts": 1_795_248_000}), "accepted"),
        (orjson.dumps({"prompt": "a", "ts": "2" * 900_000}), "bad_timestamp"),
        (orjson.dumps({"prompt": "a", "ts": 1_795_248_000, "scores": [{}] * 300_000}), "invalid_field:scores"),
        (orjson.dumps({f"k{k}": 0 for k in range(80_000)}), "invalid_field:prompt"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_large_hostile_value_is_understood_or_refused_soon(reason: Reason, value: bytes, expected: str) -> None:
    assert len(value) <= MEGABYTE
    started = time.process_time()
    assert reason(value) == expected
    assert time.process_time() - started < DEADLINE_SECONDS


@pytest.mark.parametrize("megabytes", [5, 50])
def test_a_value_beyond_the_limit_is_refused_unread(reason: Reason, megabytes: int) -> None:
    value = b"\xff" * (megabytes * MEGABYTE)
    started = time.process_time()
    assert reason(value) == "too_large"
    assert time.process_time() - started < 0.1


def test_the_limit_itself_is_accepted(reason: Reason) -> None:
    value = GOOD.ljust(MEGABYTE)
    assert (reason(value), reason(value + b" ")) == ("accepted", "too_large")


def test_a_million_keys_are_read_where_the_limit_allows_them(reason: Reason) -> None:
    value = b"{" + b",".join(b'"%x":0' % k for k in range(1_000_000)) + b"}"
    assert reason(value, max_bytes=20 * MEGABYTE) == "invalid_field:prompt"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)
FIELDS = {name for shape in SHAPES.values() for name in shape.__struct_fields__}
NAMES = st.sampled_from([*sorted(FIELDS), "specversion", "source", "type", "data", "time"])
TIMES = st.sampled_from([1_795_248_000, "2026-11-21T08:00:00Z", "2026-11-21T08:00:60Z", 1e18])
OBJECTS = st.dictionaries(NAMES | st.text(max_size=6), JSON | TIMES | st.just("1.0"), max_size=10)
ENVELOPES = st.builds(lambda outer, inner: outer | {"data": inner}, OBJECTS, OBJECTS)
HEADER_NAMES = st.sampled_from(["content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "CE_ID"])
HEADER_VALUES = st.none() | st.binary(max_size=12) | st.sampled_from([b"1.0", b"application/cloudevents+json"])
HEADERS = st.lists(st.tuples(HEADER_NAMES | st.text(max_size=5), HEADER_VALUES), max_size=6).map(tuple)
VALUES = st.none() | st.binary(max_size=200) | (OBJECTS | ENVELOPES | JSON).map(orjson.dumps)
STABLE = (
    "accepted",
    "tombstone",
    "bad_json",
    "bad_encoding",
    "bad_timestamp",
    "future_timestamp",
    "unknown_version",
    "unknown_envelope",
)


@settings(max_examples=500, deadline=2000)
@given(value=VALUES, headers=HEADERS, kind=st.sampled_from(KINDS))
@example(value=b"{", headers=(("ce_specversion", b"\xff"), ("ce_specversion", None)), kind="feedback")
def test_whatever_arrives_is_an_event_or_a_tombstone_or_a_dead_letter(
    reason: Reason, value: bytes | None, headers: tuple[tuple[str, bytes | None], ...], kind: Kind
) -> None:
    found = reason(value, kind, headers)
    assert (found == "tombstone") == (not value)
    assert found in STABLE or found.startswith("invalid_field:")
    assert len(found) < 60


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        (b"null", "accepted"),
        (b'{"kind": "all"}', "accepted"),
        (b'{"kind": "all", "share": "none of yours"}', "accepted"),
        (b'{"kind": "canary", "share": 0}', "accepted"),
        (b'{"kind": "holdout", "share": 1, "first": 999}', "accepted"),
        (b'{"kind": "holdout", "share": 0.2, "first": null}', "accepted"),
        (b'"all"', "invalid_field:arm"),
        (b"[]", "invalid_field:arm"),
        (b"{}", "invalid_field:arm.kind"),
        (b'{"kind": "everybody"}', "invalid_field:arm.kind"),
        (b'{"kind": 7}', "invalid_field:arm.kind"),
        (b'{"kind": null}', "invalid_field:arm.kind"),
        (b'{"kind": "holdout"}', "invalid_field:arm.share"),
        (b'{"kind": "canary", "share": null}', "invalid_field:arm.share"),
        (b'{"kind": "canary", "share": 1.0000001}', "invalid_field:arm.share"),
        (b'{"kind": "canary", "share": -0.1}', "invalid_field:arm.share"),
        (b'{"kind": "canary", "share": "0.1"}', "invalid_field:arm.share"),
        (b'{"kind": "canary", "share": true}', "invalid_field:arm.share"),
        (b'{"kind": "canary", "share": NaN}', "bad_json"),
        (b'{"kind": "canary", "share": 1e999}', "bad_json"),
        (b'{"kind": "canary", "share": 0.1, "first": 1000}', "invalid_field:arm.first"),
        (b'{"kind": "canary", "share": 0.1, "first": -1}', "invalid_field:arm.first"),
        (b'{"kind": "canary", "share": 0.1, "first": 1.5}', "invalid_field:arm.first"),
    ],
)
def test_an_arm_is_understood_or_the_place_of_its_fault_is_named(reason: Reason, arm: bytes, expected: str) -> None:
    announced = b'{"app": "chat", "deployment": "v2", "effective_at": 1795248000, "arm": ' + arm + b"}"
    assert reason(announced, "deployments") == expected
