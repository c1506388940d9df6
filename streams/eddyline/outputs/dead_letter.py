"""Dead letters: what could not be understood, with the reason as headers, and its original bytes or where they are."""

import hashlib
from typing import Literal, NamedTuple

from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.outputs.cloudevent import Output

MESSAGE_CHARACTERS = 500
ENVELOPE_BYTES = 16_384
"""Longer keys, or headers together, are left out: they could make the dead letter itself too large for the broker."""
ATTEMPTS = "dlq.attempts"
ATTEMPTS_DIGITS = 9
PREFIX = "dlq."
"""Of the names of our headers. Those that a record brings along are not its own: they are from an earlier death."""
POINTER = "dlq.pointer"
"""Says of a dead letter that it holds nothing of the record, and why."""

Headers = tuple[tuple[str, bytes | None], ...]
Pointer = Literal["setting", "quota"]
"""Why a dead letter is only a pointer: ``dlq.payload`` says so, or its source was over ``dlq.quota_bytes``."""


def dead_letter(topic: str, record: Record, error: DeadLetter, *, stage: str, producer: str, keep: int) -> Output:
    """Return the record for the dead-letter topic.

    Key, headers and value are the original ones. A value longer than ``keep`` bytes is cut to its first ``keep`` bytes;
    ``dlq.length`` and ``dlq.sha256`` then tell what it was. ``dlq.omitted`` names what had to be left out.
    ``dlq.attempts`` counts how often the record has died, this time included.
    """
    value = record.value or b""
    key, headers, omitted = _envelope(record)
    facts = _facts(record, error, stage, producer)
    if omitted:
        facts["dlq.omitted"] = ",".join(omitted)
    if len(value) > keep:
        facts |= _digest(value)
    return Output(topic, value[:keep], key, headers + _encoded(facts))


def pointer(topic: str, record: Record, error: DeadLetter, *, stage: str, producer: str, why: Pointer) -> Output:
    """Return the record for the dead-letter topic that holds nothing of the original one but where it is.

    Neither value, key nor headers are in it. ``dlq.length`` and ``dlq.sha256`` of the value tell whether what is read
    at that place later is still the same record; ``dlq.pointer`` says why there is no more.
    """
    facts = _facts(record, error, stage, producer) | _digest(record.value or b"") | {POINTER: why}
    return Output(topic, b"", None, _encoded(facts))


def size(letter: Output) -> int:
    """Return the bytes of key, headers and value."""
    headers = sum(len(name.encode(errors="replace")) + len(content or b"") for name, content in letter.headers)
    return len(letter.key or b"") + headers + len(letter.value)


def _facts(record: Record, error: DeadLetter, stage: str, producer: str) -> dict[str, str]:
    return {
        "dlq.reason": error.reason,
        "dlq.message": str(error)[:MESSAGE_CHARACTERS],
        "dlq.topic": record.topic,
        "dlq.partition": str(record.partition),
        "dlq.offset": str(record.offset),
        "dlq.timestamp": str(record.timestamp_ms),
        "dlq.stage": stage,
        "dlq.producer": producer,
        ATTEMPTS: str(attempts(record.headers) + 1),
    }


def _digest(value: bytes) -> dict[str, str]:
    return {"dlq.length": str(len(value)), "dlq.sha256": hashlib.sha256(value).hexdigest()}


def _encoded(facts: dict[str, str]) -> Headers:
    return tuple((name, text.encode(errors="replace")) for name, text in facts.items())


class Place(NamedTuple):
    """Where the record of a dead letter is."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


def place(letter: Record) -> Place:
    """Return where the record of a dead letter is.

    Raises:
        ValueError: ``dlq.topic``, ``dlq.partition`` or ``dlq.offset`` is missing or none: this is no dead letter.
    """
    facts = dict(letter.headers)
    found = Place(
        (facts.get("dlq.topic") or b"").decode(),
        int(facts.get("dlq.partition") or b""),
        int(facts.get("dlq.offset") or b""),
    )
    if not found.topic or found.partition < 0 or found.offset < 0:
        raise ValueError("no place to go to")
    return found


def is_whole(letter: Record) -> bool:
    """Return whether a dead letter holds all of its record: nothing is cut, nothing is left out, it is no pointer."""
    return not {"dlq.sha256", "dlq.omitted"} & dict(letter.headers).keys()


def is_of(letter: Record, found: Record) -> bool:
    """Return whether ``found``, read from the place of a dead letter, is the record that it was made of."""
    digest = dict(letter.headers).get("dlq.sha256") or hashlib.sha256(letter.value or b"").hexdigest().encode()
    return hashlib.sha256(found.value or b"").hexdigest().encode() == digest


def original(letter: Record, found: Record | None = None) -> Output:
    """Return the record that a dead letter was made of, for the partition that it came from.

    ``dlq.attempts`` goes with it, so that it is counted if it dies again. Value, key and headers are those of
    ``found``, the record as it was read from its place, or else what the letter holds.

    Raises:
        ValueError: the letter does not say where it came from: this is no dead letter.
    """
    at, held = place(letter), found or letter
    carried = (ATTEMPTS, str(attempts(letter.headers)).encode())
    return Output(at.topic, held.value or b"", held.key, (*own(held.headers), carried), at.partition)


def attempts(headers: Headers) -> int:
    """Return how often a record has died; 0 where no header tells, or it is no count.

    >>> attempts((("dlq.attempts", b"2"),)), attempts((("dlq.attempts", b"many"),)), attempts(())
    (2, 0, 0)
    """
    count = dict(headers).get(ATTEMPTS) or b""
    return int(count) if count.isdigit() and len(count) <= ATTEMPTS_DIGITS else 0


def own(headers: Headers) -> Headers:
    """Return the headers that a producer gave its record, without those of an earlier death."""
    return tuple(header for header in headers if not header[0].startswith(PREFIX))


def _envelope(record: Record) -> tuple[bytes | None, Headers, list[str]]:
    """Return the key and the headers to keep, and the names of what is left out."""
    key, headers, omitted = record.key, own(record.headers), []
    if len(key or b"") > ENVELOPE_BYTES:
        key = None
        omitted.append("key")
    if sum(len(name.encode(errors="replace")) + len(content or b"") for name, content in headers) > ENVELOPE_BYTES:
        headers = ()
        omitted.append("headers")
    return key, headers, omitted
