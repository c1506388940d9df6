"""The replay split: what of a score's change a new model did to the same prompts, and what its users' prompts did.

Prompts of before were scored on the old model, Q_A(X_A), and again on the new one, Q_B(X_A), in pairs; prompts of after
on the new one, Q_B(X_B). Then, to the last digit,

    Q_B(X_B) - Q_A(X_A)  =  [Q_B(X_A) - Q_A(X_A)]  +  [Q_B(X_B) - Q_B(X_A)]
           total         =      model effect       +    adaptation effect

The second bracket is everything that changed about the prompts: adaptation of users, but also who came and left, and
season. Every prompt counts alike. Standard errors are clustered by user, who may be in both periods (Liang and Zeger
1986, with the correction G / (G - 1) for G users); degrees of freedom are those of the part with the fewest users.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from eddyline.errors import Incomparable

Part = Literal["before", "replayed", "after"]
LEVEL = 0.95


class Score(NamedTuple):
    """One score of one prompt."""

    part: Part
    """``before``: of a prompt of before on the old model; ``replayed``: the same on the new one; ``after``."""
    id: str
    """Of the prompt; each at most once in a part. It pairs ``replayed`` with ``before``."""
    user: str | None
    """Who wrote it; None where nobody knows, who then counts as a user of his own. Not asked of ``replayed``."""
    value: float
    """The score, finite."""


class Difference(NamedTuple):
    """A difference of means with its interval; None where there are fewer than two users to tell an error from."""

    value: float
    error: float | None
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None


class Split(NamedTuple):
    """The change of a mean score and its two parts: ``total.value == model.value + adaptation.value``, exactly."""

    before: float
    """Mean of the paired prompts on the old model."""
    replayed: float
    """Mean of the same on the new one."""
    after: float
    """Mean of the prompts of after, on the new one."""
    paired: int
    """Prompts of before that were replayed; others are left out."""
    unpaired: int
    """Prompts of before that were not."""
    later: int
    """Prompts of after."""
    users_before: int
    users_after: int
    total: Difference
    model: Difference
    adaptation: Difference


class _Set(NamedTuple):
    """Scores of one set of prompts."""

    users: Sequence[str]
    values: NDArray[np.float64]

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def clusters(self) -> int:
        return len(set(self.users))


def split(scores: Iterable[Score]) -> Split:
    """Return how the change of one score splits.

    Raises:
        Incomparable: no prompt of before was replayed, or there is none of after.
    """
    parts: dict[Part, dict[str, Score]] = {"before": {}, "replayed": {}, "after": {}}
    for score in scores:
        parts[score.part][score.id] = score
    paired = sorted(parts["before"].keys() & parts["replayed"].keys())
    if not (paired and parts["after"]):
        raise Incomparable("a split needs prompts of before that were replayed, and prompts of after")
    owners = [_owner(parts["before"][id_]) for id_ in paired]
    old, new = (_Set(owners, _values(parts[part][id_] for id_ in paired)) for part in ("before", "replayed"))
    later = [parts["after"][id_] for id_ in sorted(parts["after"])]
    after = _Set([_owner(score) for score in later], _values(later))
    model, adaptation = _difference(new, old), _difference(after, new)
    return Split(
        before=old.mean,
        replayed=new.mean,
        after=after.mean,
        paired=len(paired),
        unpaired=len(parts["before"]) - len(paired),
        later=len(later),
        users_before=old.clusters,
        users_after=after.clusters,
        total=_difference(after, old, model.value + adaptation.value),
        model=model,
        adaptation=adaptation,
    )


def _values(scores: Iterable[Score]) -> NDArray[np.float64]:
    return np.array([score.value for score in scores], np.float64)


def _owner(score: Score) -> str:
    """Return the cluster of a prompt; a nameless one is no user's, whatever users are called."""
    return f"user {score.user}" if score.user is not None else f"prompt {score.part} {score.id}"


def _difference(more: _Set, less: _Set, value: float | None = None) -> Difference:
    """Return the difference of two means; ``value`` where it is known as a sum."""
    found = more.mean - less.mean if value is None else value
    fewest = min(more.clusters, less.clusters)
    if fewest < 2:  # noqa: PLR2004 - a spread takes two
        return Difference(found, None, None, None)
    places = {user: place for place, user in enumerate(dict.fromkeys((*more.users, *less.users)))}
    influences = _influences(more, places) - _influences(less, places)
    error = float(np.sqrt(influences @ influences))
    half = float(stdtrit(fewest - 1, (1 + LEVEL) / 2)) * error
    return Difference(found, error, found - half, found + half)


def _influences(of: _Set, places: Mapping[str, int]) -> NDArray[np.float64]:
    """Return ``(len(places),)`` what every user does to the mean."""
    of_users = [places[user] for user in of.users]
    sums = np.bincount(of_users, of.values - of.mean, len(places)) / len(of.values)
    return sums * float(np.sqrt(of.clusters / (of.clusters - 1)))
