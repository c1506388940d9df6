"""Samples of the gated prompts of chosen days: what the classical metrics compare."""

from collections import defaultdict
from collections.abc import Collection
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from eddyline import cells, samples
from eddyline.partials import WindowPartial
from eddyline.windows import local_day

MOST = 500
"""Prompts in the sample of a day."""


class DaySamples:
    """The samples of the apps' local days, put together from those of the closed windows."""

    def __init__(self, days: Collection[str], zone: ZoneInfo) -> None:
        """``days``: those that are kept, like ``2026-11-21``."""
        self._days, self._zone = days, zone
        self._parts: dict[tuple[str, str], list[list[samples.Item]]] = defaultdict(list)

    def add(self, partial: WindowPartial) -> None:
        """Take in the sample of a window, if it is of a day that is kept."""
        day = local_day(partial.start_ms, self._zone)
        if day in self._days:
            self._parts[partial.app, day].append(cells.unpack(partial.cell).sample)

    def of(self, app: str, day: str) -> NDArray[np.int8]:
        """Return the vectors ``(n, 384)`` of at most 500 prompts of different users, each as likely as any other."""
        items = samples.unbiased(self._parts.get((app, day), []), cells.SAMPLE)
        return samples.vectors(samples.bottom(items, MOST))
