"""Which deployment of an app is in force when, as far as it was announced."""

from bisect import insort

from eddyline.partials import Announced

MOST_ANNOUNCEMENTS = 1000
"""Kept of an app, the newest by effective time."""


class Timeline:
    """The last announcements of one app, by effective time, then id. Repeating one changes nothing."""

    def __init__(self, announcements: list[Announced] | None = None) -> None:
        self.announcements = announcements or []

    def add(self, announced: Announced) -> None:
        """Add an announcement, in whatever order they come."""
        if announced.id not in {known.id for known in self.announcements}:
            insort(self.announcements, announced, key=lambda known: (known.effective_ms, known.id))
            del self.announcements[:-MOST_ANNOUNCEMENTS]

    def in_force(self, time_ms: int) -> str | None:
        """Return the deployment in force at a time, or None when nothing was announced, or it was retired."""
        current = None
        for announced in self.announcements:
            if announced.effective_ms > time_ms:
                break
            if announced.action != "retire":
                current = announced.deployment
            elif announced.deployment == current:
                current = None
        return current

    def changes_within(self, start_ms: int, end_ms: int) -> bool:
        """Whether a deployment took effect inside a window: then its prompts cannot be told apart."""
        before = self.in_force(start_ms)
        times = [known.effective_ms for known in self.announcements if start_ms < known.effective_ms < end_ms]
        return any(self.in_force(time_ms) != before for time_ms in times)
