"""The input topics of Kafka as a history: from the earliest records, or those of a time on, to their present ends."""

from collections.abc import Iterable, Iterator, Mapping

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from eddyline.events import Record
from eddyline.kafka.reader import TIMEOUT, partitions_of
from eddyline.kafka.spans import read
from eddyline.recorded.history import Source


class Topics:
    """A history on topics, every partition a source; records come with their keys and headers as a worker sees them."""

    def __init__(self, consumer: Consumer, names: Iterable[str], since_ms: int | None) -> None:
        """Look where the topics begin and end.

        Args:
            consumer: of no group, see :func:`eddyline.kafka.reader.reader`.
            names: of the topics.
            since_ms: without the records whose Kafka timestamp is earlier, in milliseconds since 1970; None for all.

        Raises:
            RefusedToStart: a topic does not exist.
        """
        self._consumer = consumer
        places = [(name, partition) for name in names for partition in partitions_of(consumer, name)]
        starts = {} if since_ms is None else _starts(consumer, places, since_ms)
        self.spans: Mapping[Source, range] = {place: self._span(place, starts.get(place, 0)) for place in places}

    def _span(self, place: Source, start: int) -> range:
        first, end = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=TIMEOUT)
        return range(end if start == OFFSET_END else max(first, start), end)

    def __iter__(self) -> Iterator[Record]:
        return read(self._consumer, self.spans)


def _starts(consumer: Consumer, places: Iterable[Source], since_ms: int) -> dict[Source, int]:
    """Return the offset of the first record of every partition whose timestamp is not before ``since_ms``."""
    found = consumer.offsets_for_times([TopicPartition(*place, since_ms) for place in places], timeout=TIMEOUT)
    return {(at.topic, at.partition): at.offset for at in found}
