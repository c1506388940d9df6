"""A window against its reference: metrics, style shifts, mean scores, and what may be said of them."""

import math
from typing import NamedTuple

from eddyline.cells import Cell, Ints
from eddyline.drift import METRICS
from eddyline.errors import Incomparable
from eddyline.outputs.decimals import DECIMALS, rounded
from eddyline.outputs.drift import MeanScore, MetricValue, ReferenceFacts, State, StyleShift
from eddyline.references import Reference
from eddyline.scorers import UNIT
from eddyline.styles import shifts


class Comparison(NamedTuple):
    """What a drift event says about the comparison."""

    reference: ReferenceFacts | None
    metrics: dict[str, MetricValue]
    styles: dict[str, StyleShift]
    state: State
    reason: str | None
    flags: list[str]

    @classmethod
    def none(cls, state: State, reason: str) -> "Comparison":
        """Return that there is nothing to compare, and why."""
        return cls(None, {}, {}, state, reason, [])


def compare(reference: Reference | None, cell: Cell, space_id: str, min_window: int) -> Comparison:
    """Compare a window's gated prompts with a reference.

    Metrics are given whenever they can be computed; with fewer than ``min_window`` gated prompts the state says that
    they mean little.
    """
    if reference is None:
        return Comparison.none("learning", "there is no eval set, and not enough history yet")
    try:
        reference.check_space(space_id)
    except Incomparable as error:
        return Comparison.none("insufficient_data", str(error))
    facts = ReferenceFacts(reference.kind, reference.id, reference.sums.n)
    metrics = {
        metric.name: MetricValue(rounded(metric.value(reference, cell)), rounded(metric.null(reference, cell)))
        for metric in METRICS
    }
    styles = shifts(reference, cell.gated)
    flags = ["build_differs"] if cell.builds - set(reference.builds) else []
    if cell.gated.n < min_window:
        return Comparison(facts, metrics, styles, "insufficient_data", f"fewer than {min_window} users", flags)
    return Comparison(facts, metrics, styles, "quiet", None, flags)


def mean_scores(cell: Cell) -> dict[str, MeanScore]:
    """Return the mean of every scorer of the window, by name."""
    return {scorer: _mean_score(sums) for scorer, sums in sorted(cell.scores.items())}


def _mean_score(sums: Ints) -> MeanScore:
    """Return mean and error from ``(16, 3)`` sums of 1, value, value squared over groups of users.

    The error is that of a ratio of sums over clusters (Cochran, Sampling Techniques, section 6.3), the clusters being
    the groups that have a score: scores of one user are alike, so counting scores would understate it.
    """
    present = [(count, value) for count, value, _ in sums.tolist() if count]
    n, total, groups = sum(count for count, _ in present), sum(value for _, value in present), len(present)
    error = None
    if groups > 1:
        # n times a residual is an integer: no rounding but that of the root and the divisions.
        squares = sum((n * value - total * count) ** 2 for count, value in present)
        error = math.sqrt(squares * groups / (groups - 1)) / n**2
    return MeanScore(round(total / n / UNIT, DECIMALS), None if error is None else round(error / UNIT, DECIMALS), n)
