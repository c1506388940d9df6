"""Mutations of a record: of its bytes, of the JSON in it, of its key, headers, schema prefix and topic.

Everything is drawn from a :class:`random.Random` that the caller seeds, so a record can be made again.
"""

import codecs
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import orjson
from tests.fuzz.seeds import INPUTS, NOW_MS, SCHEMA_REGISTRY

from eddyline.events import Record
from eddyline.inputs.schema import SHAPES

MOST_BYTES = 1_000_100
"""A little more than ``events.max_bytes``, so that both sides of the limit are met."""
FIELDS = sorted({name for shape in SHAPES.values() for name in shape.__struct_fields__})
NAMES = [*FIELDS, "specversion", "source", "type", "time", "data", "data_base64", "", "\x00", "__proto__", "x" * 300]
TOKENS = (
    b"NaN",
    b"-0",
    b"1e999",
    b"-1e-999",
    b"9" * 400,
    b"0.1e",
    b"true",
    b"null",
    b'"',
    b"\\ud83d",
    b"{",
    b"}",
    b",",
)
CHARACTERS = (
    "\x00",
    "\x1f",
    "\u2028",
    "\u202e",
    "\u0315",
    "\u0300",
    "\u200d",
    "\U0001f468",
    "\ufeff",
    "\u1100",
    "\ufffe",
)
STRINGS = (
    "",
    "/",
    "a/b",
    "a:b|c%2F",
    "v1\n",
    "\x1f",
    "NaN",
    "2026-11-21T08:00:60Z",
    "9999-12-31T23:59:59.999999999999Z",
    "0001-01-01T00:00:00+23:59",
    "2026-02-30T00:00:00Z",
    "r1",
    "deploy",
    "<script>{0}</script>",
    "'" * 200,
)
NUMBERS = (
    0,
    -1,
    1,
    0.1,
    1e308,
    -1e308,
    5e-324,
    2**53,
    2**63,
    2**64 - 1,
    1e15,
    946_684_800_000,
    NOW_MS,
    NOW_MS + 299_999,
)
HEADER_NAMES = (
    "content-type",
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_time",
    "CE_ID",
    "dlq.attempts",
    "",
)
HEADER_VALUES = (
    None,
    b"",
    b"1.0",
    b"\xff",
    b"application/cloudevents+json",
    b"application/cloudevents-batch",
    b"9" * 5000,
)


def mutate(record: Record, others: list[Record], random: Random) -> Record:
    """Return ``record`` after one to eight mutations; ``others`` lend their parts."""
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        record = random.choice(_MUTATIONS)(record, random.choice(others), random)
    return record


def _names(record: Record, _: Record, random: Random) -> Record:
    """Give names and ids an ending of their own, so that there are many."""
    value = record.value or b""
    for mark in (b'1"', b'ful"', b'th"'):
        value = value.replace(mark, b"%d%b" % (random.randrange(10**6), mark[-1:]), random.randrange(1, 40))
    return _with(record, value)


def _bytes(record: Record, other: Record, random: Random) -> Record:
    value, given = record.value or b"", other.value or b""
    at, to = sorted(random.randrange(len(value) + 1) for _ in range(2))
    junk = random.choice((random.choice(TOKENS), random.randbytes(random.randrange(1, 9)), given, b""))
    return _with(record, value[:at] + junk + value[random.choice((at, to)) :])


def _flip(record: Record, _: Record, random: Random) -> Record:
    value = bytearray(record.value or b"\x00")
    for _bit in range(random.randrange(1, 4)):
        value[random.randrange(len(value))] ^= 1 << random.randrange(8)
    return _with(record, bytes(value))


def _repeat(record: Record, _: Record, random: Random) -> Record:
    value = record.value or b"["
    at = random.randrange(len(value))
    part = value[at : at + random.choice((1, 2, 7, 60))]
    return _with(record, value[:at] + part * random.choice((2, 50, 3000, 100_000)) + value[at:])


def _wrap(record: Record, _: Record, random: Random) -> Record:
    value = record.value or b""
    prefix = random.choice((SCHEMA_REGISTRY, b"\x00", codecs.BOM_UTF8, b"\x1f\x8b\x08", b" \r\n"))
    if random.random() < 0.2:
        return _with(record, value.decode(errors="replace").encode(random.choice(("utf-16", "utf-32", "utf-7"))))
    return _with(record, prefix + value)


def _json(record: Record, other: Record, random: Random) -> Record:
    """Change one place of the JSON value; where there is none, change bytes."""
    try:
        tree = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        return _bytes(record, other, random)
    prefix = SCHEMA_REGISTRY if random.random() < 0.05 else b""
    try:
        return _with(record, prefix + orjson.dumps(_changed(tree, other, random)))
    except (TypeError, orjson.JSONEncodeError):  # too deep, or an integer of more than 64 bits
        return record


def _changed(tree: Any, other: Record, random: Random) -> Any:  # noqa: ANN401 - any JSON value
    """Walk down at random and put something else where the walk ends."""
    if isinstance(tree, dict) and tree and random.random() < 0.8:
        name = random.choice([*tree, random.choice(NAMES)])
        if random.random() < 0.15:
            return {key: value for key, value in tree.items() if key != name}
        return tree | {name: _changed(tree.get(name), other, random)}
    if isinstance(tree, list) and tree and random.random() < 0.8:
        at = random.randrange(len(tree))
        return tree[:at] + [_changed(tree[at], other, random)] * random.choice((0, 1, 2, 40)) + tree[at + 1 :]
    return _other_value(tree, other, random)


def _other_value(value: Any, other: Record, random: Random) -> Any:  # noqa: ANN401 - any JSON value
    stretched = str(value) + random.choice(CHARACTERS) * random.choice((1, 3, 130, 600, 20_000))
    borrowed = (other.value or b"").decode(errors="replace")[: random.choice((8, 150, 5000))]
    numbers = (*NUMBERS, NOW_MS - random.randrange(8 * 86_400_000), random.uniform(-1100, 1100))
    near = f"{value}{random.randrange(1000)}"
    shapes: tuple[Any, ...] = (None, True, [], {}, [value], {"data": value})
    return random.choice(random.choice((numbers, STRINGS, (stretched,), (borrowed,), (near,), shapes)))


def _headers(record: Record, other: Record, random: Random) -> Record:
    headers = list(random.choice((record.headers, other.headers, ())))
    for _ in range(random.randrange(1, 4)):
        name = random.choice((random.choice(HEADER_NAMES), random.randbytes(4).decode("latin-1")))
        headers.append((name, random.choice((*HEADER_VALUES, random.randbytes(6)))))
    random.shuffle(headers)
    return msgspec.structs.replace(record, headers=tuple(headers * random.choice((1, 1, 1, 40))))


def _key(record: Record, _: Record, random: Random) -> Record:
    key = random.choice((None, b"", b"\xff\x00", random.randbytes(8), b"k" * 20_000))
    return msgspec.structs.replace(record, key=key, timestamp_ms=random.choice((-1, 0, NOW_MS, 2**63 - 1)))


def _topic(record: Record, other: Record, random: Random) -> Record:
    return msgspec.structs.replace(record, topic=random.choice((other.topic, *INPUTS)))


def _with(record: Record, value: bytes) -> Record:
    return msgspec.structs.replace(record, value=value[:MOST_BYTES])


_MUTATIONS: tuple[Callable[[Record, Record, Random], Record], ...] = (
    _bytes,
    _flip,
    _repeat,
    _wrap,
    _json,
    _json,
    _json,
    _json,
    _names,
    _headers,
    _key,
    _topic,
)
