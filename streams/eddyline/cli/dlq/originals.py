"""The records that dead letters were made of, where their input topics still hold them."""

from collections.abc import Container, Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer

from eddyline.cli.dlq.reading import Snapshot
from eddyline.encode import kinds
from eddyline.events import Record
from eddyline.kafka.reader import reader
from eddyline.kafka.topics import partition_counts
from eddyline.outputs.dead_letter import is_of, place
from eddyline.settings import Settings


class Originals:
    """Follows dead letters to the records that they were made of."""

    def __init__(self, consumer: Consumer, inputs: Container[str]) -> None:
        self._consumer, self._inputs = consumer, inputs
        self._topics: dict[str, Snapshot] = {}

    def of(self, letter: Record) -> Record:
        """Return the record that a dead letter was made of.

        Raises:
            ValueError: it cannot be had; the message says why.
            Unavailable: no broker answers, or it refuses.
        """
        at = place(letter)
        if at.topic not in self._inputs:
            raise ValueError("its topic is no input topic, or does not exist")
        found = self._topic(at.topic).record(at.partition, at.offset)
        if found is None:
            raise ValueError("its input topic does not hold it any more")
        if not is_of(letter, found):
            raise ValueError("its input topic was made anew, and holds another record in its place")
        return found

    def _topic(self, name: str) -> Snapshot:
        if name not in self._topics:
            self._topics[name] = Snapshot(self._consumer, name)
        return self._topics[name]


def input_partitions(settings: Settings) -> dict[str, int]:
    """Return the partition counts of the input topics that exist.

    Raises:
        Unavailable: no broker answers.
    """
    counts = partition_counts(settings)
    return {name: counts[name] for name in kinds(settings) if name in counts}


@contextmanager
def originals(settings: Settings, inputs: Container[str]) -> Iterator[Originals]:
    """Give the way to the records of ``inputs``.

    Raises:
        Unavailable: no broker answers, or it refuses.
    """
    with reader(settings) as consumer:
        yield Originals(consumer, inputs)
