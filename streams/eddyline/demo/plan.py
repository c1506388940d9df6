"""What the demo plants in its traffic, stated once, so that what comes out can be held against it."""

import hashlib
import math

import msgspec

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
    start_ms: int = 1_793_577_600_000
    """2026-11-02T00:00:00Z, a Monday."""
    days: int = 3

    users: int = 600
    newcomers_a_day: int = 20
    sessions_a_day: float = 4.4
    """Mean of a user; how active one is is log-normal."""
    activity_sigma: float = 0.8
    session_lengths: tuple[float, ...] = (0.35, 0.30, 0.20, 0.15)
    """Share of sessions with 1, 2, 3, 4 prompts."""
    hours: tuple[float, ...] = NIGHT + MORNING + AFTERNOON + EVENING
    """How busy each hour of the day is, against the busiest."""
    favourites: int = 3
    favourite_share: float = 0.6
    """Share of a user's sessions that are about one of his favourite topics."""
    german: float = 0.06
    spanish: float = 0.06

    old: str = "2026.10.2"
    new: str = "2026.11.1"
    holdout: float = 0.2
    """Share of users, by hash, who stay with the old deployment."""
    announced_ahead_ms: int = HOUR_MS
    adapted_ceiling: float = 0.9
    """Share of adapted prompts that a user comes to in the end."""
    half_life: float = 5.0
    """Prompts to the new deployment after which half of that is reached."""
    new_topic_share: float = 0.08
    """Share of sessions, everybody's, about a topic that did not exist before."""

    separate: float = 0.25
    """Share of responses that come as an event of their own."""
    overtaken: float = 0.2
    """Share of those that are on the wire before their prompt."""
    candidate: str = "2026.12.0-rc1"
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
        """When the new deployment takes over: half-way."""
        return self.start_ms + self.days * DAY_MS // 2

    def holds_out(self, user: str) -> bool:
        """Whether a user stays with the old deployment."""
        digest = hashlib.blake2b(user.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") < self.holdout * 2**64

    def adapted_share(self, exposure: int) -> float:
        """Return how likely a user who has sent ``exposure`` prompts to the new deployment writes for it."""
        return self.adapted_ceiling * (1.0 - math.pow(0.5, exposure / self.half_life))
