"""What may be said of an app today: whether its detector speaks, and one sentence why or why not."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from eddyline.detectors.baseline import Baseline
from eddyline.detectors.dry_run import DAYS as DRY_RUN_DAYS
from eddyline.detectors.edetector import EMBEDDING
from eddyline.detectors.sums import SATURDAY, DaySums, weekday

State = Literal["learning", "provisional", "watching", "blind", "alarm"]
SPEAKING: frozenset[State] = frozenset({"provisional", "watching", "alarm"})
"""The states in which windows are bet on."""
LEAST_DAYS = 7
WATCHING_DAYS = 14
LEAST_USERS_A_DAY = 200
LARGEST_RADIUS = 0.25
MOST_UNNAMED = 0.5
"""Share of prompts without a user above which nothing is known of users."""

NO_USERS = (
    "No stable user ids: repeated prompts of one user cannot be told from drift; no false-alarm rate can be stated."
)


class Standing(NamedTuple):
    """A state and its sentence."""

    state: State
    reason: str

    @property
    def speaks(self) -> bool:
        """Whether windows are bet on."""
        return self.state in SPEAKING


def visible_percent(radius: float) -> int:
    """Return about how many percent of the prompts must change to be seen at all, 100 where nothing is known.

    A rule of thumb, fitted to planted topics; a tolerance is a length, and how long a topic's shift is depends on it.
    """
    return math.ceil(min(100.0, 250.0 * radius / 3.4))


def unready(days: Sequence[DaySums]) -> Standing | None:
    """Say why the complete days of an app do not make a baseline yet, or None if they do."""
    if days and sum(day.unnamed for day in days) / len(days) > MOST_UNNAMED:
        return Standing("blind", NO_USERS)
    if len(days) < LEAST_DAYS:
        return Standing("learning", f"{len(days)} of {LEAST_DAYS} complete days have been seen.")
    if missing := {"weekday", "weekend"} - {_kind(day.day) for day in days}:
        return Standing("learning", f"No {missing.pop()} has been seen yet.")
    return None


def standing(baseline: Baseline, days: int, *, quiet: bool) -> Standing:
    """Say what may be said with a baseline.

    Args:
        baseline: the one of today.
        days: complete days that the app has been seen on.
        quiet: whether the dry run raised nothing, or is not due yet.
    """
    percent = visible_percent(baseline.radius)
    if baseline.users_a_day < LEAST_USERS_A_DAY:
        users = f"{baseline.users_a_day:.0f} users a day"
        return Standing("blind", f"{users}: changes under about {percent} % of prompts cannot be seen.")
    if baseline.radius > LARGEST_RADIUS:
        return Standing("learning", f"The baseline's error is above {LARGEST_RADIUS} standard deviations.")
    if not quiet:
        return Standing(
            "learning", f"Season not covered: the last {DRY_RUN_DAYS} days would have alarmed against the days before."
        )
    if days < WATCHING_DAYS:
        return Standing("provisional", f"Day {days} of {WATCHING_DAYS}: the season is known from one week.")
    return Standing("watching", f"Changes under about {percent} % of prompts cannot be seen.")


def alarmed(leading: str, radius: float) -> Standing:
    """Say what an alarm says, by the bet that leads: ``embedding``, or a rate that moved."""
    if leading != EMBEDDING:
        return Standing("alarm", f"A rate moved by more than the error of its baseline: {leading}.")
    return Standing("alarm", f"Prompts moved by more than the tolerance of {radius:.3f} standard deviations.")


def _kind(day: int) -> str:
    return "weekend" if weekday(day) >= SATURDAY else "weekday"
