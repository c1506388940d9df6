"""A dead letter as it is read back. Whoever may write to the topic wrote its headers, so none is relied on."""

from collections.abc import Callable, Container
from functools import cached_property

from eddyline.cli.dlq.handle import Handle
from eddyline.cli.screen import Row
from eddyline.events import Record
from eddyline.outputs.cloudevent import Output
from eddyline.outputs.dead_letter import POINTER, attempts, is_whole, original

Find = Callable[[Record], Record]
"""Returns the record that a dead letter was made of from its input topic; ValueError says why it cannot be had."""
UNKNOWN = "?"
"""Stands for a header that is missing."""


class Letter:
    """A record of the dead-letter topic."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.handle = Handle(record.partition, record.offset)

    @cached_property
    def headers(self) -> dict[str, str]:
        """All headers as text, of a repeated one the last."""
        return {name: (content or b"").decode(errors="replace") for name, content in self.record.headers}

    @property
    def reason(self) -> str:
        """The code of why it died."""
        return self.headers.get("dlq.reason", UNKNOWN)

    @property
    def topic(self) -> str:
        """Where the record was first."""
        return self.headers.get("dlq.topic", UNKNOWN)

    @property
    def source(self) -> str:
        """The place of the original record: topic:partition:offset."""
        return ":".join(self.headers.get(f"dlq.{name}", UNKNOWN) for name in ("topic", "partition", "offset"))

    @property
    def length(self) -> int:
        """Bytes of the original value."""
        told = self.headers.get("dlq.length", "")
        return int(told) if told.isdecimal() and len(told) < len(str(2**63)) else len(self.record.value or b"")

    @property
    def is_pointer(self) -> bool:
        """Whether it holds nothing of the original record but where it is."""
        return POINTER in self.headers

    def has_reason(self, reason: str) -> bool:
        """Return whether it died of ``reason``, or of one of its kind: ``invalid_field`` has many."""
        return self.reason == reason or self.reason.startswith(f"{reason}:")

    def row(self) -> Row:
        """Return it as a row of a table."""
        return {
            "handle": str(self.handle),
            "time_ms": self.record.timestamp_ms,
            "reason": self.reason,
            "source": self.source,
            "bytes": self.length,
            "attempts": attempts(self.record.headers),
            "message": self.headers.get("dlq.message", ""),
        }

    def revived(self, inputs: Container[str], find: Find) -> Output:
        """Return the original record, to be written again: what the letter holds, or if that is not all what is found.

        Raises:
            ValueError: it cannot be had, or may not be written; the message says why.
        """
        try:
            output = original(self.record)
        except ValueError:
            raise ValueError("no dead letter of Eddyline") from None
        if output.topic not in inputs:
            raise ValueError("from what is no input topic, or does not exist")
        return output if is_whole(self.record) else original(self.record, find(self.record))
