"""An app's panel as adaptation reads it: whole local days, by date."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from eddyline.paneldays import ALL, PanelDay


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
