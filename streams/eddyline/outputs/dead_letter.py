"""Dead letters: what could not be understood, with its original bytes and the reason as headers."""

import hashlib

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

Headers = tuple[tuple[str, bytes | None], ...]


def dead_letter(topic: str, record: Record, error: DeadLetter, *, stage: str, producer: str, keep: int) -> Output:
    """Return the record for the dead-letter topic.

    Key, headers and value are the original ones. A value longer than ``keep`` bytes is cut to its first ``keep`` bytes;
    ``dlq.length`` and ``dlq.sha256`` then tell what it was. ``dlq.omitted`` names what had to be left out.
    ``dlq.attempts`` counts how often the record has died, this time included.
    """
    value = record.value or b""
    key, headers, omitted = _envelope(record)
    facts = {
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
    if omitted:
        facts["dlq.omitted"] = ",".join(omitted)
    if len(value) > keep:
        facts |= {"dlq.length": str(len(value)), "dlq.sha256": hashlib.sha256(value).hexdigest()}
    ours = tuple((name, text.encode(errors="replace")) for name, text in facts.items())
    return Output(topic, value[:keep], key, headers + ours)


def original(letter: Record) -> Output:
    """Return the record that a dead letter was made of, for the partition that it came from.

    ``dlq.attempts`` goes with it, so that it is counted if it dies again. The value is what the letter holds: whether
    that is all there was, ``dlq.sha256`` and ``dlq.omitted`` say.

    Raises:
        ValueError: ``dlq.topic`` or ``dlq.partition`` is missing or none: this is no dead letter.
    """
    facts = dict(letter.headers)
    topic, partition = (facts.get("dlq.topic") or b"").decode(), int(facts.get("dlq.partition") or b"")
    if not topic or partition < 0:
        raise ValueError("no place to go to")
    carried = (ATTEMPTS, str(attempts(letter.headers)).encode())
    return Output(topic, letter.value or b"", letter.key, (*_own(letter.headers), carried), partition)


def attempts(headers: Headers) -> int:
    """Return how often a record has died; 0 where no header tells, or it is no count.

    >>> attempts((("dlq.attempts", b"2"),)), attempts((("dlq.attempts", b"many"),)), attempts(())
    (2, 0, 0)
    """
    count = dict(headers).get(ATTEMPTS) or b""
    return int(count) if count.isdigit() and len(count) <= ATTEMPTS_DIGITS else 0


def _own(headers: Headers) -> Headers:
    return tuple(header for header in headers if not header[0].startswith(PREFIX))


def _envelope(record: Record) -> tuple[bytes | None, Headers, list[str]]:
    """Return the key and the headers to keep, and the names of what is left out."""
    key, headers, omitted = record.key, _own(record.headers), []
    if len(key or b"") > ENVELOPE_BYTES:
        key = None
        omitted.append("key")
    if sum(len(name.encode(errors="replace")) + len(content or b"") for name, content in headers) > ENVELOPE_BYTES:
        headers = ()
        omitted.append("headers")
    return key, headers, omitted
