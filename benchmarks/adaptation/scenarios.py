"""What can happen around a deployment: the worlds in which the statistics of adaptation are tried."""

from typing import NamedTuple


class Scenario(NamedTuple):
    """What happens from the day of the change on, beside users coming and going as always.

    Habits are the shares of a user's openers that have the planted feature; a change of size ``a`` takes a habit
    ``p`` to ``p + (1 - p) a``.
    """

    adaptation: float = 0.0
    """Of treated users, in the limit: after ``k`` openers it is ``1 - 2 ** (-k / half_life)`` of it."""
    half_life: float = 5.0
    """In openers."""
    season: float = 0.0
    """Of everybody, times each user's own slope; topics shift with it."""
    course_days: int = 0
    """Period of the season as a wave; 0: a step at the change."""
    slopes: bool = False
    """Whether users differ in how much the season takes them."""
    mix: bool = False
    """Two in seven users come after the change and have other habits."""
    selective: bool = False
    """Seven in ten treated users whose habit is below .08 leave within a day of the change."""
    announcement: float = 0.0
    """Of treated users, at once: they were told, and no answer taught them."""
    light: float = 1.0
    """So many times more do users of less than average activity adapt than others."""
    response: float = 1.0
    """So many times more openers do treated users write from the change on."""
    churn: bool = True
    """Whether users come and go."""


SEASON, EFFECT, TOLD = 0.10, 0.20, 0.10
SCENARIOS = {
    "null": Scenario(),
    "season": Scenario(season=SEASON),
    "mix": Scenario(mix=True),
    "season + mix": Scenario(season=SEASON, mix=True),
    "adaptation": Scenario(adaptation=EFFECT),
    "selective churn": Scenario(selective=True),
    "all": Scenario(adaptation=EFFECT, season=SEASON, mix=True, selective=True),
    "announcement": Scenario(announcement=TOLD),
}
