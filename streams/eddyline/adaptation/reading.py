"""Reading a look: its days, its arms and what the users of its panel did."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from eddyline.adaptation.arms import Arms, arms_of
from eddyline.adaptation.looks import WEEK_DAYS, Look, day_begin, first_whole_day, local_date, look
from eddyline.adaptation.panel import Held, Panel, days_of
from eddyline.adaptation.study import Study, observe
from eddyline.adaptation.usage import usage
from eddyline.rollouts import Rollout


class Reading(NamedTuple):
    """A look at a rollout."""

    rollout: Rollout
    look: Look
    panel: Panel
    """Of which the look's days have been read."""
    arms: Arms
    study: Study
    everybody: str | None
    """Why the look is an earlier one than was asked for: since then there is nobody to compare with."""

    @property
    def lost(self) -> int:
        """On how many of the days that are compared records were lost."""
        return sum(day.lost for period in (self.look.before, self.look.after) for day in days_of(self.panel, period))


def read(rollout: Rollout, panel: Panel, day: int, zone: ZoneInfo) -> Reading:
    """Return the look as of the end of ``day``; after a staged rollout has reached everybody, the last look before."""
    found = _read(rollout, panel, day, zone)
    if found.arms.everybody_ms is None:
        return found
    last = local_date(found.arms.everybody_ms, zone) - 1
    if last < first_whole_day(rollout.effective_ms, zone):
        return found
    return _read(rollout, panel, last, zone)._replace(everybody=found.arms.reason)


def _read(rollout: Rollout, panel: Panel, day: int, zone: ZoneInfo) -> Reading:
    days = look(rollout, day, panel.known(), zone)
    held = Held(panel)
    observed = observe(held, days)
    arms = arms_of(rollout, usage(held, days, observed, rollout.deployment), day_begin(day + 1, zone))
    if arms.control == "none":
        return _alone(Reading(rollout, days, held, arms, observed, None))
    return Reading(rollout, days, held, arms, observed.under(arms), None)


def _alone(found: Reading) -> Reading:
    """Return the look without a control: the weeks around the change, as those of the placebo band are around a day."""
    weeks = found.look._replace(before=found.look.before[-WEEK_DAYS:], after=found.look.since[:WEEK_DAYS])
    observed = observe(found.panel, weeks)
    everybody = np.ones(len(observed.user), np.bool_)
    return found._replace(look=weeks, study=observed._replace(treated=everybody))
