"""What a history is: sources with their offsets, and their records."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from eddyline.events import Record

Source = tuple[str, int]
"""(topic, partition)."""


class History(Protocol):
    """Recorded events; as often as it is iterated it gives the records, those of a source in the order of offsets."""

    @property
    def spans(self) -> Mapping[Source, range]:
        """By source, from where to where its offsets go; an empty range for a source without a record."""
        ...

    def __iter__(self) -> Iterator[Record]: ...


def size(history: History) -> int:
    """Return how many offsets a history has: its records, or a few more where a topic has gaps."""
    return sum(len(span) for span in history.spans.values())
