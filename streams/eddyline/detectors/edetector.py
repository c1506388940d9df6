"""The e-detector of one app: every bet on a closed window, and one wealth.

Half of the budget is the witness's, 30 % the style features' (each up and down), 20 % the eval-distance tails' (up). A
bet of weight w pays ln(1/w) in delay; it does not divide the time between false alarms.
"""

import numpy as np
from numpy.typing import NDArray

from eddyline.detectors import betting, tails
from eddyline.detectors.baseline import RATE_UNIT, TOLERANCE_UNIT, Baseline
from eddyline.detectors.betting import ODDS, Bets
from eddyline.detectors.process import Process
from eddyline.detectors.sums import Ints, WindowSums
from eddyline.detectors.whitening import Whitening
from eddyline.detectors.witness import BETS, PACKED_BYTES, Witness, bets

WITNESS, STYLE, EVAL = 0.5, 0.3, 0.2
"""Shares of the budget."""
EMBEDDING = "embedding"
"""What the witness is called where bets are named."""
_TAILS = len(tails.SHARES)
_SIDES = ("up", "down")


def weights(styles: int) -> NDArray[np.float64]:
    """Return the weight of every bet: 8 of the witness, 5 a style feature up, 5 down, 5 an eval-distance tail."""
    counts = (BETS, 2 * styles * len(ODDS), _TAILS * len(ODDS))
    shares = [
        np.full(count, share / max(count, 1)) for share, count in zip((WITNESS, STYLE, EVAL), counts, strict=True)
    ]
    joined = np.concatenate(shares)
    normed: NDArray[np.float64] = joined / joined.sum()
    return normed


class EDetector:
    """Takes closed windows one after the other; its state is two directions and the log of every bet's wealth."""

    def __init__(self, whitening: Whitening, styles: int) -> None:
        self._whitening, self._styles = whitening, styles
        self.witness = Witness()
        self.process = Process(weights(styles))
        self._prepared: tuple[Baseline, int, Bets] | None = None

    def step(self, baseline: Baseline, window: WindowSums, hour_of_week: int, days: float) -> None:
        """Bet on a window that lasted ``days``, then learn from it. A window without prompts changes nothing."""
        if window.n == 0:
            return
        self.witness.begin(hour_of_week)
        deviation = baseline.deviation(self._whitening.apply(window.x), window.n, hour_of_week)
        tolerance = int(baseline.tolerances[hour_of_week]) / TOLERANCE_UNIT
        leans = bets(self.witness.along(deviation), window.n, tolerance, baseline.variance)
        made, live = self._counted(baseline, window, hour_of_week)
        knows = self.witness.knows()
        self.process.step(np.concatenate([leans, made]), np.concatenate([knows, live]), days)
        self.witness.learn(deviation, window.n)

    def _counted(self, baseline: Baseline, window: WindowSums, hour_of_week: int) -> tuple[Ints, NDArray[np.bool_]]:
        """Bet on the counts of a window: logs and whether each is live, in the order of the weights."""
        prepared = self._bets(baseline, hour_of_week)
        beyond = tails.counts(window.evals, baseline.cuts, ())
        counts = np.concatenate([window.styles, window.styles, beyond])
        live = prepared.live.copy()
        if window.evals is None or not baseline.cuts:
            live[-_TAILS:] = False
        return betting.score(prepared, counts, window.n).reshape(-1), np.repeat(live, len(ODDS))

    def _bets(self, baseline: Baseline, hour_of_week: int) -> Bets:
        """Return the bets of an hour, prepared once for all of its windows."""
        known = self._prepared
        if known is None or known[0] is not baseline or known[1] != hour_of_week:
            rates, errors = baseline.rates[hour_of_week] / RATE_UNIT, baseline.errors[hour_of_week] / RATE_UNIT
            styles, far = slice(None, self._styles), slice(self._styles, None)
            up = betting.upwards(rates[styles], errors[styles])
            down = betting.downwards(rates[styles], errors[styles])
            beyond = betting.upwards(rates[far], errors[far])
            known = self._prepared = (baseline, hour_of_week, betting.joined(up, down, beyond))
        return known[2]

    def leading(self, names: tuple[str, ...]) -> str:
        """Say which bet holds the largest part of the wealth; ``names`` are those of the style features.

        ``embedding``, or ``<feature> up``, ``<feature> down``, ``eval distance beyond 80 %``.
        """
        place = self.process.leading() - BETS
        if place < 0:
            return EMBEDDING
        feature, side = place // len(ODDS) % self._styles, place // len(ODDS) // self._styles
        if side < len(_SIDES):
            return f"{names[feature]} {_SIDES[side]}"
        return f"eval distance beyond {1 - tails.SHARES[feature]:.0%}"

    def pack(self) -> bytes:
        """Return the state: 1.5 kB of the witness, 4 bytes a bet."""
        return self.witness.pack() + self.process.logs.astype("<i4").tobytes()

    def restore(self, value: bytes) -> None:
        """Take back a state."""
        self.witness.restore(value[:PACKED_BYTES])
        self.process.logs = np.frombuffer(value[PACKED_BYTES:], "<i4").astype(np.int64)
