"""What windows are compared with: an imported eval set, or the app's own history."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.oracle.arithmetic import (
    Centroids,
    Number,
    beyond_radius,
    mean_nearest,
    mean_nearest_other,
    rounded,
    style_shifts,
)
from tests.oracle.seen import Ints, encode, style_bits, total
from tests.oracle.windows import Window, hash_of, sample

from eddyline.encoders import OnnxEncoder

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
KEPT_MS = 26 * HOUR_MS
HISTORY_ITEMS = 256
EVALSET_ITEMS = 1024


@dataclass(frozen=True)
class Evalset:
    """An eval set as it is imported: texts by the id of the item."""

    app: str
    items: Mapping[str, str]
    effective_ms: int


@dataclass(frozen=True)
class Reference:
    """The sums of a reference's ``n`` vectors and of their style features, and the items kept of it, ``(m, 384)``."""

    kind: str
    id: str
    n: int
    x: Ints
    features: Ints
    items: NDArray[np.int64]

    @cached_property
    def nearest_null(self) -> Number:
        """The mean distance of an item to the nearest other one."""
        return mean_nearest_other(self.items)

    def facts(self) -> dict[str, Any]:
        """Return what events say of it."""
        return {"kind": self.kind, "id": self.id, "n": self.n}

    def metrics(self, window: Window) -> dict[str, dict[str, Number]]:
        """Return what events say of a window's distance."""
        distance, cosine = self._centroids(window)
        return {
            "centroid_distance": {"value": rounded(distance[0]), "null": rounded(distance[1])},
            "centroid_cosine": {"value": rounded(cosine[0]), "null": rounded(cosine[1])},
            "nearest_neighbour_distance": self._nearest(window),
            "share_beyond_radius": self._beyond(window),
        }

    def styles(self, window: Window) -> dict[str, dict[str, Number]]:
        """Return what events say of a window's style."""
        sums = total(window.gated)
        return style_shifts(sums.features.tolist(), sums.n, self.features.tolist(), self.n) if sums.n else {}

    def _centroids(self, window: Window) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        sums = total(window.gated)
        if not sums.n:
            return (None, None), (None, None)
        both = Centroids(sums.x.tolist(), sums.n, self.x.tolist(), self.n)
        return (both.distance(), both.distance_null()), (both.cosine(), both.cosine_null())

    def _nearest(self, window: Window) -> dict[str, Number]:
        rows = [seen.row.vector for _, _, seen in sample(window.gated)]
        value = mean_nearest(np.stack(rows), self.items) if rows and len(self.items) else None
        return {"value": rounded(value), "null": rounded(self.nearest_null) if rows else None}

    def _beyond(self, window: Window) -> dict[str, Number]:
        rows = [seen.row.vector for _, _, seen in sample(window.gated)]
        value, null = beyond_radius(np.array(rows), self.items)
        return {"value": rounded(value), "null": rounded(null)}


def from_evalset(evalset: Evalset, encoder: OnnxEncoder) -> Reference:
    """Return the reference that an eval set is."""
    rows = encode(evalset.items.values(), encoder)
    vectors = {id_: rows[text].vector for id_, text in evalset.items.items()}
    items = sorted((hash_of(evalset.app, id_), id_) for id_ in vectors)
    described = (f"{hashed:016x}{vectors[id_].astype(np.int8).tobytes().hex()}" for hashed, id_ in items)
    kept = np.stack([vectors[id_] for _, id_ in items[:EVALSET_ITEMS]])
    digest = hash_of(encoder.space_id, *described)
    sums = (
        np.stack([*vectors.values()]).sum(axis=0),
        np.stack([style_bits(text) for text in evalset.items.values()]).sum(axis=0),
    )
    return Reference("evalset", f"{digest:016x}", len(items), *sums, kept)


class History:
    """The gated prompts of an app, hour by hour."""

    def __init__(self) -> None:
        self._hours: defaultdict[int, list[Any]] = defaultdict(list)
        self._newest = 0

    def add(self, start: int, window: Window) -> None:
        """Let a judged window become history; hours that are older than 26 hours are forgotten."""
        self._newest = start
        self._hours[_hour(start)] += window.gated

    def day(self, start: int) -> Reference:
        """Return the reference of the day from ``start`` on, in whole hours, as far as it is known."""
        first, oldest = _hour(start), self._newest - KEPT_MS
        hours = [found for at, found in sorted(self._hours.items()) if first <= at < start + DAY_MS and at >= oldest]
        sums = total([seen for hour in hours for seen in hour])
        candidates = [seen for hour in hours for _, _, seen in sample(hour)]
        items = [seen.row.vector for _, _, seen in sample(candidates, HISTORY_ITEMS)]
        kept = np.stack(items) if items else np.zeros((0, 384), np.int64)
        return Reference("history", f"{start}-{start + DAY_MS}", sums.n, sums.x, sums.features, kept)


def _hour(time_ms: int) -> int:
    return time_ms // HOUR_MS * HOUR_MS


def in_effect(evalsets: Sequence[tuple[int, Reference]], start: int) -> Reference | None:
    """Return the eval set in effect at the start of a window, of (effective time, reference)."""
    known = [(effective, reference.id, reference) for effective, reference in evalsets if effective <= start]
    return max(known, key=lambda one: one[:2])[2] if known else None
