"""What was planted, held against what the outputs show."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from eddyline.demo.corpus import NEW_TOPIC
from eddyline.demo.plan import Plan
from eddyline.demo.screen import clock
from eddyline.demo.story import CENTROID, NEAREST, Shift, Story, pooled, time_ms
from eddyline.demo.terms import Term
from eddyline.demo.traffic import Asked
from eddyline.outputs.alert import DRIFTS
from eddyline.outputs.drift import Drift
from eddyline.windows import DAY_MS

SIGMAS = 3
CAUSES = 4
"""Adaptation, selection, exogenous, mix."""


class Finding(NamedTuple):
    """One planted thing, and whether the outputs show it."""

    planted: str
    evidence: str
    seen: bool


class Distances(NamedTuple):
    """A drift metric of everybody before the deployment took effect, of both arms since, and of its latest day."""

    before: Shift | None
    holdout: Shift | None
    new: Shift | None
    latest: Shift | None


def distances(plan: Plan, story: Story, metric: str = CENTROID) -> Distances:
    """Return a metric before and after."""
    old, new = story.of(plan.old), story.of(plan.new)
    return Distances(
        pooled(_between(old, plan.start_ms, plan.effective_ms), metric),
        pooled(_between(old, plan.effective_ms, plan.end_ms), metric),
        pooled(new, metric),
        pooled(_between(new, plan.end_ms - DAY_MS, plan.end_ms), metric),
    )


def _between(windows: Iterable[Drift], start_ms: int, end_ms: int) -> list[Drift]:
    return [drift for drift in windows if start_ms <= time_ms(drift.window.start) < end_ms]


def findings(plan: Plan, asked: Sequence[Asked], story: Story, split: Sequence[Term]) -> list[Finding]:
    """Return, for everything that was planted, what the outputs say of it; ``split``: why the users changed."""
    found: list[Callable[[Plan, Sequence[Asked], Story], Finding]] = [
        _deployment,
        _distance,
        _holdout,
        _alarm,
        _new_topic,
        _candidate,
        _thumbs,
        _broken,
    ]
    return [*(find(plan, asked, story) for find in found), _apart(split)]


def _deployment(plan: Plan, _: Sequence[Asked], story: Story) -> Finding:
    windows = story.of(plan.new)
    n = sum(drift.n for drift in windows)
    evidence = f"{len(windows)} windows of its own, {n:,} prompts"
    in_time = bool(windows) and time_ms(windows[0].window.end) > plan.effective_ms
    return Finding(f"deployment {plan.new}", evidence, in_time)


def _distance(plan: Plan, asked: Sequence[Asked], story: Story) -> Finding:
    served = [prompt.adapted for prompt in asked if prompt.deployment == plan.new]
    planted = f"users adapt ({sum(served) / max(1, len(served)):.0%} of prompts)"
    shift = distances(plan, story).latest
    return Finding(planted, f"distance {_excess(shift)}, latest day", shift is not None and shift.certain)


def _holdout(plan: Plan, _: Sequence[Asked], story: Story) -> Finding:
    """The holdout moves too, with the season and the new topic, but less."""
    planted, found = f"a {plan.holdout:.0%} holdout that does not", distances(plan, story)
    if not (found.new and found.holdout and found.new.error and found.holdout.error):
        return Finding(planted, "too early to tell", seen=False)
    gap = found.new.excess - found.holdout.excess
    error = math.hypot(found.new.error, found.holdout.error)
    return Finding(planted, f"distance {gap:+.3f} ± {error:.3f} of the others beyond it", gap > SIGMAS * error)


def _alarm(plan: Plan, _: Sequence[Asked], story: Story) -> Finding:
    """Before the deployment nothing changes; an alarm in those weeks would be a false one."""
    fired = [alert for alert in story.alerts.values() if alert.labels["alertname"] in DRIFTS]
    times = [time_ms(alert.startsAt) for alert in fired if alert.status == "firing"]
    evidence = f"alert of {clock(min(times))}" if times else "no alert"
    return Finding("a change, not before it", evidence, bool(times) and min(times) >= plan.effective_ms)


def _new_topic(plan: Plan, asked: Sequence[Asked], story: Story) -> Finding:
    since = [prompt.intent == NEW_TOPIC for prompt in asked if prompt.time_ms >= plan.effective_ms]
    planted = f"a new topic for all ({sum(since) / max(1, len(since)):.0%})"
    shift = distances(plan, story, NEAREST).holdout
    evidence = f"neighbours {_excess(shift)}, holdout"
    return Finding(planted, evidence, shift is not None and shift.certain)


def _candidate(plan: Plan, _: Sequence[Asked], story: Story) -> Finding:
    planted = f"{plan.candidate} errs in {plan.candidate_wrong:.0%}"
    gaps = [
        score.value - story.scores[request, "relevance", None].value
        for (request, scorer, candidate), score in story.scores.items()
        if candidate == plan.candidate and scorer == "relevance" and (request, "relevance", None) in story.scores
    ]
    mean, error = _mean(gaps)
    return Finding(planted, f"relevance {mean:+.3f} ± {error:.3f} by prompt", mean < -SIGMAS * error)


def _thumbs(plan: Plan, _: Sequence[Asked], story: Story) -> Finding:
    planted = f"thumbs up {plan.thumbs_up_old:.0%}, then {plan.thumbs_up_new:.0%}"
    (old, old_error), (new, new_error) = (
        _mean([score.value for score in story.scores.values() if score.scorer == "thumbs" and score.deployment == name])
        for name in (plan.old, plan.new)
    )
    seen = new - old > SIGMAS * math.hypot(old_error, new_error)
    return Finding(planted, f"{old:.0%} ± {old_error:.0%}, then {new:.0%} ± {new_error:.0%}", seen)


def _broken(plan: Plan, _: Sequence[Asked], story: Story) -> Finding:
    found = story.dead.total()
    return Finding(f"{plan.broken} broken records", f"{found} dead letters", found == plan.broken)


def _apart(split: Sequence[Term]) -> Finding:
    certain, covered = sum(term.certain for term in split), sum(term.covered for term in split)
    evidence = f"{certain} certain, {covered} planted ones within" if split else "too early to tell"
    return Finding("four causes at once", evidence, certain == covered == CAUSES)


def _excess(shift: Shift | None) -> str:
    if shift is None:
        return "unknown"
    return f"{shift.excess:+.3f}" + ("" if shift.error is None else f" ± {shift.error:.3f}")


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and standard error; infinite below two values."""
    n = len(values)
    mean = sum(values) / max(1, n)
    squares = sum((value - mean) ** 2 for value in values)
    return mean, math.sqrt(squares / (n - 1) / n) if n > 1 else math.inf
