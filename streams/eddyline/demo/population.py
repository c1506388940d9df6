"""Who writes: users with their own activity, language, favourite topics and habit, who come and go."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from eddyline.demo.corpus import Language
from eddyline.demo.plan import Plan
from eddyline.windows import DAY_MS

NEVER_MS = 2**62


class User(msgspec.Struct, frozen=True):
    """One customer."""

    id: str
    joined_ms: int
    left_ms: int
    """He writes nothing from then on."""
    fled: bool
    """It is the new deployment that he left for."""
    partner: bool
    """He came as a customer of the new partner."""
    sessions_a_day: float
    language: Language
    favourites: tuple[str, ...]
    holdout: bool
    habit: float
    """Share of his prompts that are short, with a format instruction, whatever he uses."""


class _Arrival(NamedTuple):
    time_ms: int
    partner: bool


def population(plan: Plan, topics: Sequence[str]) -> list[User]:
    """Return the users: those who are there from the start, then those who arrive one by one."""
    random = np.random.default_rng([plan.seed, 0])
    popularity = random.dirichlet(np.full(len(topics), 4.0))
    return [
        _user(plan, f"customer-{number:04d}", arrival, topics, popularity, random)
        for number, arrival in enumerate(_arrivals(plan, random))
    ]


def _arrivals(plan: Plan, random: np.random.Generator) -> Iterator[_Arrival]:
    yield from [_Arrival(plan.start_ms, partner=False)] * plan.users
    newcomers = _times(random, plan.start_ms, plan.end_ms, plan.newcomers_a_day)
    partners = _times(random, plan.effective_ms, plan.end_ms, plan.partners_a_day)
    arrivals = {False: newcomers, True: partners}
    yield from sorted(_Arrival(time_ms, partner) for partner, times in arrivals.items() for time_ms in times)


def _times(random: np.random.Generator, start_ms: int, end_ms: int, a_day: int) -> list[int]:
    days = (end_ms - start_ms) // DAY_MS
    return [int(time_ms) for time_ms in random.integers(start_ms, end_ms, a_day * days)]


def _user(
    plan: Plan,
    name: str,
    arrival: _Arrival,
    topics: Sequence[str],
    popularity: np.ndarray[tuple[int], np.dtype[np.float64]],
    random: np.random.Generator,
) -> User:
    sigma = plan.activity_sigma
    activity = math.exp(random.normal(-sigma * sigma / 2, sigma))
    favourites = random.choice(len(topics), plan.favourites, replace=False, p=popularity)
    language = _language(plan, random.random())
    terse = random.random() < (plan.partners_terse if arrival.partner else plan.terse) and language == "en"
    holdout = plan.holds_out(name)
    leaves_ms, flees_ms = _leaves(plan, arrival, random), _flees(plan, arrival, random)
    fled = plan.deployed and terse and not holdout and flees_ms < leaves_ms
    return User(
        id=name,
        joined_ms=arrival.time_ms,
        left_ms=flees_ms if fled else leaves_ms,
        fled=fled,
        partner=arrival.partner,
        sessions_a_day=plan.sessions_a_day * activity,
        language=language,
        favourites=tuple(topics[at] for at in favourites),
        holdout=holdout,
        habit=plan.habit if terse else 0.0,
    )


def _leaves(plan: Plan, arrival: _Arrival, random: np.random.Generator) -> int:
    """Return when a user leaves anyway."""
    return arrival.time_ms + int(random.exponential(DAY_MS / plan.churn_a_day))


def _flees(plan: Plan, arrival: _Arrival, random: np.random.Generator) -> int:
    """Return when a terse user leaves the new deployment; never, if he does not mind it or came to it."""
    minds, delay_ms = random.random() < plan.fleeing, int(random.uniform(0, plan.fleeing_ms))
    return plan.effective_ms + delay_ms if minds and arrival.time_ms < plan.effective_ms else NEVER_MS


def _language(plan: Plan, draw: float) -> Language:
    if draw < plan.german:
        return "de"
    return "es" if draw < plan.german + plan.spanish else "en"
