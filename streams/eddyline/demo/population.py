"""Who writes: users with their own activity, language and favourite topics."""

import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from eddyline.demo.corpus import Language
from eddyline.demo.plan import Plan


class User(msgspec.Struct, frozen=True):
    """One customer."""

    id: str
    joined_ms: int
    sessions_a_day: float
    language: Language
    favourites: tuple[str, ...]
    holdout: bool


def population(plan: Plan, topics: Sequence[str]) -> list[User]:
    """Return the users: those who are there from the start, then those who arrive one by one."""
    random = np.random.default_rng([plan.seed, 0])
    popularity = random.dirichlet(np.full(len(topics), 4.0))
    return [
        _user(plan, f"customer-{number:04d}", joined_ms, topics, popularity, random)
        for number, joined_ms in enumerate(_arrivals(plan, random))
    ]


def _arrivals(plan: Plan, random: np.random.Generator) -> Iterator[int]:
    yield from [plan.start_ms] * plan.users
    yield from sorted(random.integers(plan.start_ms, plan.end_ms, plan.newcomers_a_day * plan.days).tolist())


def _user(
    plan: Plan,
    name: str,
    joined_ms: int,
    topics: Sequence[str],
    popularity: np.ndarray[tuple[int], np.dtype[np.float64]],
    random: np.random.Generator,
) -> User:
    sigma = plan.activity_sigma
    activity = math.exp(random.normal(-sigma * sigma / 2, sigma))
    favourites = random.choice(len(topics), plan.favourites, replace=False, p=popularity)
    return User(
        id=name,
        joined_ms=joined_ms,
        sessions_a_day=plan.sessions_a_day * activity,
        language=_language(plan, random.random()),
        favourites=tuple(topics[at] for at in favourites),
        holdout=plan.holds_out(name),
    )


def _language(plan: Plan, draw: float) -> Language:
    if draw < plan.german:
        return "de"
    return "es" if draw < plan.german + plan.spanish else "en"
