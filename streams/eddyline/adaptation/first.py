"""The arms before anybody saw an answer: the first openers after the change, which the new answers cannot have moved.

If they differ between the arms all the same, then something else does: an announcement, another user interface, arms
that were not drawn at random. The comparison is that of the effect, with one opener after for each user.

Whoever was active on the day of the change before it is left out, in both arms: after it, a treated user has a row of
its own, but one of the control goes on in a row that began earlier. So is whoever goes on in a session of the day
before, since he may have seen an answer before his first opener.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.effect import LEAST
from eddyline.adaptation.looks import PERIOD_DAYS, Look
from eddyline.adaptation.panel import Panel, days_of
from eddyline.adaptation.rehash import DRAWS, rehash
from eddyline.adaptation.rows import rows_of
from eddyline.adaptation.study import Changes, Study
from eddyline.paneldays import STYLES, PanelDay

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class _Begin(NamedTuple):
    """How each user of a day began it: ``v`` users."""

    place: NDArray[np.intp]
    """``(v,)`` places in the study, ascending."""
    row: NDArray[np.intp]
    """``(v,)`` their first rows."""


def first_opener(panel: Panel, look: Look, study: Study, share: float, salt: int, draws: int = DRAWS) -> float | None:
    """Return how probable it is that first openers differ as much if the arms are alike.

    Args:
        panel: the days.
        look: which of them; first openers are those of the first two weeks.
        study: who is in which arm, and what he wrote before.
        share: of the users who are in the control, from 0 to 1.
        salt: of the draws of other arms.
        draws: how many.

    Returns:
        None with fewer than two users in an arm.
    """
    found = changes(panel, look, study)
    in_control = np.count_nonzero(found.control)
    if min(in_control, len(found.control) - in_control) < LEAST:
        return None
    return float(rehash(found, share, salt, draws).styles.p)


def changes(panel: Panel, look: Look, study: Study) -> Changes:
    """Return the first openers less what their users wrote before, of users in one of the arms."""
    words, seen = _first_words(panel, look, study)
    those = np.flatnonzero(seen & study.before.active & (study.treated ^ study.control))
    bits = words[those, np.newaxis] >> np.arange(STYLES) & 1
    return Changes(
        user=study.user[those],
        control=study.control[those],
        weights=study.weights[those],
        styles=bits - study.before.styles[those],
        projected=np.zeros((len(those), 0)),
    )


def _first_words(panel: Panel, look: Look, study: Study) -> tuple[Ints, Bools]:
    """Return the feature words of the first openers, and of whom one is known, each ``(u,)``."""
    words, known = np.zeros(len(study.user), np.int64), np.zeros(len(study.user), np.bool_)
    waiting = np.ones(len(study.user), np.bool_)
    for day in days_of(panel, range(look.exposed.start, look.since[:PERIOD_DAYS].stop)):
        begin = _begin(day, study)
        fresh = waiting[begin.place] & (day.first_ms[begin.row] >= look.change_ms) & (day.openers[begin.row] > 0)
        words[begin.place[fresh]] = day.first[begin.row[fresh]]
        known[begin.place[fresh]] = True
        waiting[begin.place] = False
    return words, known


def _begin(day: PanelDay, study: Study) -> _Begin:
    rows = np.flatnonzero(rows_of(study.user, day))
    rows = rows[np.lexsort((day.first_ms[rows], day.user[rows]))]
    users, first = np.unique(day.user[rows], return_index=True)
    return _Begin(np.searchsorted(study.user, users), rows[first])
