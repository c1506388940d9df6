"""Panel days made by hand, for tests of what reads them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eddyline.panel import PROJECTED
from eddyline.paneldays import ALL, SIZES, STYLES, PanelDay

DEPLOYMENT = "2026.11.1"


def panel_day(
    day: int,
    users: Sequence[int],
    styles: NDArray[np.int64] | None = None,
    *,
    openers: Sequence[int] | None = None,
    below: int = ALL,
) -> PanelDay:
    """Return a day with one row per user, in ascending order, all of one deployment; one opener each if not said."""
    m = len(users)
    opened = np.ones(m, np.int64) if openers is None else np.array(openers, np.int64)
    return PanelDay(
        day=day,
        below=below,
        lost=False,
        deployments=(DEPLOYMENT,),
        user=np.array(users, np.uint64),
        deployment=np.zeros(m, np.int64),
        bucket=np.zeros(m, np.int64),
        first_ms=np.zeros(m, np.int64),
        n=opened,
        openers=opened,
        first=np.zeros(m, np.int64),
        styles=np.zeros((m, STYLES), np.int64) if styles is None else styles,
        sizes=np.zeros((m, SIZES), np.int64),
        projected=np.zeros((m, PROJECTED), np.int64),
    )
