"""State in memory: what a replay of a file uses."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from eddyline.changes import Changes
from eddyline.errors import Fenced
from eddyline.protocols import Exchanged, Stored


class MemoryStore:
    """Implements :class:`eddyline.protocols.StateStore` and :class:`eddyline.protocols.JoinStore`."""

    fault = None
    """Memory is always there."""

    def __init__(self) -> None:
        self._states: dict[str, Stored] = {}
        self._joins: dict[str, dict[str, bytes]] = defaultdict(dict)
        self.results: dict[str, dict[str, bytes]] = defaultdict(dict)

    async def load(self, key: str) -> Stored:
        """Read a state and become its owner."""
        known = self._states.get(key, Stored(0, -1, {}))
        self._states[key] = known._replace(epoch=known.epoch + 1)
        return known._replace(epoch=known.epoch + 1, fields=dict(known.fields))

    async def save(self, key: str, owner: Stored, applied: int, changes: Changes) -> Stored:
        """Write results, changed fields and the offset that they include; drop what expired."""
        known = self._states.get(key, Stored(0, -1, {}))
        if (known.epoch, known.applied) == (owner.epoch, applied):
            return owner._replace(applied=applied)
        await self.check({key: owner})
        for result in changes.results:
            self.results[result.key][result.field] = result.value
        fields = {name: value for name, value in known.fields.items() if name not in changes.drops} | changes.fields
        self._states[key] = known._replace(applied=applied, fields=fields)
        return owner._replace(applied=applied)

    async def check(self, owners: Mapping[str, Stored]) -> None:
        """Compare what is stored with what the owners know of it."""
        for key, owner in owners.items():
            known = self._states.get(key, Stored(0, -1, {}))
            if known[:2] != owner[:2] or known.exchanged != owner.exchanged:
                raise Fenced(f"{key} has another owner, or has lost writes")

    async def exchange(
        self, halves: Sequence[tuple[str, str, bytes]], notes: Sequence[Exchanged]
    ) -> list[Mapping[str, bytes]]:
        """Write each half and the notes, then return for each all the halves under its key."""
        for note in notes:
            known = self._states.get(note.key, Stored(0, -1, {}))
            if known.epoch != note.epoch or known.exchanged not in (note.before, note.offset):
                raise Fenced(f"{note.key} has another owner, or has lost writes")
        for note in notes:
            self._states[note.key] = self._states[note.key]._replace(exchanged=note.offset)
        for key, field, value in halves:
            self._joins[key][field] = value
        return [dict(self._joins[key]) for key, _, _ in halves]
