"""State in memory: what a replay of a file uses."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from eddyline.changes import Changes
from eddyline.errors import Fenced
from eddyline.protocols import Stored


class MemoryStore:
    """Implements :class:`eddyline.protocols.StateStore` and :class:`eddyline.protocols.JoinStore`."""

    def __init__(self) -> None:
        self._states: dict[str, Stored] = {}
        self._joins: dict[str, dict[str, bytes]] = defaultdict(dict)
        self.results: dict[str, dict[str, bytes]] = defaultdict(dict)

    async def load(self, key: str) -> Stored:
        """Read a state and become its owner."""
        known = self._states.get(key, Stored(0, -1, {}))
        self._states[key] = Stored(known.epoch + 1, known.applied, known.fields)
        return Stored(known.epoch + 1, known.applied, dict(known.fields))

    async def save(self, key: str, owner: Stored, applied: int, changes: Changes) -> Stored:
        """Write results, changed fields and the offset that they include; drop what expired."""
        known = self._states.get(key, Stored(0, -1, {}))
        if (known.epoch, known.applied) != (owner.epoch, owner.applied):
            message = f"{key} has another owner, or has lost writes"
            raise Fenced(message)
        for result in changes.results:
            self.results[result.key][result.field] = result.value
        fields = {name: value for name, value in known.fields.items() if name not in changes.drops} | changes.fields
        self._states[key] = Stored(known.epoch, applied, fields)
        return Stored(known.epoch, applied, {})

    async def exchange(self, halves: Sequence[tuple[str, str, bytes]]) -> list[Mapping[str, bytes]]:
        """Write each half, then return for each all the halves under its key."""
        for key, field, value in halves:
            self._joins[key][field] = value
        return [dict(self._joins[key]) for key, _, _ in halves]
