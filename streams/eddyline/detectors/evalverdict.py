"""What is said of an app and its eval set at the start of a local day."""

from collections.abc import Sequence

import msgspec

from eddyline.daysums import DaySums
from eddyline.detectors import rulers
from eddyline.detectors.evalbaseline import EvalBaseline, StyleShift
from eddyline.detectors.evaldistance import UNIT, EvalDistance
from eddyline.detectors.states import State


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """What is known of an app and its eval set at the start of a local day; distances are squared, in [0, 4]."""

    state: State
    reason: str
    log_limit: float
    """What log wealth takes for an alarm."""
    eval_set: str | None = None
    since: str | None = None
    """The local day of the renewal, the first that is compared; None while there is no baseline."""
    day: str | None = None
    """The complete local day that all that follows is of."""
    users: int = 0
    """Its ruler users."""
    distance: float | None = None
    """Of their mean to the mean of the eval set."""
    expected: float | None = None
    """What it would be with so many users if the eval set were a random draw of this traffic."""
    baseline_mean: float | None = None
    """What it would be with so many users had nothing changed since the renewal."""
    z: float | None = None
    """The change since the renewal, ``distance - baseline_mean``, in standard deviations of a day."""
    style_shift: float | None = None
    """Squared shift of a style feature since the renewal, in standard deviations of one prompt, mean over features."""
    style_expected: float | None = None
    """What it would be had nothing changed."""
    moved: str | None = None
    """The style feature that moved most, with its rate before and now."""
    rate_before: float | None = None
    rate_now: float | None = None
    log_wealth: float | None = None
    """Natural log of the average wealth in days, before an alarm took it; None where nothing was bet."""
    raised: bool = False
    """Whether an alarm begins."""

    @property
    def change(self) -> float | None:
        """How much farther production is from the eval set than at its renewal."""
        if self.distance is None or self.baseline_mean is None:
            return None
        return self.distance - self.baseline_mean


def with_distance(verdict: Verdict, day: DaySums, found: EvalDistance | None, baseline: EvalBaseline | None) -> Verdict:
    """Add a day and its distance, which is None where it has too few ruler users."""
    verdict = msgspec.structs.replace(verdict, day=day.day, users=int(rulers.of(day).n.sum()))
    if found is None:
        return verdict
    unchanged = None if baseline is None else (round(baseline.mean) + found.distance - found.excess) / UNIT
    return msgspec.structs.replace(
        verdict, distance=found.distance / UNIT, expected=found.expected / UNIT, baseline_mean=unchanged
    )


def with_style(verdict: Verdict, style: StyleShift, names: Sequence[str]) -> Verdict:
    """Add how the style of a day differs from the baseline's."""
    return msgspec.structs.replace(
        verdict,
        style_shift=style.squared,
        style_expected=style.expected,
        moved=names[style.moved],
        rate_before=style.before,
        rate_now=style.now,
    )
