"""An app's panel as adaptation reads it: whole local days, by date."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from eddyline.paneldays import ALL, PanelDay

_ZERO = np.int64(0)


class Panel(Protocol):
    """Where the days of an app's panel are."""

    def day(self, ordinal: int) -> PanelDay | None:
        """Return the panel of a local date; None where nothing is known of it."""

    def known(self) -> range:
        """Return the dates from the first to the last that anything is known of."""


class Days:
    """A panel whose days are in memory."""

    def __init__(self, days: Mapping[int, PanelDay]) -> None:
        """Take the days by their dates, which are proleptic ordinals."""
        self._days = days

    def day(self, ordinal: int) -> PanelDay | None:
        """Return the panel of a local date; None where nothing is known of it."""
        return self._days.get(ordinal)

    def known(self) -> range:
        """Return the dates from the first to the last that anything is known of."""
        return range(min(self._days), max(self._days) + 1) if self._days else range(0)


class Held:
    """A panel that is asked for each day once: later readers of a day get it with zeros for the projected vectors.

    These are two thirds of a day, and only one reader needs them, who has to be the first.
    """

    def __init__(self, panel: Panel) -> None:
        """Take the panel to ask."""
        self._panel = panel
        self._days: dict[int, PanelDay | None] = {}

    def day(self, ordinal: int) -> PanelDay | None:
        """Return the panel of a local date; None where nothing is known of it."""
        if ordinal in self._days:
            return self._days[ordinal]
        found = self._panel.day(ordinal)
        self._days[ordinal] = found and found._replace(projected=np.broadcast_to(_ZERO, found.projected.shape))
        return found

    def known(self) -> range:
        """Return the dates from the first to the last that anything is known of."""
        return self._panel.known()


def days_of(panel: Panel, ordinals: range) -> Iterator[PanelDay]:
    """Return what is known of the given dates, in their order."""
    for ordinal in ordinals:
        if (found := panel.day(ordinal)) is not None:
            yield found


def below(*periods: list[PanelDay]) -> int:
    """Return the rank that users of all these days are below, see :class:`~eddyline.paneldays.PanelDay`.

    Only of them is it known that they were not there on a day without a row.
    """
    return min((day.below for period in periods for day in period), default=ALL)
