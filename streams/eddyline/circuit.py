"""Circuits: of a source that sends little but dead letters, nothing more is read until somebody has looked.

A broken deployment of a producer would otherwise turn everything it sends into dead letters. Its records wait in their
topic instead, unacknowledged, and are read once it is mended: on either side. A circuit belongs to a source, one
partition of an input topic. It opens by counting alone; it closes by the command of an operator alone, since only they
know whether what comes next is any better.

Modelled on the limits of Sentry Arroyo's dead-letter queue (``DlqLimit``), which end the consumer where these pause one
partition.
"""

from collections.abc import Iterable, Mapping

import msgspec

from eddyline.errors import RefusedToStart
from eddyline.settings import Dlq

Source = tuple[str, int]
"""(topic, partition) of an input."""


class OpenCircuit(msgspec.Struct, frozen=True, kw_only=True, tag_field="circuit", tag="open"):
    """Why nothing more is read from a source, and since when."""

    offset: int
    """Of the last record that was taken, the dead letter that opened the circuit."""
    since_ms: int
    reason: str
    """In one sentence, without full stop: what happened, and the code of the last dead letter."""
    run: int
    """Dead letters in a row."""
    dead: int
    """Dead letters among the last records."""
    of: int
    """How many last records were looked at, at most ``dlq.ratio_over``."""


class Resume(msgspec.Struct, frozen=True, kw_only=True, tag_field="circuit", tag="resume"):
    """An operator's request to read on."""

    accept_before: int | None = None
    """Dead letters with offsets below it do not count: they are known, and may be written. None accepts none."""
    opened: OpenCircuit | None = None
    """What it closes, for whoever has to tell that it is over."""


def pack(entry: OpenCircuit | Resume) -> bytes:
    """Return what is stored for a source: JSON, so that it can be read by eye.

    >>> pack(Resume(accept_before=17))
    b'{"circuit":"resume","accept_before":17,"opened":null}'
    """
    return msgspec.json.encode(entry)


def unpack(value: bytes | str) -> OpenCircuit | Resume:
    """Return what :func:`pack` was given.

    Raises:
        RefusedToStart: it is none of ours, or of a newer version.
    """
    try:
        return msgspec.json.decode(value, type=OpenCircuit | Resume)
    except msgspec.DecodeError as error:
        message = f"what Redis holds of a circuit is none ({error}): delete the keys eddyline:circuit:* of this version"
        raise RefusedToStart(message) from None


class Circuit:
    """The counts of one source since it was assigned or resumed; takes the outcome of every record, in order."""

    def __init__(self, limits: Dlq, accept_before: int | None = None) -> None:
        """Count anew; dead letters with offsets below ``accept_before`` are not counted at all."""
        self._limits, self._accept_before = limits, accept_before or 0
        self._run, self._seen, self._dead = 0, 0, 0
        self._last = bytearray(limits.ratio_over)
        """A ring: for each of the last records 1 if it died."""

    def count(self, offset: int, reason: str | None, now_ms: int) -> OpenCircuit | None:
        """Note how a record ended; return the open circuit if that was one dead letter too many.

        Args:
            offset: of the record.
            reason: the code of a dead letter; None for a record that was understood, or a tombstone.
            now_ms: the clock, for :attr:`OpenCircuit.since_ms` alone.
        """
        if reason is None:
            self._note(dead=False)
            return None
        if offset < self._accept_before:
            return None
        self._note(dead=True)
        if (cause := self._cause()) is None:
            return None
        sentence = f"{cause}, the last one for {reason}"
        of = min(self._seen, len(self._last))
        return OpenCircuit(offset=offset, since_ms=now_ms, reason=sentence, run=self._run, dead=self._dead, of=of)

    def _note(self, *, dead: bool) -> None:
        at = self._seen % len(self._last)
        self._dead += dead - self._last[at]
        self._last[at] = dead
        self._seen += 1
        self._run = self._run + 1 if dead else 0

    def _cause(self) -> str | None:
        """Return which limit is reached. The share is judged only once so many records have been seen."""
        limits, over = self._limits, len(self._last)
        if limits.max_run and self._run >= limits.max_run:
            return f"{self._run:,} dead letters in a row"
        if limits.max_ratio < 1 and self._seen >= over and self._dead >= limits.max_ratio * over:
            return f"{self._dead:,} dead letters among the last {over:,} records"
        return None


class Breakers:
    """The circuits of all sources that one worker is assigned."""

    def __init__(self, limits: Dlq) -> None:
        self._limits = limits
        self._circuits: dict[Source, Circuit] = {}
        self._open: dict[Source, OpenCircuit] = {}

    @property
    def open(self) -> Mapping[Source, OpenCircuit]:
        """The sources of which nothing more is read."""
        return dict(self._open)

    def assign(self, sources: Iterable[Source]) -> None:
        """Take over exactly these sources; what is known of one that stays assigned is kept."""
        kept = set(sources)
        self._circuits = {source: circuit for source, circuit in self._circuits.items() if source in kept}
        self._open = {source: circuit for source, circuit in self._open.items() if source in kept}

    def is_open(self, source: Source) -> bool:
        """Return whether nothing more is read from ``source``."""
        return source in self._open

    def count(self, source: Source, offset: int, reason: str | None, now_ms: int) -> OpenCircuit | None:
        """Note how a record ended, as :meth:`Circuit.count` does; return the circuit if this record opened it."""
        if (circuit := self._circuits.get(source)) is None:
            circuit = self._circuits[source] = Circuit(self._limits)
        opened = circuit.count(offset, reason, now_ms)
        if opened is not None:
            self._open[source] = opened
        return opened

    def restore(self, source: Source, opened: OpenCircuit) -> None:
        """Keep open what an earlier owner of the source opened."""
        self._open[source] = opened

    def resume(self, source: Source, accept_before: int | None = None) -> None:
        """Close the circuit of a source, if it is open, and count anew as :class:`Circuit` does."""
        self._open.pop(source, None)
        self._circuits[source] = Circuit(self._limits, accept_before)
