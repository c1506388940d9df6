"""References: what a window is compared with, an eval set or the app's own history."""

from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import cells, samples
from eddyline.cells import Sums
from eddyline.distances import mean_nearest_other
from eddyline.errors import Incomparable
from eddyline.partials import ReferenceImported, ReferenceItem
from eddyline.samples import Item

ITEMS = 256
"""Items of a history that are kept for nearest-neighbour distances."""
IMPORTED_ITEMS = 1024
"""Items of an eval set that are kept for them; its sums are of all items."""


class Reference(msgspec.Struct, dict=True):
    """The exact sums of a reference, and a sample of its items."""

    kind: Literal["evalset", "history"]
    id: str
    space_id: str
    builds: list[str]
    sums: Sums
    items: list[Item]

    @cached_property
    def vectors(self) -> NDArray[np.int8]:
        """The items as ``(m, 384)`` int8."""
        return samples.vectors(self.items)

    @cached_property
    def nearest_null(self) -> float | None:
        """The mean distance of an item to the nearest other one; None below two items."""
        return mean_nearest_other(self.vectors) if len(self.items) > 1 else None

    def check_space(self, space_id: str) -> None:
        """Refuse a comparison across embedding spaces.

        Raises:
            Incomparable: ``space_id`` is not this reference's.
        """
        if space_id != self.space_id:
            message = f"the reference is in space {self.space_id}, the window in {space_id}"
            raise Incomparable(message)


class _Wire(msgspec.Struct, array_like=True):
    kind: Literal["evalset", "history"]
    id: str
    space_id: str
    builds: list[str]
    sums: bytes
    items: list[Item]


def pack(reference: Reference) -> bytes:
    """Return a reference as msgpack."""
    sums = cells.pack_sums(reference.sums)
    wire = _Wire(reference.kind, reference.id, reference.space_id, reference.builds, sums, reference.items)
    return msgspec.msgpack.encode(wire)


def unpack(value: bytes) -> Reference:
    """Return the reference in ``value``."""
    wire = msgspec.msgpack.decode(value, type=_Wire)
    return Reference(wire.kind, wire.id, wire.space_id, wire.builds, cells.unpack_sums(wire.sums), wire.items)


def from_import(imported: ReferenceImported) -> Reference:
    """Return the reference that an eval set is."""
    sums = Sums.empty()
    sums.n = imported.n
    sums.x += np.frombuffer(imported.x, "<i8")
    items = [Item(samples.hash_of(imported.app, item.id), item.id, item.vector, 0) for item in imported.items]
    return Reference("evalset", imported.id, imported.space_id, [imported.build_id], sums, sorted(items))


def to_import(
    *, app: str, ids: list[str], vectors: NDArray[np.int8], space_id: str, build_id: str, effective_ms: int
) -> ReferenceImported:
    """Return the record that makes ``(n, 384)`` int8 ``vectors`` of eval items the reference of an app.

    Its id is derived from the items, so importing the same set again changes nothing.
    """
    every = [Item(samples.hash_of(app, id_), id_, row.tobytes(), 0) for id_, row in zip(ids, vectors, strict=True)]
    digest = samples.hash_of(space_id, *(f"{item.hash:016x}{item.vector.hex()}" for item in sorted(every)))
    return ReferenceImported(
        id=f"{digest:016x}",
        app=app,
        space_id=space_id,
        build_id=build_id,
        effective_ms=effective_ms,
        n=len(vectors),
        x=vectors.sum(axis=0, dtype=np.int64).astype("<i8").tobytes(),
        items=[ReferenceItem(item.id, item.vector) for item in samples.bottom(every, IMPORTED_ITEMS)],
    )
