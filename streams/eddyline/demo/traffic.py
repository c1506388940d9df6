"""What the users do: a pure function of the plan, with nothing of how it travels (see :mod:`eddyline.demo.wire`)."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from eddyline.demo import corpus
from eddyline.demo.corpus import NEW_TOPIC, Intent
from eddyline.demo.plan import Plan
from eddyline.demo.population import User, population
from eddyline.windows import DAY_MS, HOUR_MS


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt with everything that comes of it, and what was planted in it."""

    id: str
    time_ms: int
    user: User
    session: str
    deployment: str
    intent: str
    exposure: int
    """Prompts that the user had sent to the new deployment before."""
    adapted: bool
    """Written for the new deployment, which its user has got to know."""
    terse: bool
    """Written so whatever the deployment: by habit, or since the holidays are near."""
    prompt: str
    response: str
    separate: bool
    """The response is an event of its own."""
    shadow: str | None
    """What the candidate answered, if it was asked."""
    thumbs: int | None
    """1 for up, 0 for down."""


def traffic(plan: Plan) -> list[Asked]:
    """Return all prompts in the order of (time, id)."""
    intents = {intent.intent: intent for intent in corpus.load()}
    topics = [name for name in intents if name != NEW_TOPIC]
    users = population(plan, topics)
    asked = [prompt for number, user in enumerate(users) for prompt in _Author(plan, intents, user, number).prompts()]
    return sorted(asked, key=lambda prompt: (prompt.time_ms, prompt.id))


class _Author:
    """One user at work, with a random source of his own."""

    def __init__(self, plan: Plan, intents: Mapping[str, Intent], user: User, number: int) -> None:
        self._plan, self._intents, self._user = plan, intents, user
        self._topics = [name for name in intents if name != NEW_TOPIC]
        self._random = np.random.default_rng([plan.seed, 1, number])
        self._hours, self._lengths = _cumulative(plan.hours), _cumulative(plan.session_lengths)
        self._exposure = 0
        self._asked = 0

    def prompts(self) -> Iterator[Asked]:
        """Yield the user's prompts in order."""
        free_ms = self._user.joined_ms
        for number, start in enumerate(self._sessions()):
            topic = self._topic(start)
            for time_ms in self._times(max(start, free_ms)):
                free_ms = time_ms + 1
                if time_ms < min(self._plan.end_ms, self._user.left_ms):
                    yield self._ask(time_ms, f"{self._user.id}-s{number}", self._intents[topic])

    def _sessions(self) -> list[int]:
        """Return when the user's sessions begin, by the rhythm of the day."""
        starts: list[int] = []
        for day in range(self._plan.days):
            draws = self._random.random((2, int(self._random.poisson(self._user.sessions_a_day))))
            hours = self._hours.searchsorted(draws[0], "right") + draws[1]
            starts += (self._plan.start_ms + day * DAY_MS + (hours * HOUR_MS).astype(np.int64)).tolist()
        return sorted(start for start in starts if start >= self._user.joined_ms)

    def _times(self, start_ms: int) -> Iterator[int]:
        time_ms = start_ms
        for _ in range(1 + int(self._lengths.searchsorted(self._random.random(), "right"))):
            yield time_ms
            time_ms += int(self._random.uniform(20_000, 180_000))

    def _topic(self, time_ms: int) -> str:
        if time_ms >= self._plan.effective_ms and self._chance(self._plan.new_topic_share):
            return NEW_TOPIC
        favourite = self._chance(self._plan.favourite_share)
        return self._pick(self._user.favourites if favourite else self._topics)

    def _ask(self, time_ms: int, session: str, intent: Intent) -> Asked:
        # Every prompt draws the same numbers with and without the new deployment: what differs is its doing.
        deployment = self._deployment(time_ms)
        renewed, english = deployment == self._plan.new, self._user.language == "en"
        terse = self._chance(self._user.habit + self._plan.rush_at(time_ms)) and english
        learned = self._chance(self._plan.adapted_share(self._exposure)) and english
        asked = Asked(
            id=f"{self._user.id}-{self._asked:04d}",
            time_ms=time_ms,
            user=self._user,
            session=session,
            deployment=deployment,
            intent=intent.intent,
            exposure=self._exposure,
            adapted=learned and not terse,
            terse=terse,
            prompt=self._pick(intent.adapted if terse or learned else intent.phrasings(self._user.language)),
            response=self._pick(intent.answers(self._user.language, structured=renewed)),
            separate=self._chance(self._plan.separate),
            shadow=self._shadow(intent) if self._chance(self._plan.shadowed) else None,
            thumbs=self._thumbs(renewed=renewed) if self._chance(self._plan.feedback) else None,
        )
        self._asked += 1
        self._exposure += renewed
        return asked

    def _deployment(self, time_ms: int) -> str:
        stays = self._user.holdout or not self._plan.deployed or time_ms < self._plan.effective_ms
        return self._plan.old if stays else self._plan.new

    def _shadow(self, intent: Intent) -> str:
        """Return the candidate's response; sometimes it takes the question for another one."""
        wrong = self._chance(self._plan.candidate_wrong)
        understood = self._intents[self._pick(self._topics)] if wrong else intent
        return self._pick(understood.answers(self._user.language, structured=True))

    def _thumbs(self, *, renewed: bool) -> int:
        return int(self._chance(self._plan.thumbs_up_new if renewed else self._plan.thumbs_up_old))

    def _chance(self, share: float) -> bool:
        return bool(self._random.random() < share)

    def _pick(self, options: Sequence[str]) -> str:
        return options[int(self._random.random() * len(options))]


def _cumulative(shares: Sequence[float]) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.cumsum(shares, dtype=np.float64)
    sums /= sums[-1]
    return sums
