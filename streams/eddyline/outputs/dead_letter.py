"""Dead letters: what could not be understood, with its original bytes and the reason as headers."""

import hashlib

from eddyline.errors import DeadLetter
from eddyline.events import Record
from eddyline.outputs.cloudevent import Output

MESSAGE_CHARACTERS = 500


def dead_letter(topic: str, record: Record, error: DeadLetter, *, stage: str, producer: str, keep: int) -> Output:
    """Return the record for the dead-letter topic.

    Key, headers and value are the original ones. A value longer than ``keep`` bytes is cut to its first ``keep`` bytes;
    ``dlq.length`` and ``dlq.sha256`` then tell what it was. Oversized keys and headers are left out: they could make
    the dead letter itself impossible to write.
    """
    value = record.value or b""
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
    if len(value) > keep:
        facts |= {"dlq.length": str(len(value)), "dlq.sha256": hashlib.sha256(value).hexdigest()}
    kept = tuple(header for header in record.headers if not header[0].startswith("dlq."))
    if sum(len(name) + len(content or b"") for name, content in kept) > keep:
        kept = ()
    key = record.key if record.key is None or len(record.key) <= keep else None
    ours = tuple((name, text.encode(errors="replace")) for name, text in facts.items())
    return Output(topic, value[:keep], key, kept + ours)
