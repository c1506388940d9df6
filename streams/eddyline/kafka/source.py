"""One input partition as the encode worker that owns it sees it."""

from collections.abc import Iterable

from eddyline import gaps
from eddyline.changes import Changes
from eddyline.events import Record
from eddyline.kafka.starting import Start
from eddyline.protocols import Exchanged, Stored

GAP = "gap"
"""Field of its state: its gap, which every tick tells."""


class Source:
    """Where reading stands, how much of that is stored, and what waits while its circuit is open."""

    def __init__(self, key: str, stored: Stored, start: Start) -> None:
        self.key, self.next = key, start.offset
        self.stored = stored._replace(fields={})
        self.gap_ms = gaps.UNKNOWN if start.gap else int(stored.fields.get(GAP, gaps.NONE))
        self.resumed = False
        """It was read on from, and no record has come since."""
        self._waiting: list[Record] = []

    def take_changes(self) -> Changes:
        """Return what to write beside the offset."""
        return Changes({GAP: b"%d" % self.gap_ms} if self.gap_ms else {}, [])

    def exchanged(self, offset: int) -> Exchanged:
        """Return what an exchange of halves notes; from now on the store must know of it."""
        before, self.stored = self.stored, self.stored._replace(exchanged=offset)
        return Exchanged(self.key, before.epoch, before.exchanged, offset)

    @property
    def expected(self) -> int:
        """The offset after all that is dealt with or waits. The next record may have a higher one."""
        return self._waiting[-1].offset + 1 if self._waiting else self.next

    def put_back(self, records: Iterable[Record]) -> None:
        """Keep records that were delivered but not taken. They are few: a source is paused when its circuit opens."""
        self._waiting.extend(records)

    def take_waiting(self) -> list[Record]:
        """Return the records that were kept, in order."""
        waiting, self._waiting = self._waiting, []
        return waiting
