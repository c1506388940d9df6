"""What drift events say of the watches over their app."""

from datetime import date

from eddyline.detectors.baseline import Baseline
from eddyline.detectors.evalverdict import Verdict as EvalVerdict
from eddyline.detectors.watch import Verdict
from eddyline.moved import Moved
from eddyline.moved.region import Region
from eddyline.outputs.decimals import DECIMALS, rounded
from eddyline.outputs.drift import BaselineFacts, EvalSetFacts, MovedFacts, RegionFacts, StyleMove, WatchFacts


def of_watch(
    baseline: Baseline | None, verdict: Verdict, n: int, alarms_a_year: float, moved: MovedFacts | None
) -> WatchFacts:
    """Return what is said of the watch over traffic after a window of ``n`` gated prompts.

    Args:
        baseline: of the day.
        verdict: of the window.
        n: gated prompts in it.
        alarms_a_year: how many false ones are expected at most.
        moved: what an open alarm tells.
    """
    return WatchFacts(
        state=verdict.state,
        reason=verdict.reason,
        log_wealth=rounded(verdict.log_wealth),
        log_limit=round(verdict.log_limit, DECIMALS),
        false_alarms_a_year=round(alarms_a_year, DECIMALS),
        leading=verdict.leading,
        effective_n=None if baseline is None else rounded(n / baseline.design_effect),
        baseline=None if baseline is None else _baseline(baseline),
        moved=moved,
    )


def _baseline(baseline: Baseline) -> BaselineFacts:
    first, last = (date.fromordinal(day).isoformat() for day in (baseline.first_day, baseline.last_day))
    return BaselineFacts(first, last, rounded(baseline.users_a_day), rounded(baseline.radius))


def of_moved(moved: Moved) -> MovedFacts:
    """Return what an alarm tells of what moved."""
    styles = [_move(move.feature, move.before, move.now) for move in moved.styles]
    return MovedFacts(styles=styles, region=None if moved.region is None else _region(moved.region))


def _region(region: Region) -> RegionFacts:
    now, before, null = (round(share, DECIMALS) for share in region[:3])
    return RegionFacts(share=now, before=before, null=null, examples=region.examples)


def _move(feature: str, before: float, now: float) -> StyleMove:
    return StyleMove(feature, round(before, DECIMALS), round(now, DECIMALS))


def of_eval_set(verdict: EvalVerdict) -> EvalSetFacts | None:
    """Return what is said of the watch over an eval set today; None without one."""
    if verdict.eval_set is None:
        return None
    return EvalSetFacts(
        id=verdict.eval_set,
        state=verdict.state,
        reason=verdict.reason,
        since=verdict.since,
        day=verdict.day,
        users=verdict.users,
        distance=rounded(verdict.distance),
        null=rounded(verdict.expected),
        unchanged=rounded(verdict.baseline_mean),
        z=rounded(verdict.z),
        style_shift=rounded(verdict.style_shift),
        style_null=rounded(verdict.style_expected),
        style=_style(verdict),
        log_wealth=rounded(verdict.log_wealth),
        log_limit=round(verdict.log_limit, DECIMALS),
    )


def _style(verdict: EvalVerdict) -> StyleMove | None:
    if verdict.moved is None or verdict.rate_before is None or verdict.rate_now is None:
        return None
    return _move(verdict.moved, verdict.rate_before, verdict.rate_now)
