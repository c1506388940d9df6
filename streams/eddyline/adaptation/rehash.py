"""What chance would make of a study: statistics under other arms, or other signs, than the users had.

Users' arms are drawn anew as a router by hash would draw them: a user is in the control of draw ``b`` if the hash of
him and ``b`` is below the control's share. If the deployment changed nobody, the arms that the users had are one draw
among the others, so the chance that theirs is among the k most extreme of B + 1 is at most k / (B + 1): for whatever
statistic, of whatever users. The draws of a user are the same on each day, which :mod:`eddyline.adaptation.sequential`
needs. A family of features is one test: the statistic is the largest of theirs.

Where there is nobody to compare with, users' changes are given random signs instead (Rademacher): exact if a change
and its opposite are as likely. The hash is splitmix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.effect import LEAST, NO_VARIANCE
from eddyline.adaptation.study import Changes

DRAWS = 999
_CHUNK = 1 << 20
"""Draws times users at once: 8 MB."""
_MASK = 2**64 - 1
_GAMMA, _FIRST, _SECOND = (np.uint64(factor) for factor in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_HALF = np.uint64(1 << 63)
_TIE = 1 - 1e-9
"""Statistics of the same draw may differ in their last digits."""


class Family(NamedTuple):
    """A statistic, and what it is under ``b`` draws."""

    observed: float
    """At least 0."""
    drawn: NDArray[np.float64]
    """``(b,)`` at least 0."""

    @property
    def p(self) -> float:
        """The probability of one as large where there is nothing; above 0."""
        return (1 + int((self.drawn >= self.observed * _TIE).sum())) / (len(self.drawn) + 1)


class Families(NamedTuple):
    """What is compared between the arms."""

    styles: Family
    """The largest |t| of the style features."""
    projected: Family
    """Squared length of the shift of the projected mean, in units of what chance makes of it."""


def units(user: NDArray[np.uint64], draws: range, salt: int) -> NDArray[np.uint64]:
    """Return ``(b, u)`` hashes of ``(u,)`` users, one row for each draw; uniform on all of 64 bits."""
    return _mix(user[np.newaxis, :] ^ _keys(draws, salt)[:, np.newaxis])


def rehash(changes: Changes, share: float, salt: int, draws: int = DRAWS) -> Families:
    """Return how the arms differ, and how they would if they were drawn anew.

    Args:
        changes: of the users who stayed.
        share: of the users who are in the control, from 0 to 1.
        salt: of the draws; that of another rollout gives others.
        draws: how many.
    """
    sums = _Sums(changes)
    observed = sums.statistics(changes.control[np.newaxis, :])
    limit = np.uint64(min(int(share * 2.0**64), _MASK))
    drawn = [sums.statistics(units(changes.user, some, salt) < limit) for some in _chunks(draws, len(changes.user))]
    styles, projected = (Family(float(of_all[0]), of_all[1:]) for of_all in np.concatenate([observed, *drawn], axis=1))
    return Families(styles, projected)


def flipped(
    value: NDArray[np.float64], parts: NDArray[np.float64], user: NDArray[np.uint64], salt: int, draws: int = DRAWS
) -> Family:
    """Return the largest ``|value|`` in units of its error, and what random signs of the users' parts make of it.

    With the users' changes as parts and their sum as value this is the sign-flip test of their mean; with the
    influences on an estimate as parts and the estimate as value, the multiplier bootstrap of it.

    Args:
        value: ``(f,)``.
        parts: ``(u, f)`` what each user adds to it, or to its error.
        user: ``(u,)`` ranks of the users.
        salt: of the draws; that of another rollout gives others.
        draws: how many.
    """
    square = (parts**2).sum(0)
    varies = square * len(user) > NO_VARIANCE
    scaled = parts[:, varies] / np.sqrt(square[varies])
    observed = np.abs(value[varies]) / np.sqrt(square[varies])
    drawn = [np.abs(_signs(user, some, salt) @ scaled).max(axis=1, initial=0) for some in _chunks(draws, len(user))]
    return Family(float(observed.max(initial=0)), np.concatenate(drawn))


class _Arm(NamedTuple):
    """Sums over the users of an arm, for ``b`` draws: of 1, w, w² and w²|e|², ``(b, 1)``, and as below."""

    n: NDArray[np.float64]
    w: NDArray[np.float64]
    ww: NDArray[np.float64]
    wwee: NDArray[np.float64]
    wy: NDArray[np.float64]
    """``(b, f)`` with the changes y of the style features."""
    wwy: NDArray[np.float64]
    wwyy: NDArray[np.float64]
    we: NDArray[np.float64]
    """``(b, d)`` with the changes e of the projected vectors."""

    def square_error(self) -> NDArray[np.float64]:
        """Return ``(b, f)`` squared errors of the weighted means, as :mod:`eddyline.adaptation.effect` has them."""
        mean = self.wy / self.w
        around = self.wwyy - 2 * mean * self.wwy + mean**2 * self.ww
        return np.maximum(around, 0) / self.w**2 * (self.n / (self.n - 1))


class _Sums:
    """What the statistics of any arms are made of."""

    def __init__(self, changes: Changes) -> None:
        w = changes.weights[:, np.newaxis]
        y, e = (_centred(values, w) for values in (changes.styles, changes.projected))
        y = y[:, (y**2).mean(0) > NO_VARIANCE] if len(y) else y
        length = (e**2).sum(1, keepdims=True)
        columns = [np.ones_like(w), w, w**2, w**2 * length, w * y, w**2 * y, w**2 * y**2, w * e]
        self._cuts = np.cumsum([column.shape[1] for column in columns])[:-1]
        self._each = np.hstack(columns)
        self._all = self._each.sum(0)

    def statistics(self, control: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return ``(2, b)`` statistics of ``(b, s)`` arms; 0 where an arm has fewer than two users."""
        sums = control.astype(np.float64) @ self._each
        enough = np.minimum(sums[:, 0], self._all[0] - sums[:, 0]) >= LEAST
        found = np.zeros((2, len(control)))
        arms = [_Arm(*np.split(some, self._cuts, axis=1)) for some in (self._all - sums[enough], sums[enough])]
        found[:, enough] = _largest_t(*arms), _length(*arms)
        return found


