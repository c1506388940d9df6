"""What the pure stages ask of the outside world: the types that adapters implement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from eddyline.changes import Changes
from eddyline.circuit import OpenCircuit, Resume, Source

SCALE = 400
"""An int8 component ``q`` stands for ``q / SCALE``: a unit vector has a quantised norm of about 400."""


class Encoded(NamedTuple):
    """Texts as an encoder returns them, row ``i`` for text ``i``."""

    vectors: NDArray[np.int8]
    """``(n, dimension)`` int8, the unit vector times :data:`SCALE`, rounded half to even, clipped to [-127, 127]."""
    projected: NDArray[np.int16]
    """``(n, 64)`` int16: the fixed projection of ``vectors``, in units of ``1 / (16 * SCALE)``."""
    truncated: NDArray[np.bool_]
    """``(n,)``: the text had more tokens than the encoder reads."""


class Encoder(Protocol):
    """Turns texts into quantised vectors: a pure function of the text, bit for bit, however texts are batched."""

    @property
    def space_id(self) -> str:
        """What must be equal for two vectors to be compared: model files, pooling, truncation, quantisation."""

    @property
    def build_id(self) -> str:
        """What may flip last bits: runtime version, execution provider, CPU features."""

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Encode ``texts``; blocking and CPU-bound, safe to call from several threads."""


class Stored(NamedTuple):
    """The state of a partition as it was loaded."""

    epoch: int
    """Incremented by every load: a later owner's is higher."""
    applied: int
    """Offset of the last record in the state, -1 when there is none."""
    fields: dict[str, bytes]
    exchanged: int = -1
    """Offset of the last record whose halves were exchanged, -1 where there is none."""


class StateStore(Protocol):
    """Keeps the state of partitions, with the offset that it includes, and finished results."""

    @property
    def fault(self) -> str | None:
        """What is wrong with the store at this moment, as far as a call has shown."""

    async def load(self, key: str) -> Stored:
        """Read a state and become its owner: whoever loaded it earlier is fenced from now on.

        Raises:
            Unavailable: the store does not answer.
        """

    async def save(self, key: str, owner: Stored, applied: int, changes: Changes) -> Stored:
        """Write results, then all changed fields and ``applied`` in one command, then drop what expired.

        Called again with the same arguments it changes nothing: a call whose answer was lost can be repeated.

        Args:
            key: of the state.
            owner: what the last load or save returned.
            applied: offset of the last record that the changes include.
            changes: what to write.

        Returns:
            What to pass to the next call.

        Raises:
            Fenced: another worker has loaded the state, or the store has lost writes.
            Unavailable: the store does not answer.
        """

    async def check(self, owners: Mapping[str, Stored]) -> None:
        """Make sure that the store still has what was written last, given what each key's owner knows of it.

        Raises:
            Fenced: another worker has loaded one of the states, or the store has lost writes.
            Unavailable: the store does not answer.
        """


class Exchanged(NamedTuple):
    """What an exchange notes in the state of an input partition: it tells later whether the store still has it."""

    key: str
    """Of the state."""
    epoch: int
    """Of its owner."""
    before: int
    """What was noted last, -1 for nothing: a store that lost it has lost halves."""
    offset: int
    """Of the last record whose halves are in this exchange."""


class JoinStore(Protocol):
    """Where the halves of requests meet."""

    async def exchange(
        self, halves: Sequence[tuple[str, str, bytes]], notes: Sequence[Exchanged]
    ) -> list[Mapping[str, bytes]]:
        """Write each ``(key, field, value)``, then the notes; return for each half all the fields that its key has.

        Raises:
            Fenced: a state that would be noted in has another owner, or the store has lost what was noted last; nothing
                is written.
            Unavailable: the store does not answer.
        """


class Store(StateStore, JoinStore, Protocol):
    """A store of both."""


class CircuitStore(Protocol):
    """Where the owner of a source and an operator tell one another of its open circuit: one entry a source.

    The owner writes an :class:`OpenCircuit`, the operator puts a :class:`Resume` in its place, the owner removes that.
    """

    async def look(self, sources: Iterable[Source]) -> dict[Source, OpenCircuit | Resume]:
        """Return the entries of those of ``sources`` that have one.

        Raises:
            RefusedToStart: an entry is none of ours.
            Unavailable: the store does not answer.
        """

    async def open(self, source: Source, circuit: OpenCircuit) -> None:
        """Write, for whoever owns the source next and for operators to see, that its circuit is open.

        Raises:
            Unavailable: the store does not answer.
        """

    async def request(self, source: Source, resume: Resume) -> bool:
        """Put an operator's request in the place of an entry; return whether there was one.

        Raises:
            Unavailable: the store does not answer.
        """

    async def close(self, source: Source) -> None:
        """Remove the entry, if there is one.

        Raises:
            Unavailable: the store does not answer.
        """
