"""What is decided of a simulated world at one look on day 14."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from benchmarks.adaptation.paneled import change_day, panel_days, rollout
from benchmarks.adaptation.prompts import PLANTED
from benchmarks.adaptation.runs import AFTER
from benchmarks.adaptation.world import World

from eddyline.adaptation import carried
from eddyline.adaptation.found import Draws, compared
from eddyline.adaptation.panel import Days
from eddyline.adaptation.reading import read
from eddyline.adaptation.verdict import Facts

UTC = ZoneInfo("UTC")


class Decided(NamedTuple):
    """A look on day 14, the only one: its own two tests decide."""

    facts: Facts
    excluded: float
    """Changes of the planted feature larger than this are excluded."""
    surest: bool
    """Whether the planted feature alone changed for sure, at .05."""


def decide(world: World, salt: int, draws: int) -> Decided | None:
    """Return what is known after two weeks; None where an arm has fewer than two users."""
    reading = read(rollout(world), Days(panel_days(world)), change_day(world) + len(AFTER) - 1, UTC)
    found = compared(reading, carried.fresh(draws), Draws(salt, draws))
    if found.estimates is None:
        return None
    value, margin = (float(each[PLANTED]) for each in (found.estimates.value, found.estimates.margin))
    return Decided(found.facts._replace(sequential=None), abs(value) + margin, abs(value) > margin)