def _largest_t(treated: _Arm, control: _Arm) -> NDArray[np.float64]:
    shift = np.abs(treated.wy / treated.w - control.wy / control.w)
    error = np.sqrt(treated.square_error() + control.square_error())
    largest: NDArray[np.float64] = np.divide(shift, error, out=np.zeros_like(shift), where=error > 0).max(1, initial=0)
    return largest


def _length(treated: _Arm, control: _Arm) -> NDArray[np.float64]:
    shift = treated.we / treated.w - control.we / control.w
    expected = (treated.wwee / treated.w**2 + control.wwee / control.w**2)[:, 0]
    square: NDArray[np.float64] = (shift**2).sum(1)
    return np.divide(square, expected, out=np.zeros_like(square), where=expected > NO_VARIANCE**2)


def _centred(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = (weights * values).sum(0) / max(weights.sum(), NO_VARIANCE)
    return values - mean


def _chunks(draws: int, users: int) -> Iterator[range]:
    size = max(1, _CHUNK // max(users, 1))
    for start in range(1, draws + 1, size):
        yield range(start, min(start + size, draws + 1))


def _signs(user: NDArray[np.uint64], draws: range, salt: int) -> NDArray[np.float64]:
    return np.where(units(user, draws, salt) < _HALF, 1.0, -1.0)


def _keys(draws: range, salt: int) -> NDArray[np.uint64]:
    """Return ``(b,)`` keys of draws: hashed twice, so that draws of different salts have nothing in common."""
    first = _mix(np.array([salt & _MASK], np.uint64))
    return _mix(first + np.arange(draws.start, draws.stop, dtype=np.uint64) * _GAMMA)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the hashes of the values; the array is overwritten."""
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        values ^= values >> np.uint64(shift)
        values *= factor
    values ^= values >> np.uint64(31)
    return values
