"""What the demo plants in its traffic, stated once, so that what comes out can be held against it."""

import math

import msgspec

from eddyline.assignment import BUCKETS, bucket
from eddyline.windows import DAY_MS, HOUR_MS

NIGHT = (0.10, 0.06, 0.04, 0.04, 0.06, 0.12)
MORNING = (0.25, 0.40, 0.60, 0.80, 0.95, 1.00)
AFTERNOON = (0.75, 0.60, 0.60, 0.62, 0.66, 0.75)
EVENING = (0.88, 0.98, 1.00, 0.85, 0.55, 0.25)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the traffic is made from. The same plan gives the same traffic, to the byte.

    Shares are in [0, 1]; times are milliseconds since 1970.
    """

    seed: int = 2026
    app: str = "support"
    environment: str = "production"
    start_ms: int = 1_791_158_400_000
    """2026-10-05T00:00:00Z, a Monday."""
    days: int = 28
    """The new deployment takes over at the midnight half-way: two weeks before, two weeks after."""

    users: int = 800
    """There from the start."""
    newcomers_a_day: int = 6
    churn_a_day: float = 0.008
    """Chance that a user has left for good a day later, whatever he uses."""
    sessions_a_day: float = 0.6
    """Mean of a user; how active one is is log-normal."""
    activity_sigma: float = 0.8
    session_lengths: tuple[float, ...] = (0.65, 0.22, 0.09, 0.04)
    """Share of sessions with 1, 2, 3, 4 prompts."""
    hours: tuple[float, ...] = NIGHT + MORNING + AFTERNOON + EVENING
    """How busy each hour of the day is, against the busiest."""
    favourites: int = 3
    favourite_share: float = 0.6
    """Share of a user's sessions that are about one of his favourite topics."""
    german: float = 0.06
    spanish: float = 0.06

    old: str = "2026.9.3"
    new: str = "2026.10.1"
    holdout: float = 0.2
    """Share of users, the first buckets, who stay with the old deployment."""
    announced_ahead_ms: int = DAY_MS
    deployed: bool = True
    """False: the same people in a world where the new deployment never comes; the difference is what it caused."""

    # Adaptation: what using the new deployment teaches.
    adapted_ceiling: float = 0.9
    """Share of adapted prompts that a user comes to in the end."""
    half_life: float = 4.0
    """Prompts to the new deployment after which half of that is reached."""

    # Selection: who leaves because of it.
    terse: float = 0.28
    """Share of users who write short prompts with a format instruction by habit, before there was any reason to."""
    habit: float = 0.7
    """Share of their prompts that are so."""
    fleeing: float = 0.95
    """Share of those among its users who leave when it takes over."""
    fleeing_ms: int = 12 * HOUR_MS
    """Within this time."""

    # Exogenous: what everybody does more and more from that day on, with or without it.
    rush: float = 0.35
    """Share of prompts that the rush before the holidays makes short on the last day; it grows evenly."""
    new_topic_share: float = 0.12
    """Share of sessions, everybody's, about a topic that did not exist before."""

    # Mix: who arrives from that day on, with or without it.
    partners_a_day: int = 28
    """Customers of a new partner, beside the usual newcomers."""
    partners_terse: float = 0.95
    """Share of them who write so by habit."""

    separate: float = 0.25
    """Share of responses that come as an event of their own."""
    overtaken: float = 0.2
    """Share of those that are on the wire before their prompt."""
    candidate: str = "2026.11.0-rc1"
    shadowed: float = 0.1
    """Share of prompts that the candidate answers too."""
    candidate_wrong: float = 0.2
    """Share of its responses that answer another question."""
    feedback: float = 0.05
    thumbs_up_old: float = 0.65
    thumbs_up_new: float = 0.85
    broken: int = 6
    """Records that cannot be understood."""

    @property
    def end_ms(self) -> int:
        """When the last day ends."""
        return self.start_ms + self.days * DAY_MS

    @property
    def effective_ms(self) -> int:
        """When the new deployment takes over: at the midnight half-way, or before it."""
        return self.start_ms + self.days // 2 * DAY_MS

    def holds_out(self, user: str) -> bool:
        """Whether a user stays with the old deployment."""
        return bucket(user) < self.holdout * BUCKETS

    def adapted_share(self, exposure: int) -> float:
        """Return how likely a user who has sent ``exposure`` prompts to the new deployment writes for it."""
        return self.adapted_ceiling * (1.0 - math.pow(0.5, exposure / self.half_life))

    def rush_at(self, time_ms: int) -> float:
        """Return how likely a prompt is short because the holidays are near."""
        return self.rush * max(0.0, (time_ms - self.effective_ms) / (self.end_ms - self.effective_ms))
