"""References: what a window is compared with, an eval set or the app's own history."""

from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline import cells, samples
from eddyline.cells import Sums
from eddyline.distances import mean_distance
from eddyline.errors import Incomparable
from eddyline.neighbours import Neighbours
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
    styled: bool = True
    """Whether the style features of its prompts were counted: not in an eval set that an earlier build imported."""

    @cached_property
    def neighbours(self) -> Neighbours:
        """The items, to be near to."""
        return Neighbours(self.items)

    @cached_property
    def nearest_null(self) -> float | None:
        """The mean distance of an item to the nearest other one; None below two items."""
        others = self.neighbours.others
        return None if others is None else mean_distance(others)

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
    """Return a reference from history as msgpack."""
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
    if imported.features:
        sums.features += np.frombuffer(imported.features, "<i8")
    items = sorted(_item(imported.app, item.id, item.vector, item.flags) for item in imported.items)
    builds, styled = [imported.build_id], bool(imported.features)
    return Reference("evalset", imported.id, imported.space_id, builds, sums, items, styled)


def to_import(
    *,
    app: str,
    ids: list[str],
    vectors: NDArray[np.int8],
    flags: NDArray[np.uint32],
    space_id: str,
    build_id: str,
    effective_ms: int,
) -> ReferenceImported:
    """Return the record that makes eval items the reference of an app: ``(n, 384)`` vectors, ``(n,)`` style flag words.

    Its id is derived from the ids and vectors, so importing the same set again changes nothing, or adds the style
    features to one that was imported without.
    """
    columns = zip(ids, vectors, flags.tolist(), strict=True)
    every = [_item(app, id_, row.tobytes(), word) for id_, row, word in columns]
    digest = samples.hash_of(space_id, *(f"{item.hash:016x}{item.vector.hex()}" for item in sorted(every)))
    return ReferenceImported(
        id=f"{digest:016x}",
        app=app,
        space_id=space_id,
        build_id=build_id,
        effective_ms=effective_ms,
        n=len(vectors),
        x=vectors.sum(axis=0, dtype=np.int64).astype("<i8").tobytes(),
        items=[ReferenceItem(item.id, item.vector, item.flags) for item in samples.bottom(every, IMPORTED_ITEMS)],
        features=cells.feature_counts(flags).astype("<i8").tobytes(),
    )


def _item(app: str, id_: str, vector: bytes, flags: int) -> Item:
    return Item(samples.hash_of(app, id_), id_, vector, flags)
