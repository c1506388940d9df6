"""What users used: what the arms of a rollout are told by, see :mod:`eddyline.adaptation.arms`."""

import numpy as np
from numpy.typing import NDArray

from eddyline.adaptation.arms import Usage
from eddyline.adaptation.looks import Look
from eddyline.adaptation.panel import Panel, days_of
from eddyline.adaptation.rows import rows_of
from eddyline.adaptation.study import Study
from eddyline.assignment import UNKNOWN
from eddyline.paneldays import PanelDay


def usage(panel: Panel, look: Look, study: Study, deployment: str) -> Usage:
    """Return what the users of a study used in the period after the change.

    Args:
        panel: the days.
        look: which of them.
        study: the users.
        deployment: what was deployed.
    """
    buckets = np.full(len(study.user), UNKNOWN, np.int64)
    counts = np.zeros((3, len(study.user)), np.int64)
    wrote = np.zeros(len(study.user), np.bool_)
    for day in days_of(panel, look.before):
        wrote[_place(day, study, buckets)[1]] = True
    for day in days_of(panel, look.after):
        rows, place = _place(day, study, buckets)
        np.add.at(counts, (_kind(day, deployment)[rows], place), day.n[rows])
    own, other, unnamed = counts
    return Usage(study.user, buckets, own, other, unnamed, wrote)


def _place(day: PanelDay, study: Study, buckets: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of the study's users, and their places in it; note their buckets."""
    rows = np.flatnonzero(rows_of(study.user, day))
    place = np.searchsorted(study.user, day.user[rows])
    np.maximum.at(buckets, place, day.bucket[rows])
    return rows, place


def _kind(day: PanelDay, deployment: str) -> NDArray[np.int64]:
    """Return ``(m,)`` what each row names: 0 the deployment, 1 another one, 2 none."""
    kinds = [0 if name == deployment else 1 if name else 2 for name in day.deployments]
    return np.array(kinds, np.int64)[day.deployment]
