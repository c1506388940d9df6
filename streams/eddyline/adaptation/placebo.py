"""The placebo band: what the comparison without a control gives at days on which nothing was deployed.

Season moves users, too, so the error of an estimate says little. But it moved them before: the same estimate, with a
week on each side, at every earlier day whose two weeks hold no deployment, shows by how much. With D such days there
are m = D / 14 pairs of weeks that do not overlap, and the band is

    0 ± max(z · error, t(m) · root mean square of the placebo estimates)

with the 97.5 % points of the normal and of Student's distribution; with m below 4 nothing is said. It covers what comes
back within those days: no first event of its kind, no yearly one in a younger app, nothing at the very day of a
deployment. Where all features are asked at once, each of ``k`` questions has 1/k of the 5 % (Bonferroni).
"""

from collections.abc import Container, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from eddyline import versions
from eddyline.adaptation.panel import Panel, below, days_of
from eddyline.adaptation.study import Study, side, users_below
from eddyline.adaptation.terms import Term, arm_terms
from eddyline.paneldays import STYLES, PanelDay

VERSION = 1
WIDTH = 7
"""Days of each of the two windows."""
LEAST_WINDOWS = 4
LEAST_DAYS = LEAST_WINDOWS * 2 * WIDTH
"""Days with a placebo estimate without which there is no band."""
KEPT_DAYS = 730
LEVEL = 0.05
UNIT = 2.0**-14
"""Of stored estimates, which lie from -2 to 2: a hundredth of a point."""
_WIRE = np.dtype("<i2")
_MOST = np.iinfo(_WIRE).max

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class PlaceboDay(NamedTuple):
    """What the comparison gave at a day on which nothing was deployed: the week from it on, against the week before.

    Numbers are multiples of :data:`UNIT`, so that storing them changes nothing.
    """

    day: int
    """The local date, as its proleptic ordinal."""
    within: Floats
    """``(24,)`` change within users."""
    within_error: Floats
    """``(24,)`` its standard error."""
    between: Floats
    """``(24,)`` change by who came and left."""
    between_error: Floats
    """``(24,)`` its standard error."""


class Band(NamedTuple):
    """So far from zero a change is nothing unusual."""

    days: int
    """Placebo estimates that it rests on."""
    within: Floats
    """``(24,)`` half of the width."""
    between: Floats
    """``(24,)`` half of the width."""


class _Wire(msgspec.Struct, array_like=True):
    version: int
    day: int
    estimates: bytes


_decoder = msgspec.msgpack.Decoder(_Wire)


def step(history: Sequence[PlaceboDay], panel: Panel, today: int, free: Container[int]) -> list[PlaceboDay]:
    """Return the history after another day: with the estimate that it completes, without what is too old.

    Args:
        history: placebo days, ascending.
        panel: the days.
        today: the last complete one.
        free: days on which no deployment took effect or ended.
    """
    day = today + 1 - WIDTH
    kept = [found for found in history if found.day > today - KEPT_DAYS]
    if not kept or kept[-1].day < day:
        found = placebo(panel, day, free)
        kept += [] if found is None else [found]
    return kept


def placebo(panel: Panel, day: int, free: Container[int]) -> PlaceboDay | None:
    """Return the placebo estimate of a day.

    Returns:
        None if one of its 14 days is not free, unknown or incomplete, or with fewer than two users who stayed.
    """
    window = range(day - WIDTH, day + WIDTH)
    days = [found for found in days_of(panel, window) if not found.lost]
    if len(days) < len(window) or not all(each in free for each in window):
        return None
    study = _study(days[:WIDTH], days[WIDTH:])
    found = arm_terms(study, study.treated)
    if found is None:
        return None
    within, between = found.within, found.between
    return PlaceboDay(day, *map(_rounded, (within.value, within.error, between.value, between.error)))


def band(history: Sequence[PlaceboDay], end: int, within: Floats, between: Floats, questions: int = 1) -> Band | None:
    """Return the band around zero.

    Args:
        history: placebo days.
        end: the day of the change: only what ended before it is used.
        within: ``(24,)`` standard errors of the changes within users.
        between: ``(24,)`` standard errors of the changes by who came and left.
        questions: how many are asked at once.

    Returns:
        None with fewer than 56 placebo days.
    """
    used = usable(history, end)
    if len(used) < LEAST_DAYS:
        return None
    point = 1 - LEVEL / 2 / questions
    normal, student = ndtri(point), stdtrit(len(used) / (2 * WIDTH), point)
    spreads = _rms([found.within for found in used]), _rms([found.between for found in used])
    widths = [np.maximum(normal * own, student * rms) for own, rms in zip((within, between), spreads, strict=True)]
    return Band(len(used), *widths)


def usable(history: Sequence[PlaceboDay], end: int) -> list[PlaceboDay]:
    """Return the placebo days that a change on day ``end`` is held against."""
    return [found for found in history if found.day + WIDTH <= end and found.day > end - KEPT_DAYS]


def usual(history: Sequence[PlaceboDay], end: int, within: Term, between: Term) -> bool | None:
    """Return whether both changes lie within their bands in all features; None with too few placebo days.

    Args:
        history: placebo days.
        end: the day of the change.
        within: the change within users.
        between: the change by who came and left.
    """
    found = band(history, end, within.error, between.error, questions(within, between))
    if found is None:
        return None
    return bool((np.abs(within.value) <= found.within).all() and (np.abs(between.value) <= found.between).all())


def questions(within: Term, between: Term) -> int:
    """Return how many changes are asked about at once: those that anything varies in."""
    return max(1, int(np.count_nonzero(within.error) + np.count_nonzero(between.error)))


def pack(found: PlaceboDay) -> bytes:
    """Return a placebo day as it is stored, in about 200 bytes."""
    units = np.array(found[1:]) / UNIT
    return msgspec.msgpack.encode(_Wire(VERSION, found.day, units.astype(_WIRE).tobytes()))


def unpack(value: bytes) -> PlaceboDay:
    """Return a stored placebo day.

    Raises:
        RefusedToStart: another version of Eddyline wrote it.
        EddylineError: it is no such value.
    """
    wire = versions.decode(_decoder, value, VERSION, "a placebo day")
    return PlaceboDay(wire.day, *(np.frombuffer(wire.estimates, _WIRE).reshape(4, STYLES) * UNIT))


def _study(before: list[PanelDay], after: list[PanelDay]) -> Study:
    users = users_below([*before, *after], below(before, after))
    everybody = np.ones(len(users), np.bool_)
    return Study(users, everybody, ~everybody, side(before, users), side(after, users), None)


def _rounded(values: Floats) -> Floats:
    units: Floats = np.clip(np.rint(values / UNIT), -_MOST, _MOST)
    return units * UNIT


def _rms(estimates: list[Floats]) -> Floats:
    squares: Floats = np.square(estimates).mean(axis=0)
    return np.sqrt(squares)
