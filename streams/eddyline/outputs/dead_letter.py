"""Dead letters: what could not be understood, with its original bytes and the reason as headers."""

import hashlib

from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.outputs.cloudevent import Output

MESSAGE_CHARACTERS = 500
ENVELOPE_BYTES = 16_384
"""Longer keys, or headers together, are left out: they could make the dead letter itself too large for the broker."""


def dead_letter(topic: str, record: Record, error: DeadLetter, *, stage: str, producer: str, keep: int) -> Output:
    """Return the record for the dead-letter topic.

    Key, headers and value are the original ones. A value longer than ``keep`` bytes is cut to its first ``keep`` bytes;
    ``dlq.length`` and ``dlq.sha256`` then tell what it was. ``dlq.omitted`` names what had to be left out.
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
    }
    if omitted:
        facts["dlq.omitted"] = ",".join(omitted)
    if len(value) > keep:
        facts |= {"dlq.length": str(len(value)), "dlq.sha256": hashlib.sha256(value).hexdigest()}
    ours = tuple((name, text.encode(errors="replace")) for name, text in facts.items())
    return Output(topic, value[:keep], key, headers + ours)


def _envelope(record: Record) -> tuple[bytes | None, tuple[tuple[str, bytes | None], ...], list[str]]:
    """Return the key and the headers to keep, and the names of what is left out."""
    key, omitted = record.key, []
    headers = tuple(header for header in record.headers if not header[0].startswith("dlq."))
    if len(key or b"") > ENVELOPE_BYTES:
        key = None
        omitted.append("key")
    if sum(len(name.encode(errors="replace")) + len(content or b"") for name, content in headers) > ENVELOPE_BYTES:
        headers = ()
        omitted.append("headers")
    return key, headers, omitted
