"""An open local day of a fold partition: who has been seen on it, the panel, and the sums by group of users.

Its fields in the state are ``g:<day>:<start>``, who was first seen in one closed window, ``r:<day>:<key>``, a row of
the panel, and ``s:<day>:<key>``, the sums of an app; they are dropped together when the day is over.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline.cells import GROUPS
from eddyline.changes import SEPARATOR, Journal
from eddyline.daysums import Breakdown, WireBreakdown
from eddyline.gate import Gated, Key, Opening, Pending, open_gate
from eddyline.observations import PromptObservation
from eddyline.panel import Panel, Row

ROWS_PER_PART = 500
"""So that a part of the panel stays well below the broker's usual limit of 1 MB."""


class Day:
    """The day called ``name``, like ``2026-11-21``."""

    def __init__(self, name: str, panel_users: int, journal: Journal) -> None:
        self._name, self._panel_users, self._journal = name, panel_users, journal
        self._users: set[bytes] = set()
        self._sessions: set[bytes] = set()
        self._panels: dict[str, Panel] = {}
        self._groups: defaultdict[tuple[str, str], Breakdown] = defaultdict(lambda: Breakdown.empty(GROUPS))
        self._fields: set[str] = set()

    def restore_seen(self, field: str, value: bytes) -> None:
        """Take back a ``g:`` field."""
        seen = msgspec.msgpack.decode(value, type=Gated)
        self._users.update(seen.users)
        self._sessions.update(seen.sessions)
        self._fields.add(field)

    def restore_row(self, field: str, value: bytes) -> None:
        """Take back an ``r:`` field."""
        app, row = msgspec.msgpack.decode(value, type=tuple[str, Row])
        self._panel(app).restore(row)
        self._fields.add(field)

    def restore_groups(self, field: str, value: bytes) -> None:
        """Take back an ``s:`` field."""
        app, space_id, wire = msgspec.msgpack.decode(value, type=tuple[str, str, WireBreakdown])
        self._groups[app, space_id] = Breakdown.of(wire, GROUPS)
        self._fields.add(field)

    def close_window(self, start: int, pending: dict[Key, Pending]) -> Opening:
        """Open the gate for what a closing window holds; remember who was seen, and count it in the panel."""
        opening = open_gate(pending, self._users, self._sessions)
        self._note_seen(start, opening.seen)
        self._count(pending)
        self._open(opening)
        for app in {key[0] for key in pending}:
            self._shrink(app)
        return opening

    def _note_seen(self, start: int, seen: Gated) -> None:
        if seen.sessions:
            self._users.update(seen.users)
            self._sessions.update(seen.sessions)
            field = f"g:{self._name}:{start}"
            self._fields.add(field)
            self._journal.touch(field, lambda: msgspec.msgpack.encode(seen))

    def _count(self, pending: dict[Key, Pending]) -> None:
        for (app, user, _, deployment, _), entry in pending.items():
            if row := self._row(app, user, deployment, entry.first):
                row.count(entry.n, entry.first.time_ms)

    def _open(self, opening: Opening) -> None:
        for (app, user, _, deployment, _), prompt in opening.openers:
            if row := self._row(app, user, deployment, prompt):
                row.open(prompt)

    def _row(self, app: str, user: bytes, deployment: str, prompt: PromptObservation) -> Row | None:
        row = self._panel(app).row(user, deployment, prompt.time_ms, prompt.bucket)
        if row is not None:
            field = self._row_field(app, user, deployment)
            self._fields.add(field)
            self._journal.touch(field, lambda: msgspec.msgpack.encode((app, row)))
        return row

    def _shrink(self, app: str) -> None:
        for user, deployment in self._panel(app).shrink():
            field = self._row_field(app, user, deployment)
            self._fields.discard(field)
            self._journal.drop(field)

    def _panel(self, app: str) -> Panel:
        return self._panels.setdefault(app, Panel(self._panel_users))

    def add_gated(
        self, app: str, space_id: str, groups: list[int], vectors: NDArray[np.int8], flags: NDArray[np.uint32]
    ) -> None:
        """Add ``m`` gated prompts of an app: groups of their users, ``(m, 384)`` vectors, ``(m,)`` flag words."""
        found = self._groups[app, space_id]
        found.add(groups, vectors, flags)
        field = f"s:{self._name}:{app}{SEPARATOR}{space_id}"
        self._fields.add(field)
        self._journal.touch(field, lambda: msgspec.msgpack.encode((app, space_id, found.wire())))

    def groups(self) -> Iterator[tuple[str, str, WireBreakdown]]:
        """Return the sums by group of users, as (app, space id, sums)."""
        for (app, space_id), found in sorted(self._groups.items(), key=lambda item: item[0]):
            yield app, space_id, found.wire()

    def _row_field(self, app: str, user: bytes, deployment: str) -> str:
        return f"r:{self._name}:{SEPARATOR.join((app, user.hex(), deployment))}"

    def panel_parts(self) -> Iterator[tuple[str, int, int, list[Row]]]:
        """Return the panel of every app in parts, as (app, number of the part, how many there are, rows)."""
        for app, found in sorted(self._panels.items()):
            rows = found.sorted_rows()
            parts = [rows[at : at + ROWS_PER_PART] for at in range(0, len(rows), ROWS_PER_PART)]
            for number, part in enumerate(parts):
                yield app, number, len(parts), part

    def forget(self) -> None:
        """Drop the day's fields: it is over."""
        for field in self._fields:
            self._journal.drop(field)
