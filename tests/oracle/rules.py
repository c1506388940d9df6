"""The settings that decide what comes out of a log."""

from dataclasses import dataclass

from eddyline.settings import Settings


@dataclass(frozen=True)
class Rules:
    """What the oracle is told; days are those of UTC, nothing is late, and the panel holds every user."""

    window_ms: int
    min_window: int
    min_reference: int
    alarm_days: float
    """The wealth that alarms."""
    pepper: str
    app: str
    """Of an event that names none; and its environment."""
    environment: str

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """Return the rules that ``settings`` make; fails for days that the oracle does not know."""
        assert settings.windows.timezone == "UTC"
        return cls(
            window_ms=settings.windows.size_seconds * 1000,
            min_window=settings.judge.min_window,
            min_reference=settings.judge.min_reference,
            alarm_days=365 * settings.drift.apps / settings.drift.false_alarms_a_year,
            pepper=settings.privacy.pepper,
            app=settings.events.app,
            environment=settings.events.environment,
        )

    def start_of(self, time_ms: int) -> int:
        """Return the start of the window of a time."""
        return time_ms // self.window_ms * self.window_ms
