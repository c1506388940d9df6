"""What was planted in the users' change, in numbers: the same people in a world without the new deployment.

Every author draws the same random numbers in both worlds, so what differs between them is what the deployment caused.
With ``W`` the mean change within the users of both periods, and ``K`` all that the mean of all users changed by beyond
it, the terms are: adaptation ``W - W'`` and selection ``K - K'`` of the users of the new deployment, exogenous ``W'``
and mix ``K'`` of everybody, where ``'`` is the world without it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import NamedTuple

import msgspec

from eddyline.demo.plan import Plan
from eddyline.demo.traffic import Asked, traffic
from eddyline.features import NAMES, style
from eddyline.windows import DAY_MS

MOST_DAYS = 14
WEEK_DAYS = 7


class Planted(NamedTuple):
    """The four terms of a feature's share, as they were planted; they add up to the total."""

    adaptation: float
    selection: float
    exogenous: float
    mix: float


class _Change(NamedTuple):
    within: float
    between: float


def planted(plan: Plan, asked: Sequence[Asked], feature: str) -> Planted | None:
    """Return what was planted in a style feature; None where there are no whole weeks to compare.

    Args:
        plan: what ``asked`` was made from.
        asked: the traffic, by time.
        feature: one of :data:`eddyline.features.NAMES`.
    """
    if plan.days // 2 < WEEK_DAYS:
        return None
    without = traffic(msgspec.structs.replace(plan, deployed=False))
    caused = _change(plan, asked, feature, _treated)
    instead, anyway = _change(plan, without, feature, _treated), _change(plan, without, feature, _everybody)
    return Planted(caused.within - instead.within, caused.between - instead.between, anyway.within, anyway.between)


def _treated(prompt: Asked) -> bool:
    return not prompt.user.holdout


def _everybody(_: Asked) -> bool:
    return True


def _change(plan: Plan, asked: Sequence[Asked], feature: str, counts: Callable[[Asked], bool]) -> _Change:
    """Return the change of the users' mean share: within users, and between them."""
    weeks = min(plan.days // 2, MOST_DAYS) // WEEK_DAYS
    before = _shares(asked, plan.effective_ms - weeks * WEEK_DAYS * DAY_MS, plan.effective_ms, feature, counts)
    after_ms = max(plan.effective_ms, plan.end_ms - MOST_DAYS * DAY_MS)
    after = _shares(asked, after_ms, plan.end_ms, feature, counts)
    within = _mean([after[user] - before[user] for user in before.keys() & after.keys()])
    return _Change(within, _mean(after.values()) - _mean(before.values()) - within)


def _shares(
    asked: Sequence[Asked], start_ms: int, end_ms: int, feature: str, counts: Callable[[Asked], bool]
) -> dict[str, float]:
    """Return by user the share of his openers in ``[start_ms, end_ms)`` that have the feature."""
    opened: set[tuple[str, int]] = set()
    openers: dict[str, list[bool]] = defaultdict(list)
    for prompt in asked:
        opener = (prompt.session, prompt.time_ms // DAY_MS)
        if start_ms <= prompt.time_ms < end_ms and counts(prompt) and opener not in opened:
            opened.add(opener)
            openers[prompt.user.id].append(_has(prompt.prompt, feature))
    return {user: _mean(found) for user, found in openers.items()}


@cache
def _has(text: str, feature: str) -> bool:
    return bool(style(text).flags >> NAMES.index(feature) & 1)


def _mean(values: Collection[float]) -> float:
    return sum(values) / len(values)
