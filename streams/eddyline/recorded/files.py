"""Files as a history: read one after the other, every topic in them a source of one partition."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eddyline.events import Record
from eddyline.recorded import parquet
from eddyline.recorded.history import Source
from eddyline.recorded.lines import read_lines
from eddyline.recorded.parquet import read_rows


@dataclass(frozen=True)
class Files:
    """A history in files of JSON lines, and of Parquet where the name ends with ``.parquet``.

    Read twice: to know where each topic ends, and for its records.
    """

    paths: Sequence[Path]
    topic: str | None
    """The topic of bare events; None when every line names its own, and rows of Parquet are prompts."""
    known: Collection[str]
    """The names of the input topics."""
    prompts: str
    """Which of them has the prompts."""

    @cached_property
    def spans(self) -> Mapping[Source, range]:  # noqa: D102 - the protocol's
        counts = Counter(topic for topic, _ in self._events())
        return {(topic, 0): range(count) for topic, count in sorted(counts.items())}

    def __iter__(self) -> Iterator[Record]:
        offsets: Counter[str] = Counter()
        for topic, value in self._events():
            yield Record(topic, 0, offsets[topic], value)
            offsets[topic] += 1

    def _events(self) -> Iterator[tuple[str, bytes]]:
        for path in self.paths:
            if path.suffix == parquet.SUFFIX:
                yield from ((self.topic or self.prompts, row) for row in read_rows(path))
            else:
                yield from read_lines(path, self.topic, self.known)
